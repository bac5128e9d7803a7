import { isSameTruth } from '../../../contract/learning-task.ts';
import type { Case, Evaluation } from '../../../contract/run.ts';
import { quantity } from '../../../core/figures.ts';
import { counted, listed, percent, share } from '../../../core/words.ts';

/** A case in words, for its thumbnail and for its facts. */
export interface CaseWords {
  /** Null where right and wrong are a matter of degree. */
  readonly isRight: boolean | null;
  readonly verdict: string;
  readonly fact: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
}

type Words = Pick<Evaluation, 'classes' | 'unit'>;

const classNamed = ({ classes }: Words, index: number): string => classes[index] ?? `class ${index + 1}`;
const setOf = (of: Words, labels: readonly number[]): string =>
  labels.length === 0 ? 'none of the classes' : labels.map((label) => classNamed(of, label)).join(', ');

/** `12.3 months`, `+4.2 months`. */
const inUnit = (value: number, { unit }: Words): string => `${quantity(value)} ${unit ?? ''}`.trim();
const signed = (value: number, of: Words): string => `${value < 0 ? '−' : '+'}${inUnit(Math.abs(value), of)}`;

const outcomeWords = {
  both: 'drawn and predicted',
  missed: 'missed',
  false: 'predicted, not drawn',
  absent: 'neither',
} as const;

export function caseWords(of: Case, evaluation: Words): CaseWords {
  switch (of.kind) {
    case 'class': {
      const isRight = of.truth === of.decided;
      const [truth, decided] = [classNamed(evaluation, of.truth), classNamed(evaluation, of.decided)];
      return {
        isRight,
        verdict: isRight ? `✓ ${truth}` : `✗ ${truth} → ${decided}`,
        fact: `${percent(of.probabilities[of.truth] ?? 0)} for the truth`,
        facts: [
          { name: 'Truth', value: truth },
          { name: 'Decision', value: `${isRight ? '✓' : '✗'} ${decided}` },
        ],
      };
    }
    case 'labels': {
      const isRight = isSameTruth(of.truth, of.decided);
      const missed = of.truth.filter((label) => !of.decided.includes(label)).length;
      const wrong = of.decided.filter((label) => !of.truth.includes(label)).length;
      const faults = [
        ...(missed > 0 ? [`${counted(missed, 'label')} missed`] : []),
        ...(wrong > 0 ? [`${counted(wrong, 'label')} too many`] : []),
      ];
      return {
        isRight,
        verdict: isRight ? `✓ ${setOf(evaluation, of.truth)}` : `✗ ${faults.join(', ')}`,
        fact: `loss ${quantity(of.loss)}`,
        facts: [
          { name: 'Truth', value: setOf(evaluation, of.truth) },
          { name: 'Decision', value: `${isRight ? '✓' : '✗'} ${setOf(evaluation, of.decided)}` },
        ],
      };
    }
    case 'number': {
      const error = signed(of.predicted - of.truth, evaluation);
      return {
        isRight: null,
        verdict: error,
        fact: `${quantity(of.truth)} → ${inUnit(of.predicted, evaluation)}`,
        facts: [
          { name: 'Truth', value: inUnit(of.truth, evaluation) },
          { name: 'Predicted', value: inUnit(of.predicted, evaluation) },
          { name: 'Error', value: error },
        ],
      };
    }
    case 'masks': {
      const named = of.classes.map((one, index) => ({ ...one, name: classNamed(evaluation, index) }));
      const missed = named.filter(({ outcome }) => outcome === 'missed').map(({ name }) => name);
      return {
        isRight: null,
        verdict: of.dice === null ? '✓ nothing there' : `Dice ${share(of.dice)}`,
        fact: missed.length === 0 ? '' : `missed: ${listed(missed)}`,
        facts: named.map(({ name, outcome, dice, iou, hd95 }) => ({
          name,
          value: [
            outcomeWords[outcome],
            ...(dice === null ? [] : [`Dice ${share(dice)}`]),
            ...(iou === null ? [] : [`IoU ${share(iou)}`]),
            ...(hd95 === null ? [] : [`HD95 ${inUnit(hd95, evaluation)}`]),
          ].join(', '),
        })),
      };
    }
  }
}

/** The label of record as it is now; null of masks, which no label says. */
export function labelNowWords({ kind, labelNow }: Case, evaluation: Words): string | null {
  if (kind === 'masks') return null;
  if (labelNow === null) return 'none';
  if (kind === 'number') return inUnit(Number(labelNow), evaluation);
  return labelNow === '' ? setOf(evaluation, []) : labelNow;
}

/**
 * Whether the label of record says something else now than what the case was judged by. Of numbers and sets of labels
 * that several images have together it is not told: each may have its own.
 */
export function isRelabelled(of: Case, evaluation: Words): boolean {
  if (of.kind === 'masks') return false;
  if (of.kind === 'class') return of.labelNow !== classNamed(evaluation, of.truth);
  if (of.images.length > 1) return false;
  if (of.kind === 'number') return of.labelNow === null || Number(of.labelNow) !== of.truth;
  const sorted = (names: string): string => names.split(', ').sort().join();
  const truth = of.truth.map((label) => classNamed(evaluation, label)).join(', ');
  return of.labelNow === null || sorted(of.labelNow) !== sorted(truth);
}

/** A class's probability in a case. */
export interface CaseBar {
  readonly name: string;
  readonly probability: number;
  readonly isTruth: boolean;
}

const mostBars = 6;

/** The most probable classes and all that are true; none where nothing is said of classes. */
export function caseBars(of: Case, evaluation: Words): CaseBar[] {
  if (of.kind !== 'class' && of.kind !== 'labels') return [];
  const present = [of.truth].flat();
  return of.probabilities
    .map((probability, index) => ({
      name: classNamed(evaluation, index),
      probability,
      isTruth: present.includes(index),
    }))
    .sort((a, b) => b.probability - a.probability)
    .filter((bar, place) => place < mostBars || bar.isTruth);
}
