import { existsSync } from 'node:fs';

import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { RunStatus } from '../../contract/events.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { RunResult } from '../../contract/run.ts';
import type { RunTransition } from '../../core/run-state.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { parameterCount } from '../../nn/network.ts';
import type { DatasetMember, DatasetVersion } from '../db/dataset-repository.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { toStoredError } from '../system-errors.ts';
import { currentVersion, versionAgain } from '../split/split-service.ts';
import { moveRun } from './move-run.ts';
import { partsFor, prepareRunFolder, recipeFor, type RecipeRequest } from './prepare.ts';
import { runFolderOf } from './run-folder.ts';
import { refreshInputs } from './run-inputs.ts';
import { superviseTraining, type TrainingDependencies } from './supervise.ts';

export interface TrainRequest extends RecipeRequest {
  fold?: number;
  resume?: string;
}

export interface RunDependencies extends TrainingDependencies {
  pool: DecodePool;
}

/** A run that is about to start: its id, and the work of training it. */
export interface PlannedRun {
  run: string;
  train(context: JobContext): Promise<RunResult>;
}

const resumable: readonly RunStatus[] = ['interrupted', 'cancelled', 'failed'];

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
  const recipe = recipeFor(session, request);
  const current = await currentVersion(session);
  return planRun(session, { recipe, ...current, fold: request.fold ?? null, rerunOf: null }, dependencies);
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
  return planRun(
    session,
    { recipe, ...again, warnings: [], fold: first.fold, rerunOf: first.run },
    dependencies,
  );
}

/** The error for what needs a finished run. */
export function notFinished(run: RunResult): ReadroomError {
  return new ReadroomError(
    'runNotFinished',
    `Run ${run.run} is ${run.status}; it has no finished model.`,
    resumable.includes(run.status)
      ? `Resume it with: readroom train PROJECT --resume ${run.run}`
      : 'Wait for its end.',
  );
}

function planRun(
  session: ProjectSession,
  plan: {
    recipe: ResolvedRecipe;
    version: DatasetVersion;
    members: readonly DatasetMember[];
    warnings: string[];
    fold: number | null;
    rerunOf: string | null;
  },
  dependencies: RunDependencies,
): PlannedRun {
  const { recipe, version, fold } = plan;
  const classes = session.projects.classes();
  partsFor(version, plan.members, fold, classes);
  const id = uuid();
  session.runs.add({
    id,
    recipe,
    datasetVersion: version.hash,
    fold,
    rerunOf: plan.rerunOf,
    network: recipe.network.id,
    parameters: countParameters(recipe, classes.length),
    warnings: plan.warnings,
  });
  return {
    run: id,
    train: async (context) => {
      await prepareOrFail(session, id, dependencies, context, () =>
        prepareRunFolder(session, { id, recipe, version, fold }, dependencies.pool, context),
      );
      return superviseTraining(session, id, context, dependencies);
    },
  };
}

function planResumption(
  session: ProjectSession,
  reference: string,
  dependencies: RunDependencies,
): PlannedRun {
  const run = session.runs.get(session.runs.find(reference));
  if (!resumable.includes(run.status) || run.stoppedBecause === 'nonFiniteLoss') {
    throw new ReadroomError(
      'runNotResumable',
      `Run ${run.run} is ${run.status} and cannot be resumed.`,
      run.status === 'completed' ? 'Train again with: readroom rerun' : 'Change the recipe and train anew.',
    );
  }
  const prepared = existsSync(runFolderOf(session.folder, run.run).manifest);
  const version = session.dataset.versionByHash(run.datasetVersion);
  const recipe = run.recipe as ResolvedRecipe;
  return {
    run: run.run,
    train: async (context) => {
      moveRun(session, run.run, 'requeue', dependencies.publish);
      await prepareOrFail(session, run.run, dependencies, context, async () => {
        const plan = { id: run.run, recipe, version, fold: run.fold };
        if (prepared) await refreshInputs(session, run.run, dependencies.pool, context);
        else await prepareRunFolder(session, plan, dependencies.pool, context);
      });
      return superviseTraining(session, run.run, context, dependencies);
    },
  };
}

/** Brings a run to `starting`; a preparation that fails or is cancelled ends the run so. */
async function prepareOrFail(
  session: ProjectSession,
  run: string,
  { publish }: TrainingDependencies,
  context: JobContext,
  prepare: () => Promise<void>,
): Promise<void> {
  const move = (transition: RunTransition): void => moveRun(session, run, transition, publish);
  move('start');
  try {
    await prepare();
  } catch (error) {
    session.runs.update(run, { error: toStoredError(error), endedAt: new Date().toISOString() });
    if (context.signal.aborted) {
      move('stop');
      move('stopped');
    } else {
      move('fail');
    }
    throw error;
  }
}

function countParameters(recipe: ResolvedRecipe, classes: number): number {
  const { id, scale, dropout } = recipe.network;
  const { size, channels } = recipe.input;
  return parameterCount(findNetwork(id).build({ size, channels, classes, scale, dropout }));
}
