import { ReadroomError } from '../../contract/errors.ts';
import type { Evaluation, EvaluationLevel, PoolingRule } from '../../contract/evaluation.ts';
import { classesOf, type LearningTask, taskOf } from '../../contract/learning-task.ts';
import type { Manifest, Predictions } from '../../contract/run-folder.ts';
import { wordsOfTask } from '../../core/learning-task.ts';
import { checkGroups, checkPredictions } from './check-predictions.ts';
import { finishSteps } from './finish-steps.ts';
import { judgedRows, poolingFor } from './levels.ts';
import { figuresInSteps } from './task-figures.ts';
import { warningsOf } from './warnings.ts';

/** One seed for every evaluation's resampling, so that the same predictions always give the same intervals. */
export const evaluationSeed = 20_120_930;

export interface EvaluateRequest {
  readonly run: string;
  /** Of the split asked for. */
  readonly predictions: Predictions;
  /** Of the validation part, from the same weights. */
  readonly validation: Predictions;
  readonly manifest: Manifest;
  /** A class name, any case; the last class unless said. Two classes only. */
  readonly positive?: string | undefined;
  /** What is judged; images unless said. */
  readonly level?: EvaluationLevel | undefined;
  /** Of studies and patients; the mean unless said. */
  readonly pooling?: PoolingRule | undefined;
  /** How often the project's test set has been opened, this time included. */
  readonly testOpenings: number;
  readonly signal?: AbortSignal | undefined;
  /** Share of the resampling that is done. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/**
 * Metrics of a run on one part. With two classes the decision is `probability of positive ≥ threshold`, the
 * threshold chosen on validation; with several labels so of each; with more classes and grades, the largest probability.
 * All figures, Brier and ECE included, use the network's own probabilities, as `predict` prints and the exported formats
 * give them. Studies and patients are judged by their images' pooled predictions, thresholds chosen on validation pooled
 * alike. The resampling goes in steps of a few milliseconds, so that the engine answers meanwhile.
 *
 * @throws ReadroomError `unknownClass`, `emptySplit`, `badCheckpoint` (predictions of other rows or weights),
 * `splitLeak` (a patient in two parts of a split by patient), `usage` (a level that these images cannot be pooled to)
 */
export async function evaluateRun(request: EvaluateRequest): Promise<Evaluation> {
  const { run, predictions, manifest, testOpenings, level = 'image' } = request;
  const task = taskOf(manifest);
  const classes = classesOf(task);
  checkSameRun(request);
  const positive = positiveOf(task, request.positive);
  const pooling = poolingFor(task, level, request.pooling);
  const judged = { level, pooling, positive: positive === null ? null : classes.indexOf(positive) };
  const rows = judgedRows(predictions, task, judged);
  const validation = judgedRows(request.validation, task, judged);
  const steps = figuresInSteps({
    task,
    level,
    rows,
    validation,
    predictions,
    manifest,
    positive,
    seed: evaluationSeed,
  });
  const { pointChosen, warnings, ...figures } = await finishSteps(steps, {
    ...request,
    what: 'The evaluation',
  });
  const patients = new Set(rows.map((row) => row.patient)).size;
  const facts = {
    rows,
    split: predictions.split,
    level,
    task,
    manifest,
    patients,
    testOpenings,
    pointChosen,
  };
  return {
    run,
    split: predictions.split,
    task: task.kind,
    level,
    pooling,
    n: rows.length,
    images: predictions.rows.length,
    patients,
    testOpenings,
    classes: [...classes],
    ...figures,
    warnings: [...warningsOf(facts), ...warnings],
    splitBy: manifest.splitBy,
    generated: manifest.generated,
  };
}

function checkSameRun({ run, predictions, validation, manifest }: EvaluateRequest): void {
  checkPredictions(predictions, manifest);
  checkPredictions(validation, manifest);
  if (predictions.weightsSha256 !== validation.weightsSha256) {
    throw new ReadroomError(
      'badCheckpoint',
      `The ${predictions.split} and val predictions of run ${run} come from different weights.`,
      'Evaluate the run again, or train it again with rerun.',
    );
  }
  checkGroups(manifest);
}

/** The class that counts as positive, by `positiveClass`. @throws ReadroomError `usage` for a task that has none */
export function positiveOf(task: LearningTask, wanted: string | undefined): string | null {
  if (task.kind === 'multiClass' || task.kind === 'binary') return positiveClass(task.classes, wanted);
  if (wanted === undefined) return null;
  throw new ReadroomError(
    'usage',
    `This run learned ${wordsOfTask(task.kind)}, which have no positive class, but "${wanted}" was given.`,
    'Leave the positive class out.',
  );
}

/** The class that counts as positive: two classes only, the last unless said. @throws ReadroomError `unknownClass` */
export function positiveClass(classes: readonly string[], wanted: string | undefined): string | null {
  if (wanted === undefined) return classes.length === 2 ? classes[1]! : null;
  const found =
    classes.find((name) => name === wanted) ??
    classes.find((name) => name.toLowerCase() === wanted.trim().toLowerCase());
  if (found === undefined) {
    throw new ReadroomError(
      'unknownClass',
      `There is no class "${wanted}" in this run.`,
      `Its classes are: ${classes.join(', ')}.`,
    );
  }
  // With more classes every one is reported against the rest already.
  return classes.length === 2 ? found : null;
}
