import { setImmediate } from 'node:timers/promises';

import type { Comparison } from '../../contract/comparison.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { taskOf } from '../../contract/learning-task.ts';
import type { RunResult } from '../../contract/run.ts';
import { isLowerBetter, mainFirst } from '../../core/metric-names.ts';
import { plainestVariant, recipeVariants } from '../../core/recipe-variants.ts';
import { wordingOf } from '../../core/templates/wording.ts';
import { counted, listed } from '../../core/words.ts';
import { type ComparedSide, refuseIncomparable } from '../evaluate/comparable.ts';
import { compareInSteps } from '../evaluate/compare.ts';
import { comparedNames } from '../evaluate/compared-figures.ts';
import { finishSteps } from '../evaluate/finish-steps.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { evaluatedPart } from './evaluated.ts';
import { readManifest, runFolderOf } from './run-folder.ts';

export interface CompareRequest {
  readonly runs: readonly string[];
  readonly reference?: string | undefined;
  readonly split: 'val' | 'test';
}

/**
 * Evaluated runs side by side on the same images, from what is stored: nothing is predicted and no part opened.
 *
 * @throws ReadroomError `unknownRun`; `usage` for a run that is named twice, was not evaluated on the part, or was judged
 * on other images, by other labels, of another task, with other classes or at another level than the reference
 */
export async function compareRuns(
  session: ProjectSession,
  request: CompareRequest,
  { signal, progress }: JobContext,
): Promise<Comparison> {
  const { split } = request;
  const runs = namedRuns(session, request.runs);
  refuseUnevaluated(session, runs, split);
  const variants = recipeVariants(runs.map(({ recipe }) => recipe));
  const sides: ComparedSide[] = [];
  for (const run of runs) {
    sides.push(sideOf(session, run, called(run, runs), split));
    await setImmediate();
  }
  const reference = sides[placeOfReference(session, request, runs, variants)]!;
  for (const side of sides) if (side !== reference) refuseIncomparable(reference, side);
  const names = metricsOf(session, reference, sides);
  const differences = await finishSteps(compareInSteps(sides, reference, names), {
    ...{ what: 'The comparison', signal },
    onProgress: (share) => progress(share, 1, 'Differences'),
  });
  const { task, level, pooling, n, patients, classes, positive, unit, splitBy, generated } =
    reference.evaluation;
  return {
    ...{ split, task, level, pooling, n, patients, classes, positive, unit, splitBy, generated },
    testOpenings: session.runs.testOpenings(),
    reference: reference.run,
    runs: runs.map(({ run, name }, place) => ({
      ...{ run, name, variant: variants[place]! },
      metrics: sides[place]!.evaluation.metrics,
      differences: differences[place]!,
    })),
    metrics: names,
    lessIsBetter: names.filter(isLowerBetter),
    correction: 'holm',
    warnings: warningsOf(sides, reference, session.runs.testOpenings()),
  };
}

function namedRuns(session: ProjectSession, references: readonly string[]): RunResult[] {
  const ids = references.map((reference) => session.runs.find(reference));
  const twice = ids.find((id, place) => ids.indexOf(id) !== place);
  if (twice !== undefined)
    throw new ReadroomError(
      'usage',
      `Run ${twice} was named twice, and a run does not differ from itself.`,
      'Name different runs; list them with: readroom runs PROJECT',
    );
  return ids.map((id) => session.runs.get(id));
}

function placeOfReference(
  session: ProjectSession,
  { reference }: CompareRequest,
  runs: readonly RunResult[],
  variants: readonly (string | null)[],
): number {
  if (reference === undefined) return plainestVariant(variants);
  const place = runs.findIndex(({ run }) => run === session.runs.find(reference));
  if (place >= 0) return place;
  throw new ReadroomError(
    'usage',
    `Run ${reference} is to be what the others are compared with, but is not among them.`,
    'Name one of the compared runs as the reference.',
  );
}

