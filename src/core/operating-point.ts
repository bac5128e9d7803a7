import type { EvaluationLevel, OperatingPoint } from '../contract/run.ts';
import { predictedClass } from './metrics.ts';
import { counted } from './words.ts';

/** Fewer validation rows than this in either class, and no threshold is read from them. */
export const fewestRowsForThreshold = 10;

/**
 * The threshold from which a case counts as positive, chosen on validation, never on test.
 *
 * Rule: the largest Youden's J = sensitivity + specificity − 1 (Youden 1950) over the midpoints between neighbouring distinct
 * scores; of equally good ones the one nearest 0.5, then the lower. With fewer than 10 validation rows in
 * either class, or with no threshold that beats chance, it is 0.5 and the rule says so.
 *
 * @param scores probability of the positive class per validation row
 * @param positives whether each row is positive
 * @param level what a row is, for the rule's words
 */
export function chooseOperatingPoint(
  scores: readonly number[],
  positives: readonly boolean[],
  level: EvaluationLevel = 'image',
): OperatingPoint & { chosen: boolean } {
  const total = positives.filter(Boolean).length;
  const negatives = positives.length - total;
  if (Math.min(total, negatives) < fewestRowsForThreshold) {
    const reason = `0.5: validation holds ${total} positive and ${counted(negatives, `negative ${level}`)}, fewer than ${fewestRowsForThreshold} of a class`;
    return { threshold: 0.5, rule: reason, chosen: false };
  }
  const order = scores.map((_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  let best = { j: 0, threshold: 0.5, chosen: false };
  let positivesBelow = 0;
  let negativesBelow = 0;
  for (let rank = 0; rank + 1 < order.length; rank++) {
    if (positives[order[rank]!]) positivesBelow++;
    else negativesBelow++;
    const below = scores[order[rank]!]!;
    const above = scores[order[rank + 1]!]!;
    if (below === above) continue;
    // J × positives × negatives: whole numbers, so that equal thresholds compare equal.
    const j = (total - positivesBelow) * negatives + negativesBelow * total - total * negatives;
    const middle = (below + above) / 2;
    const threshold = middle > below ? middle : above;
    const nearer = Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5);
    if (j > best.j || (j > 0 && j === best.j && nearer)) best = { j, threshold, chosen: true };
  }
  const rule = best.chosen
    ? "largest Youden's J on validation"
    : '0.5: no threshold beats chance on validation';
  return { threshold: best.threshold, rule, chosen: best.chosen };
}

/** How probabilities become a class: the operating point of two classes; null, the highest probability. */
export type Decider = { readonly threshold: number; readonly positiveIndex: number } | null;

/** Index of the class that a row of probabilities stands for, by the rule of the metrics. */
export function decide(probabilities: readonly number[], decider: Decider): number {
  return predictedClass(probabilities, decider?.positiveIndex ?? null, decider?.threshold ?? null);
}
