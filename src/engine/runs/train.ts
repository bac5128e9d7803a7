import { existsSync } from 'node:fs';

import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import type { RunPriority } from '../../contract/queue.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { RunResult } from '../../contract/run.ts';
import { canRequeue } from '../../core/run-state.ts';
import { runStatusWord } from '../../core/words.ts';
import { parameterCount } from '../../nn/network.ts';
import type { DatasetMember, DatasetVersion } from '../db/dataset-repository.ts';
import type { RunClass } from '../db/run-repository.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { currentVersion, refuseGone, versionAgain } from '../split/split-service.ts';
import type { KeptWeights } from '../weights/kept-weights.ts';
import { moveRun } from './move-run.ts';
import { performTraining } from './perform-training.ts';
import { type LearnedMasks, maskTruths } from './mask-truths.ts';
import { drawingWarnings, partsFor, refuseUnwatchable } from './parts.ts';
import { prepareRunFolder, recipeFor, type RecipeRequest } from './prepare.ts';
import { classesNow, classesOfRun } from './run-classes.ts';
import { runFolderOf } from './run-folder.ts';
import { refreshInputs } from './run-inputs.ts';
import { refuseStartLeak } from './start-leak.ts';
import { findStartWeights, prepareStart } from './start-weights.ts';
import { runTable } from './run-table.ts';
import { networkFor, taskFor } from './task.ts';
import { refuseUnfitWindow } from './window-problem.ts';
import type { TrainingDependencies } from './supervise.ts';

export interface TrainRequest extends RecipeRequest {
  fold?: number;
  resume?: string;
  name?: string;
  priority?: RunPriority;
}

export interface RunDependencies extends TrainingDependencies {
  pool: DecodePool;
  keptWeights: KeptWeights;
  /** Whether a run waits in this engine's queue, or has its turn. */
  isUnderWay?(project: string, run: string): boolean;
}

/** A run that waits for its turn: its id, and the work of training it. */
export interface PlannedRun {
  run: string;
  /** @param hold aborts when the run is to be held back */
  train(context: JobContext, hold?: AbortSignal): Promise<RunResult>;
}

const never = new AbortController().signal;

/** Checks a request and adds the run's row; nothing is trained yet. */
export async function planTraining(
  session: ProjectSession,
  request: TrainRequest,
  dependencies: RunDependencies,
): Promise<PlannedRun> {
  session.writing();
  if (request.resume !== undefined) {
    refuseChanges(request);
    return planResumption(session, request.resume, dependencies);
  }
  const recipe = await withStartOf(session, recipeFor(session, request), dependencies);
  const classes = classesNow(session);
  const { kind } = taskFor(session, recipe, classes);
  const current = await currentVersion(session, kind === 'segmentation');
  await refuseUnfitWindow(session, recipe, current.version);
  const name = request.name?.trim() || recipe.name;
  const fold = request.fold ?? null;
  const { priority = 'normal' } = request;
  return planRun(session, { name, recipe, ...current, classes, fold, rerunOf: null, priority }, dependencies);
}

/**
 * The recipe with the whole id of a run that it starts from: `latest`, or the beginning of an id, may mean another one
 * later. @throws ReadroomError `unknownWeights`, `unknownRun`, `runNotFinished`
 */
async function withStartOf(
  session: ProjectSession,
  recipe: ResolvedRecipe,
  { keptWeights }: Pick<RunDependencies, 'keptWeights'>,
): Promise<ResolvedRecipe> {
  const { transfer } = recipe;
  if (transfer.weights === null) return recipe;
  const { id } = await findStartWeights(session, transfer.weights, keptWeights);
  return { ...recipe, transfer: { ...transfer, weights: id } };
}

function refuseChanges({ preset, recipe, set, fold, backend }: TrainRequest): void {
  const given = Object.entries({ preset, recipe, fold, backend })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  const changes = [...given, ...Object.keys(set)];
  if (changes.length === 0) return;
  throw new ReadroomError(
    'usage',
    `A resumed run keeps its recipe, so ${changes.join(', ')} cannot be given with it.`,
    'Resume it as it is, or train anew with the changes.',
  );
}

/** Plans the same training again, from the stored recipe on the stored dataset version. */
export async function planRerun(
  session: ProjectSession,
  run: string,
  dependencies: RunDependencies,
): Promise<PlannedRun> {
  session.writing();
  const first = session.runs.get(run);
  if (first.status !== 'completed') throw notFinished(first);
  const again = await versionAgain(session, first.datasetVersion);
  const recipe = first.recipe as ResolvedRecipe;
  await refuseUnfitWindow(session, recipe, again.version);
  return planRun(
    session,
    {
      name: first.name,
      recipe,
      ...again,
      classes: classesOfRun(session, first.run),
      warnings: [],
      fold: first.fold,
      rerunOf: first.run,
      priority: 'normal',
    },
    dependencies,
  );
}

/** The error for what needs a finished run. */
export function notFinished(run: RunResult): ReadroomError {
  return new ReadroomError(
    'runNotFinished',
    `Run ${run.run} is ${runStatusWord(run.status)}; it has no finished model.`,
    canRequeue(run.status)
      ? `Resume it with: readroom train PROJECT --resume ${run.run}`
      : 'Wait for its end.',
  );
}

