import type { Prediction } from '../../contract/run.ts';
import { decide } from '../../core/operating-point.ts';
import type { DecisionPoints } from '../export/read-package.ts';
import type { Predictor } from './predictor.ts';

/** What is said of a picture besides its file's name. */
export type Said = Omit<Prediction, 'file' | 'error'>;

/** Classes that are there as one label; `none` where none is. */
export function labelOfSet(labels: readonly string[]): string {
  return labels.length === 0 ? 'none' : labels.join(', ');
}

/** What a row of answers says, of any task but masks. */
export function describe(
  { task, operatingPoint, thresholds }: DecisionPoints & Pick<Predictor, 'task'>,
  answers: readonly number[],
): Said {
  switch (task.kind) {
    case 'regression':
      return { label: null, probabilities: {}, value: answers[0]! };
    case 'segmentation':
      throw new Error('Masks are not a row of numbers');
    case 'multiLabel': {
      const lacking = answers.map((answer, index) => (thresholds?.[index] ?? 0.5) - answer);
      const labels = task.classes.filter((_, index) => lacking[index]! <= 0);
      return {
        label: labelOfSet(labels),
        labels,
        ...(labels.length === 0 && { nearest: task.classes[lacking.indexOf(Math.min(...lacking))]! }),
        probabilities: byName(task.classes, answers),
      };
    }
    default:
      return {
        label: task.classes[decide(answers, operatingPoint)]!,
        probabilities: byName(task.classes, answers),
      };
  }
}

function byName(classes: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(classes.map((name, index) => [name, values[index]!]));
}
