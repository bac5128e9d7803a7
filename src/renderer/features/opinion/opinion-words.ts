import type { z } from 'zod';

import {
  type Evaluation,
  type EvaluationLevel,
  isTooFew,
  type PoolingRule,
  type Prediction,
  type predictResultSchema,
} from '../../../contract/run.ts';
import { quantity } from '../../../core/figures.ts';
import { counted, percent } from '../../../core/words.ts';

type PredictResult = z.infer<typeof predictResultSchema>;

/** What a network said, of one image or pooled over several, and how it decides. */
export interface Answer extends Pick<PredictResult, 'task' | 'operatingPoint' | 'thresholds'> {
  readonly prediction: Omit<Prediction, 'file'>;
  readonly level: EvaluationLevel;
  /** What thresholds were chosen on; `alike`: on what is answered here, images or what is pooled so. */
  readonly chosenOn: 'alike' | 'images';
  /** Of a number: how far predictions of unseen patients lay from the truth; null: not known. */
  readonly limits: Limits | null;
}

/** 95 % limits of agreement of predicted − true numbers (Bland and Altman 1986), and on which part. */
export interface Limits {
  readonly low: number;
  readonly high: number;
  readonly part: Evaluation['split'];
}

/** The limits of an evaluation on the same level; null where it has none or too few patients stand behind it. */
export function limitsOf(evaluation: Evaluation | null, level: EvaluationLevel): Limits | null {
  if (evaluation === null || evaluation.level !== level) return null;
  const { lowerLimit, upperLimit } = evaluation.metrics;
  if (lowerLimit?.value == null || upperLimit?.value == null || isTooFew(lowerLimit)) return null;
  return { low: lowerLimit.value, high: upperLimit.value, part: evaluation.split };
}

/** A number with its unit. */
export const inUnit = (value: number, unit: string): string => `${quantity(value)} ${unit}`.trim();

/** The answer in a word, or a number with its unit. */
export function headingOf({ task, prediction }: Pick<Answer, 'task' | 'prediction'>): string {
  if (task.kind === 'regression') return inUnit(prediction.value ?? 0, task.unit);
  if (prediction.label !== 'none' || prediction.labels === undefined) return prediction.label ?? '';
  return task.kind === 'segmentation' ? 'Nothing found' : 'None of the classes';
}

const nouns = { image: 'picture', study: 'study', patient: 'patient' } as const;
const plurals = { image: 'images', study: 'studies', patient: 'patients' } as const;

/** How the answer came about, in a sentence or two. */
export function decisionOf(answer: Answer): string {
  const { task, operatingPoint: point, chosenOn, level, prediction } = answer;
  const on = chosenOn === 'alike' ? 'on validation' : 'on single images of validation';
  switch (task.kind) {
    case 'regression':
      return rangeWords(answer, task.unit);
    case 'segmentation':
      return 'Each pixel has the class with the highest probability. Outlines are as coarse as the network’s input.';
    case 'multiLabel': {
      const rule = `A class is given from its own threshold on, the line in its bar; thresholds were chosen ${on}.`;
      return `${nearestWords(answer)}${rule}`;
    }
    case 'ordinal':
      return 'The grade with the highest probability is given; the bars stand in the order of the grades.';
    default: {
      if (point === null) return 'The class with the highest probability is given.';
      const sign = prediction.label === point.positive ? 'at or above' : 'below';
      const of = level === 'image' ? '' : ` of the ${nouns[level]}`;
      return `The probability of ${point.positive}${of} is ${sign} the operating point ${percent(point.threshold)}, which was chosen ${on}.`;
    }
  }
}

function nearestWords({ prediction, thresholds }: Answer): string {
  const { nearest, probabilities } = prediction;
  const threshold = nearest === undefined ? undefined : thresholds?.[nearest];
  if (nearest === undefined || threshold === undefined) return '';
  return `Nearest to its threshold is ${nearest}: ${percent(probabilities[nearest] ?? 0)} of ${percent(threshold)}. `;
}

/** Predicted − true lies between the limits, so the truth lies between the prediction less the one and the other. */
function rangeWords({ prediction, limits, level }: Answer, unit: string): string {
  const value = prediction.value ?? 0;
  if (limits === null)
    return `How far the number of a ${nouns[level]} may be off is not known: that takes an evaluation on ten ${plurals[level]} or more.`;
  const [from, to] = [value - limits.high, value - limits.low];
  const part = limits.part === 'test' ? 'test' : 'validation';
  return `The true number lies between ${quantity(from)} and ${inUnit(to, unit)}, if the network errs here as in 95 of 100 ${plurals[level]} of the ${part} part.`;
}

const poolingWords = { mean: 'The mean', max: 'The highest', noisyOr: 'The noisy-or' } as const;

/** How the answer follows from its images: `The mean of the numbers of 3 images.` */
export function pooledWords({ task }: Pick<Answer, 'task'>, pooling: PoolingRule, images: number): string {
  const what = task.kind === 'regression' ? 'numbers' : 'probabilities';
  return `${poolingWords[pooling]} of the ${what} of ${counted(images, 'image')}.`;
}

/** What a label of the project says, with its unit; null: nothing. @param labels of the images, null where one has none */
export function labelWords(labels: readonly (string | number | null)[], task: Answer['task']): string | null {
  const said = [...new Set(labels)].filter((label) => label !== null);
  if (said.length === 0) return null;
  const words = said.map((label) =>
    task.kind === 'regression' && Number.isFinite(Number(label))
      ? inUnit(Number(label), task.unit)
      : String(label),
  );
  return words.join(' · ');
}

/** Whether the label of the project and the answer say the same; null where that is no question of yes or no. */
export function agreement(
  { task, prediction }: Pick<Answer, 'task' | 'prediction'>,
  labels: readonly (string | number | null)[],
): boolean | null {
  const isOne = task.kind === 'multiClass' || task.kind === 'binary' || task.kind === 'ordinal';
  const said = [...new Set(labels)].filter((label) => label !== null);
  return isOne && said.length === 1 ? said[0] === prediction.label : null;
}