async function planRun(
  session: ProjectSession,
  plan: {
    name: string;
    recipe: ResolvedRecipe;
    classes: readonly RunClass[];
    version: DatasetVersion;
    members: readonly DatasetMember[];
    warnings: string[];
    fold: number | null;
    rerunOf: string | null;
    priority: RunPriority;
  },
  dependencies: RunDependencies,
): Promise<PlannedRun> {
  const { recipe, version, fold, classes, rerunOf } = plan;
  const task = taskFor(session, recipe, classes);
  const learned = await learnedAgain(session, plan, task);
  const parts = partsFor(version, plan.members, fold, task, classes, learned);
  if (!learned) refuseUnwatchable(recipe, task, parts, classes);
  await refuseStartLeak(session, recipe, { version, parts }, dependencies.keptWeights);
  const table = await runTable(session, recipe, { parts, rerunOf });
  const id = uuid();
  session.runs.add({
    id,
    name: plan.name,
    recipe,
    classes,
    datasetVersion: version.hash,
    fold,
    rerunOf,
    network: recipe.network.id,
    parameters: parameterCount(networkFor(recipe, task, table?.table ?? null)),
    warnings: [...plan.warnings, ...(learned ? [] : drawingWarnings(task, plan.members, parts))],
    priority: plan.priority,
  });
  dependencies.publish({ type: 'run.statusChanged', project: session.id, run: id, status: 'queued' });
  return {
    run: id,
    train: (context, hold = never) =>
      performTraining(session, id, { context, hold }, dependencies, (preparing, ahead) =>
        prepareRun(session, { id, recipe, version, fold }, dependencies, preparing, ahead),
      ),
  };
}

/** The masks that a run which is trained again learned; null where it learned none, or they are to be made again. */
async function learnedAgain(
  session: ProjectSession,
  plan: Parameters<typeof maskTruths>[1] & { members: readonly DatasetMember[] },
  { kind }: LearningTask,
): Promise<LearnedMasks | null> {
  if (kind !== 'segmentation' || plan.rerunOf === null) return null;
  const { learned } = await maskTruths(session, plan, plan.members);
  return learned;
}

/**
 * Puts a run that stands still back into the queue; one that waits while no engine has its queue is taken up.
 * @throws ReadroomError `runNotResumable`
 */
function planResumption(
  session: ProjectSession,
  reference: string,
  dependencies: RunDependencies,
): PlannedRun {
  const run = session.runs.get(session.runs.find(reference));
  const isLeft = run.status === 'queued' && dependencies.isUnderWay?.(session.id, run.run) !== true;
  if (isLeft) return planWaiting(session, run.run, dependencies);
  if (!canRequeue(run.status) || run.stoppedBecause === 'nonFiniteLoss') {
    throw new ReadroomError(
      'runNotResumable',
      `Run ${run.run} is ${runStatusWord(run.status)} and cannot be resumed.`,
      run.status === 'completed' ? 'Train again with: readroom rerun' : 'Change the recipe and train anew.',
    );
  }
  const planned = planWaiting(session, run.run, dependencies);
  session.runs.update(run.run, { stoppedBecause: null, error: null, endedAt: null });
  moveRun(session, run.run, 'requeue', dependencies.publish);
  return planned;
}

/** Plans the training of a run that has its row: from its checkpoint, or from the start. */
export function planWaiting(session: ProjectSession, id: string, dependencies: RunDependencies): PlannedRun {
  const { pool } = dependencies;
  const { datasetVersion, fold, recipe } = session.runs.get(id);
  const version = session.dataset.versionByHash(datasetVersion);
  const plan = { id, recipe: recipe as ResolvedRecipe, version, fold };
  return {
    run: id,
    train: (context, hold = never) =>
      performTraining(session, id, { context, hold }, dependencies, async (preparing, ahead) => {
        if (!existsSync(runFolderOf(session.folder, id).manifest)) {
          await prepareRun(session, plan, dependencies, preparing, ahead);
          return;
        }
        // The process may have ended between the two.
        await startFrom(session, plan, dependencies, preparing);
        refuseGone(session, version);
        (await refreshInputs(session, id, pool, preparing)).dispose();
      }),
  };
}

/** Makes a run's folder, with the weights that it starts from; what became of them is noted. */
async function prepareRun(
  session: ProjectSession,
  run: Parameters<typeof prepareRunFolder>[1],
  dependencies: RunDependencies,
  context: JobContext,
  ahead: Parameters<typeof prepareRunFolder>[4],
): Promise<void> {
  noteOf(
    session,
    run.id,
    await prepareRunFolder(session, run, dependencies.pool, context, ahead),
    dependencies,
  );
  await startFrom(session, run, dependencies, context);
}

async function startFrom(
  session: ProjectSession,
  run: Parameters<typeof prepareStart>[1],
  dependencies: RunDependencies,
  context: JobContext,
): Promise<void> {
  noteOf(session, run.id, await prepareStart(session, run, dependencies, context), dependencies);
}

/** Tells notes, and keeps them for reports and whoever looks at the run later. */
function noteOf(
  session: ProjectSession,
  run: string,
  notes: readonly string[],
  { publish }: Pick<RunDependencies, 'publish'>,
): void {
  for (const note of notes) publish({ type: 'run.noted', project: session.id, run, note });
  if (notes.length === 0) return;
  const { warnings } = session.runs.get(run);
  session.runs.update(run, { warnings: [...new Set([...warnings, ...notes])] });
}
