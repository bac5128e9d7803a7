import { existsSync } from 'node:fs';

import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { RunPriority } from '../../contract/queue.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { RunResult } from '../../contract/run.ts';
import { canRequeue } from '../../core/run-state.ts';
import { runStatusWord } from '../../core/words.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { classHead, parameterCount } from '../../nn/network.ts';
import type { DatasetMember, DatasetVersion } from '../db/dataset-repository.ts';
import type { RunClass } from '../db/run-repository.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { currentVersion, refuseGone, versionAgain } from '../split/split-service.ts';
import { moveRun } from './move-run.ts';
import { performTraining } from './perform-training.ts';
import { partsFor, prepareRunFolder, recipeFor, type RecipeRequest, refuseUnwatchable } from './prepare.ts';
import { classesNow, classesOfRun } from './run-classes.ts';
import { runFolderOf } from './run-folder.ts';
import { refreshInputs } from './run-inputs.ts';
import { requireTrainableLabels } from './trainable-labels.ts';
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
  requireTrainableLabels(session);
  const recipe = recipeFor(session, request);
  const current = await currentVersion(session);
  await refuseUnfitWindow(session, recipe, current.version);
  const name = request.name?.trim() || recipe.name;
  const fold = request.fold ?? null;
  const classes = classesNow(session);
  const { priority = 'normal' } = request;
  return planRun(session, { name, recipe, ...current, classes, fold, rerunOf: null, priority }, dependencies);
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

function planRun(
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
): PlannedRun {
  const { recipe, version, fold, classes } = plan;
  refuseUnwatchable(recipe, partsFor(version, plan.members, fold, classes), classes);
  const id = uuid();
  session.runs.add({
    id,
    name: plan.name,
    recipe,
    classes,
    datasetVersion: version.hash,
    fold,
    rerunOf: plan.rerunOf,
    network: recipe.network.id,
    parameters: countParameters(recipe, classes.length),
    warnings: plan.warnings,
    priority: plan.priority,
  });
  dependencies.publish({ type: 'run.statusChanged', project: session.id, run: id, status: 'queued' });
  return {
    run: id,
    train: (context, hold = never) =>
      performTraining(session, id, { context, hold }, dependencies, (preparing, ahead) =>
        prepareRunFolder(session, { id, recipe, version, fold }, dependencies.pool, preparing, ahead),
      ),
  };
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
          await prepareRunFolder(session, plan, pool, preparing, ahead);
          return;
        }
        refuseGone(session, version);
        (await refreshInputs(session, id, pool, preparing)).dispose();
      }),
  };
}

function countParameters(recipe: ResolvedRecipe, classes: number): number {
  const { id, scale, dropout } = recipe.network;
  const { size, channels } = recipe.input;
  return parameterCount(findNetwork(id).build({ size, channels, head: classHead(classes), scale, dropout }));
}