/** By its name; with its id where another one is called the same. */
function called({ run, name }: RunResult, runs: readonly RunResult[]): string {
  return runs.filter((other) => other.name === name).length > 1 ? `"${name}" (${run})` : `"${name}"`;
}

function refuseUnevaluated(session: ProjectSession, runs: readonly RunResult[], split: 'val' | 'test'): void {
  const lacking = runs.filter(({ run }) => session.runs.evaluation(run, split) === null);
  if (lacking.length === 0) return;
  const names = listed(lacking.map((run) => called(run, runs)));
  const were = lacking.length === 1 ? 'was' : 'were';
  const part = split === 'test' ? 'test' : 'validation';
  throw new ReadroomError(
    'usage',
    `${names} ${were} not evaluated on the ${part} part yet, and comparing opens nothing by itself.`,
    split === 'test'
      ? 'Compare on validation (--split val), or evaluate the test part first: readroom evaluate PROJECT RUN. Each opening of it is counted.'
      : 'Evaluate first: readroom evaluate PROJECT RUN --split val. The test part stays closed.',
  );
}

function sideOf(
  session: ProjectSession,
  { run }: RunResult,
  called: string,
  split: 'val' | 'test',
): ComparedSide {
  const { evaluation, rows } = evaluatedPart(session, run, split);
  const manifest = readManifest(runFolderOf(session.folder, run));
  const { datasetVersion, fold, inputs } = manifest;
  return {
    ...{ run, called, evaluation, rows },
    task: taskOf(manifest),
    manifest: { datasetVersion, fold },
    size: inputs.geometry.size,
  };
}

/** Distances in pixels of inputs of different sizes are no common measure. */
function metricsOf(
  session: ProjectSession,
  { task }: ComparedSide,
  sides: readonly ComparedSide[],
): string[] {
  const names = comparedNames(sides.map(({ evaluation }) => evaluation));
  const measured = haveCommonDistances(sides) ? names : names.filter((name) => !/^hausdorff/.test(name));
  return mainFirst(measured, wordingOf(session.summary().template, task).metrics);
}

function haveCommonDistances(sides: readonly ComparedSide[]): boolean {
  const [first, ...others] = sides.map(({ evaluation: { unit }, size }) => ({ unit, size }));
  return others.every(({ unit, size }) => unit === first!.unit && (unit === 'mm' || size === first!.size));
}

const fewPatients = 30;

/** What a reader of a comparison must know before its figures, a sentence each. */
function warningsOf(sides: readonly ComparedSide[], reference: ComparedSide, testOpenings: number): string[] {
  const { split, splitBy, generated, patients } = reference.evaluation;
  const trainedOn = new Set(sides.map(({ manifest }) => JSON.stringify(manifest)));
  const sizes = new Set(sides.map(({ size }) => size));
  const isOfMasks = reference.task.kind === 'segmentation';
  return [
    splitBy === 'image' && 'Split by image: figures may be inflated.',
    generated && 'Generated pictures: these figures show how the program works and claim nothing clinical.',
    split === 'val' &&
      'Validation figures: epochs and thresholds were chosen on these very images, so they flatter the runs that were tuned most.',
    split === 'test' &&
      testOpenings > sides.length &&
      'The test set was opened more often than once a run: choosing between runs by it makes its figures less independent.',
    patients < fewPatients && `Only ${counted(patients, 'patient')}: a difference can easily be missed.`,
    trainedOn.size > 1 &&
      'The runs were trained on different images: what differs is not their recipe alone.',
    isOfMasks &&
      sizes.size > 1 &&
      `Masks were judged at different sizes (${[...sizes].join(', ')} pixels), each at its own.${haveCommonDistances(sides) ? '' : ' Distances in pixels are left out.'}`,
    'Each run is one training. Another seed moves figures too, which these intervals do not show: they are of patients.',
  ].filter((sentence) => sentence !== false);
}
