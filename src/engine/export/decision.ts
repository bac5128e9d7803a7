import type { EvaluationLevel, PoolingRule } from '../../contract/evaluation.ts';
import type { Manifest, Predictions } from '../../contract/run-folder.ts';
import { classesOf, saysOneClass, taskOf } from '../../contract/learning-task.ts';
import { chooseThresholds } from '../../core/label-set-metrics.ts';
import { chooseOperatingPoint } from '../../core/operating-point.ts';
import { fitTemperature } from '../evaluate/calibration.ts';
import { classRows, labelRows } from '../evaluate/class-rows.ts';
import { positiveOf } from '../evaluate/evaluate.ts';
import { judgedRows } from '../evaluate/levels.ts';
import type { Decision } from './package-file.ts';

/**
 * How a run decides on images, from its validation predictions alone; the positive class is the last unless said. What
 * has no single class has no calibration; a number and masks decide nothing.
 *
 * @param level what a row of validation is
 */
export function decisionOf(
  manifest: Manifest,
  validation: Pick<Predictions, 'rows'>,
  wanted?: string,
  level: EvaluationLevel = 'image',
): Decision {
  const task = taskOf(manifest);
  const undecided = { operatingPoint: null, calibration: null };
  if (task.kind === 'multiLabel') {
    const points = chooseThresholds(labelRows(validation.rows), task.classes, level);
    const thresholds = points.map(
      ({ threshold, rule }, index) =>
        [task.classes[index]!, { threshold, rule, chosenOn: 'val' as const }] as const,
    );
    return { ...undecided, thresholds: Object.fromEntries(thresholds) };
  }
  if (!saysOneClass(task)) return undecided;
  const positive = task.kind === 'ordinal' ? null : positiveOf(task, wanted);
  const calibration = fitTemperature(classRows(validation.rows), level);
  if (positive === null) return { operatingPoint: null, calibration };
  const index = manifest.classes.indexOf(positive);
  const { threshold, rule } = chooseOperatingPoint(
    validation.rows.map((row) => row.probabilities[index]!),
    validation.rows.map((row) => row.truth === index),
    level,
  );
  const negative = manifest.classes[1 - index]!;
  return { operatingPoint: { threshold, rule, positive, negative, chosenOn: 'val' }, calibration };
}

/** On which groups of images is decided, and how these are pooled. */
export interface PooledAs {
  readonly level: Exclude<EvaluationLevel, 'image'>;
  readonly pooling: PoolingRule;
}

/** How an evaluation pooled; null: it judged images, or there is none. */
export function pooledAs(
  evaluation: { level: EvaluationLevel; pooling: PoolingRule | null } | null,
): PooledAs | null {
  if (evaluation === null || evaluation.level === 'image' || evaluation.pooling === null) return null;
  return { level: evaluation.level, pooling: evaluation.pooling };
}

/**
 * As `decisionOf`, on studies or patients: thresholds from validation pooled alike, as an evaluation on them has it.
 *
 * @throws ReadroomError `usage` where validation cannot be pooled so
 */
export function pooledDecisionOf(
  manifest: Manifest,
  validation: Predictions,
  { level, pooling }: PooledAs,
  wanted?: string,
): Omit<Decision, 'calibration'> {
  const task = taskOf(manifest);
  const oneOfTwo = task.kind === 'multiClass' || task.kind === 'binary';
  const positive = oneOfTwo ? positiveOf(task, wanted) : null;
  const place = positive === null ? null : classesOf(task).indexOf(positive);
  const rows = judgedRows(validation, task, { level, pooling, positive: place });
  const { operatingPoint, thresholds } = decisionOf(manifest, { rows }, wanted, level);
  return { operatingPoint, ...(thresholds && { thresholds }) };
}
