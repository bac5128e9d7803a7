import { highest, meanMetrics } from '../../core/metric-values.ts';
import { validationFigures } from '../validation-figures.ts';
import { classOf, type Truth } from '../../contract/learning-task.ts';
import type { ManyTruths, TaskRules, Truths, ValidationTally } from './rules.ts';

/** Positions of classes. */
export function classTruths(labels: readonly Truth[]): Int32Array {
  return Int32Array.from(labels, classOf);
}

/** `balanced` class weights: n / (classes × n of class); a class without rows gets 1 (it is never met). */
export async function balancedClassWeights(truths: ManyTruths, classes: number): Promise<number[]> {
  const counts = new Array<number>(classes).fill(0);
  let total = 0;
  for await (const labels of truths) {
    for (const label of labels) counts[label]!++;
    total += labels.length;
  }
  return counts.map((count) => (count === 0 ? 1 : total / (classes * count)));
}

/** Weight of every row: its class's, over the rows of the batch. */
export function rowWeights(
  labels: Truths,
  classWeights: readonly number[] | null,
  batchRows: number,
): Float32Array {
  return Float32Array.from(labels, (label) => (classWeights?.[label] ?? 1) / batchRows);
}

/**
 * A tally of a task that says one class of a picture. Of two classes the second is the positive one, as in an
 * evaluation without another choice.
 *
 * @param rules `probabilities` of logits, rows × classes; `scores`, rows × classes, whose greatest is the answer, where
 *   rounding leaves more of the logits than of the probabilities; `losses` of rows, in nats
 */
export function classTally(
  classes: number,
  rules: {
    probabilities(logits: Float32Array): Float32Array;
    scores?(logits: Float32Array): Float32Array;
    losses(logits: Float32Array, labels: Truths): Iterable<number>;
  },
): ValidationTally {
  const pieces: { probabilities: Float32Array; predicted: Int32Array; labels: Truths }[] = [];
  let [lossSum, count] = [0, 0];
  return {
    add: (logits, truths) => {
      for (const loss of rules.losses(logits, truths)) lossSum += loss;
      count += truths.length;
      const probabilities = rules.probabilities(logits);
      const scores = rules.scores?.(logits) ?? probabilities;
      const predicted = Int32Array.from(truths, (_, row) => highest(scores, row * classes, classes));
      pieces.push({ probabilities, predicted, labels: truths });
    },
    figures: () => {
      const [truth, predicted] = [new Int32Array(count), new Int32Array(count)];
      const probabilities = new Float32Array(count * classes);
      let row = 0;
      for (const piece of pieces) {
        truth.set(piece.labels, row);
        predicted.set(piece.predicted, row);
        probabilities.set(piece.probabilities, row * classes);
        row += piece.labels.length;
      }
      const correct = predicted.reduce((sum, label, at) => sum + (label === truth[at] ? 1 : 0), 0);
      const positive = classes === 2 ? 1 : null;
      const means = meanMetrics({ count, classes, truth, predicted, probabilities, positive });
      return validationFigures(lossSum / count, {
        valAccuracy: correct / count,
        valBalancedAccuracy: means?.balancedAccuracy ?? null,
        valF1: means?.f1 ?? null,
        valAuc: means?.auc ?? null,
      });
    },
  };
}

/** Rows whose most probable class is the truth. */
export function correctRows(probabilities: Float32Array, labels: Truths, classes: number): number {
  let correct = 0;
  labels.forEach((label: number, row: number) => {
    if (highest(probabilities, row * classes, classes) === label) correct++;
  });
  return correct;
}

/** What the tasks that say one class have in common. */
export const oneClass = {
  truthSize: 1,
  countsCorrect: true,
  truthsOf: classTruths,
} as const satisfies Partial<TaskRules>;
