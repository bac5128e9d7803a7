import type { RulePreview } from '../../../contract/round.ts';
import type { LabelRule } from '../../../core/label-record.ts';
import { count, counted } from '../../../core/words.ts';

/** The rules for a label of record, in words. */
export const ruleChoices: readonly {
  readonly rule: LabelRule;
  readonly title: string;
  readonly text: string;
}[] = [
  {
    rule: 'single-reader/1',
    title: 'Newest',
    text: 'The newest label counts, whoever gave it.',
  },
  {
    rule: 'majority/1',
    title: 'Majority',
    text: 'What more readers say than anything else counts; an adjudicator’s decision stands over it. A tie is no label.',
  },
  {
    rule: 'adjudicated/1',
    title: 'Adjudicated',
    text: 'What all readers agree on counts; where they do not, only an adjudicator’s decision does.',
  },
];

/** `3 labels of record would change: 1 image would have another label, 2 would have none any more.` */
export function previewText({ changed, gained, lost }: RulePreview): string {
  if (changed === 0) return 'No label of record would change.';
  const parts = [
    [changed - gained - lost, 'another label'],
    [gained, 'a label where there is none now'],
    [lost, 'none any more'],
  ] as const;
  const words = parts
    .filter(([n]) => n > 0)
    .map(([n, what], index) => `${index === 0 ? counted(n, 'image') : count(n)} would have ${what}`);
  return `${counted(changed, 'label')} of record would change: ${words.join(', ')}.`;
}

/** A label in the list of what would change: a class, `84 months`, `no label`. */
export function labelWord(label: string | number | null, unit: string): string {
  if (label === null) return 'no label';
  if (typeof label === 'string') return label === '' ? 'none of the classes' : label;
  return unit === '' ? String(label) : `${label} ${unit}`;
}
