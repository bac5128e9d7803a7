import { setImmediate } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { Evaluation } from '../../contract/run.ts';
import type { Manifest, ManifestRow, Predictions } from '../../contract/run-folder.ts';
import { evaluateInSteps } from '../../core/metrics.ts';
import { chooseOperatingPoint } from '../../core/operating-point.ts';
import { counted } from '../../core/words.ts';
import { fitTemperature } from './calibration.ts';

/** One seed for every evaluation's resampling, so that the same predictions always give the same intervals. */
export const evaluationSeed = 20_120_930;

const fewPatients = 30;
const fewImages = 10;

export interface EvaluateRequest {
  readonly run: string;
  /** Of the split asked for. */
  readonly predictions: Predictions;
  /** Of the validation part, from the same weights. */
  readonly validation: Predictions;
  readonly manifest: Manifest;
  /** A class name, any case; the last class unless said. Two classes only. */
  readonly positive?: string | undefined;
  /** How often the project's test set has been opened, this time included. */
  readonly testOpenings: number;
  readonly signal?: AbortSignal | undefined;
  /** Share of the resampling that is done. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/**
 * Metrics of a run on one part. With two classes the decision is `probability of positive ≥ threshold`, the
 * threshold chosen on validation; with more, the largest probability. All figures, Brier and ECE included,
 * use the network's own probabilities, as `predict` prints and the exported formats give them. The resampling
 * goes in steps of a few milliseconds, so that the engine answers meanwhile.
 *
 * @throws ReadroomError `unknownClass`, `emptySplit`, `badCheckpoint` (predictions of other rows or weights),
 * `splitLeak` (a patient in two parts of a split by patient)
 */
export async function evaluateRun(request: EvaluateRequest): Promise<Evaluation> {
  const { run, predictions, validation, manifest, testOpenings } = request;
  const { classes } = manifest;
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
  const positive = positiveClass(classes, request.positive);
  const positiveIndex = positive === null ? -1 : classes.indexOf(positive);
  const operatingPoint =
    positive === null
      ? null
      : chooseOperatingPoint(
          validation.rows.map((row) => row.probabilities[positiveIndex]!),
          validation.rows.map((row) => row.truth === positiveIndex),
        );
  const steps = evaluateInSteps({
    rows: predictions.rows,
    classes,
    positive: positive === null ? null : positiveIndex,
    threshold: operatingPoint?.threshold ?? null,
    seed: evaluationSeed,
  });
  const figures = await finish(steps, request);
  const { rows } = predictions;
  const patients = new Set(rows.map((row) => row.patient)).size;
  const warnings = [
    ...warningsOf({
      predictions,
      manifest,
      patients,
      testOpenings,
      pointChosen: operatingPoint?.chosen === true,
    }),
    ...(operatingPoint && !operatingPoint.chosen ? [`The operating point is ${operatingPoint.rule}.`] : []),
  ];
  return {
    run,
    split: predictions.split,
    n: rows.length,
    patients,
    testOpenings,
    classes: [...classes],
    positive,
    operatingPoint: operatingPoint && { threshold: operatingPoint.threshold, rule: operatingPoint.rule },
    calibration: fitTemperature(validation.rows),
    ...figures,
    warnings,
    splitBy: manifest.splitBy,
    generated: manifest.generated,
  };
}

async function finish<T>(
  steps: Generator<number, T, undefined>,
  { signal, onProgress }: Pick<EvaluateRequest, 'signal' | 'onProgress'>,
): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onProgress?.(step.value);
    await setImmediate();
    if (signal?.aborted)
      throw new ReadroomError('cancelled', 'The evaluation was cancelled.', 'Evaluate again.');
  }
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

function checkPredictions(predictions: Predictions, manifest: Manifest): void {
  const { split, rows, run } = predictions;
  const expected = manifest.rows[split];
  if (expected.length === 0) {
    throw new ReadroomError(
      'emptySplit',
      `Run ${run} has no ${split} images.`,
      `Make a split with a ${split} part, then train again.`,
    );
  }
  const same =
    rows.length === expected.length &&
    rows.every((row, i) => {
      const { image, label } = expected[i]!;
      return (
        row.image === image && row.truth === label && row.probabilities.length === manifest.classes.length
      );
    });
  if (!same) {
    throw new ReadroomError(
      'badCheckpoint',
      `The ${split} predictions of run ${run} do not belong to its manifest.`,
      'Delete the predictions folder of the run and evaluate again.',
    );
  }
}

/** How many patients lie in more than one part of a run, whatever its split was meant to be. */
export function patientsInSeveralParts(manifest: Manifest): number {
  const groupsOf = (rows: readonly ManifestRow[]): Set<string> => new Set(rows.map((row) => row.patient));
  const all = [manifest.rows.train, manifest.rows.val, manifest.rows.test].map(groupsOf);
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const patient of all.flatMap((groups) => [...groups]))
    (seen.has(patient) ? shared : seen).add(patient);
  return shared.size;
}

function checkGroups(manifest: Manifest): void {
  const shared = manifest.splitBy === 'patient' ? patientsInSeveralParts(manifest) : 0;
  if (shared > 0) {
    throw new ReadroomError(
      'splitLeak',
      `${counted(shared, 'patient')} of run ${manifest.run} ${shared === 1 ? 'lies' : 'lie'} in more than one part, though its split is by patient.`,
      'Make the split again and train again; figures of this run cannot be trusted.',
    );
  }
}

interface Judged extends Pick<EvaluateRequest, 'predictions' | 'manifest' | 'testOpenings'> {
  readonly patients: number;
  /** Whether validation gave the operating point. */
  readonly pointChosen: boolean;
}

function warningsOf({ predictions, manifest, patients, testOpenings, pointChosen }: Judged): string[] {
  const { rows, split } = predictions;
  const warnings: string[] = [];
  if (manifest.splitBy === 'image') warnings.push('Split by image: figures may be inflated.');
  if (manifest.generated) {
    warnings.push('Generated pictures: these figures show how the program works and claim nothing clinical.');
  }
  if (split === 'val') {
    const chosen = pointChosen ? 'the epoch and the operating point were' : 'the epoch was';
    warnings.push(`Validation figures: ${chosen} chosen on these very images, so they flatter.`);
  } else if (testOpenings > 1) {
    warnings.push(
      `The test set has been opened ${testOpenings} times: each look makes its figures a little less independent.`,
    );
  }
  if (patients === 1) {
    warnings.push('All images come from one patient: intervals over patients cannot be given.');
  } else if (patients < fewPatients) {
    warnings.push(`Only ${patients} patients: intervals are wide and may still be too narrow.`);
  }
  manifest.classes.forEach((name, label) => {
    const ofClass = rows.filter((row) => row.truth === label);
    const groups = new Set(ofClass.map((row) => row.patient)).size;
    if (ofClass.length === 0) warnings.push(`No ${split} image is of class "${name}".`);
    else if (ofClass.length < fewImages)
      warnings.push(`Class "${name}" has only ${ofClass.length} ${split} images.`);
    else if (groups === 1) warnings.push(`All ${split} images of class "${name}" come from one patient.`);
  });
  return warnings;
}
