import type { LabelRule } from '../../../core/label-record.ts';

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
