import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import * as tf from '@tensorflow/tfjs-core';

import type { ReadroomError } from '../../contract/errors.ts';
import type { TrainerEvent } from '../../contract/workers.ts';
import { halved, halvedSentence, microBatchOf } from '../../core/micro-batch.ts';
import { checkpointNeed } from '../../core/training-need.ts';
import { trainingRows } from '../../core/tiles.ts';
import { createTrainingPace } from '../../core/training-pace.ts';
import { readRunMemory, writeRunMemory } from '../../files/run-memory.ts';
import { stepsPerEpoch } from '../../nn/batches.ts';
import type { CheckpointFacts } from '../../nn/checkpoint.ts';
import { type LoopOutcome, trainLoop } from '../../nn/loop.ts';
import { firstFilters } from '../../nn/filter-picture.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { createPhasedStep } from '../../nn/phased-step.ts';
import { frozenStagesAt } from '../../core/frozen-stages.ts';
import { parameterCount } from '../../nn/network.ts';
import { freshProgress, type Progress } from '../../nn/progress.ts';
import {
  collected,
  type StepOptions,
  streamWeights,
  type TrainingState,
  type TrainingStep,
} from '../../nn/step.ts';
import { inOwnUnit } from '../../nn/tasks/regression.ts';
import { initialWeights, type Weights } from '../../nn/weights.ts';
import { beginState } from './begin-state.ts';
import { type CheckpointFiles, checkpointFiles, clearCheckpoints } from './checkpoint-files.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import { writeFilters } from './filters.ts';
import { writeModelFolder } from './model-folder.ts';
import {
  checkSameBackend,
  type PreparedTraining,
  prepareTraining,
  type StepAhead,
  stepOptionsOf,
  type TrainingFacts,
  trainingFacts,
} from './prepare-training.ts';
import { checkDiskSpace, readRunFiles, type RunFiles } from './run-files.ts';
import { sampleRows } from './samples.ts';
import { expectedFailure, nonFiniteError } from './training-failures.ts';
import { writeValidationPredictions } from './validation-predictions.ts';

type EndedEvent = Extract<TrainerEvent, { type: 'ended' }>;

/** Ends a training from outside. */
export interface TrainingControl {
  stopRequested: boolean;
}

/**
 * Trains, or resumes, what a run folder describes, and leaves in it `events.jsonl`, checkpoints while it is
 * under way, and at the end `model/` and `predictions/val.json`. The last event is `ended`; expected failures
 * are told there, bugs are thrown.
 *
 * A training whose numbers stop being finite after an epoch was validated ends like any other, with the model of
 * its best epoch, and a note says what happened; before that it ends with the error `nonFiniteLoss` and no model.
 *
 * @param ahead taken over where it is what this training would make; it is disposed of in any case
 */
export async function trainRunFolder(
  runFolder: string,
  emit: (event: TrainerEvent) => void,
  control: TrainingControl,
  ahead: StepAhead | null = null,
): Promise<EndedEvent> {
  const log = openEventLog(runFolder, emit);
  const sitting: Sitting = { runFolder, log, control, ahead, progress: freshProgress() };
  try {
    const finished = await log.finished();
    finished?.before.forEach((event) => log.repeat(event));
    const ended = finished?.ended ?? (await train(sitting));
    // The end is on disk: what is left of them here is swept away the next time.
    if (ended.weightsSha256 !== null || ended.stoppedBecause === 'nonFiniteLoss')
      await clearCheckpoints(runFolder).catch(() => undefined);
    await log.end(ended);
    return ended;
  } catch (error) {
    const failure = expectedFailure(error);
    if (!failure) throw error;
    const ended = endedEvent(sitting.progress, { stoppedBecause: 'failed', error: failure });
    await log.end(ended);
    return ended;
  } finally {
    sitting.ahead?.step.dispose();
    await log.close();
  }
}

/** One stay of a run in a process. */
interface Sitting {
  readonly runFolder: string;
  readonly log: EventLog;
  readonly control: TrainingControl;
  /** Null once it is taken. */
  ahead: StepAhead | null;
  /** The run's, once its checkpoint is read: what a failure reports too. */
  progress: Progress;
}

async function train(sitting: Sitting): Promise<EndedEvent> {
  const { runFolder, log } = sitting;
  const files = await readRunFiles(runFolder);
  const checkpoints = checkpointFiles(runFolder, files.recipeSha256);
  let stored = await readCheckpoint(checkpoints, sitting);
  const prepared = await prepareTraining(files);
  for (const note of prepared.notes) log.write({ type: 'noted', note });
  try {
    for (;;) {
      try {
        return await trainFrom(stored, sitting, prepared, checkpoints);
      } catch (error) {
        if (expectedFailure(error)?.code !== 'outOfMemory') throw error;
        await halve(sitting, files, error);
      }
      stored = await readCheckpoint(checkpoints, sitting);
    }
  } finally {
    await prepared.close();
  }
}

/**
 * Makes the training go on, from its last checkpoint, with half as many images computed at once.
 *
 * @throws what was thrown, when they were halved often enough
 */
async function halve(
  { runFolder, log }: Sitting,
  { recipe, manifest }: RunFiles,
  thrown: unknown,
): Promise<void> {
  const network = findNetwork(recipe.network.id);
  const next = halved(recipe, await readRunMemory(runFolder), trainingRows(manifest), network);
  if (!next) throw thrown;
  await writeRunMemory(runFolder, next);
  log.write({ type: 'noted', note: halvedSentence(recipe, next, network) });
}

async function trainFrom(
  stored: StoredStart | null,
  sitting: Sitting,
  prepared: PreparedTraining,
  checkpoints: CheckpointFiles,
): Promise<EndedEvent> {
  const { runFolder, log, progress } = sitting;
  const { files, backend } = prepared;
  const { recipe, manifest } = files;
  if (stored) checkSameBackend(stored.computedWith, backend);
  const facts = await trainingFacts(prepared, stored?.normalization ?? null);
  const { network } = facts;
  const { normalization } = facts.facts;
  const microBatchSize = microBatchOf(recipe, await readRunMemory(runFolder));
  const trainRows = trainingRows(manifest);
  const { geometry } = manifest.inputs;
  const optionsAt = (frozenStages: number): StepOptions =>
    stepOptionsOf({ ...recipe, microBatchSize }, facts, { geometry, trainRows }, frozenStages);
  const steps = stepsPerEpoch(trainRows, recipe.batchSize);
  const begun = stored ? null : takeAhead(sitting, optionsAt(0), prepared);
  const step =
    begun ??
    createPhasedStep({
      phaseOf: (at) => frozenStagesAt(recipe.transfer, Math.floor(at / steps)),
      create: (frozenStages) => backend.createStep(optionsAt(frozenStages)),
      firstStep: progress.step,
    });
  try {
    if (!begun)
      beginState(
        step,
        () => stored?.takeState() ?? prepared.start?.weights ?? initialWeights(network, recipe.seed),
      );
    await checkDiskSpace(runFolder, checkpointNeed(parameterCount(network), recipe));
    const { id, device, threads, version } = backend;
    log.write({
      type: 'started',
      backend: id,
      device,
      threads,
      version,
      parameters: parameterCount(network),
      resumedAtStep: progress.step,
      stepsPerEpoch: stepsPerEpoch(trainRows, recipe.batchSize),
    });
    // Whoever listens may have missed the last epochs of a sitting that was cut short.
    const bestEpoch = progress.best?.epoch;
    await log.catchUp(
      progress.history.map((record) => ({ type: 'epochEnded', record, best: record.epoch === bestEpoch })),
    );
    const belongings = {
      recipeSha256: files.recipeSha256,
      normalization,
      computedWith: { backend: id, threads },
    };
    const outcome = await runLoop(sitting, prepared, facts, step, checkpoints, belongings);
    return await conclude({ sitting, prepared, facts, checkpoints }, step, outcome);
  } finally {
    step.dispose();
  }
}

/** The step that was made ahead, with its starting weights, if it is what this training would make. */
function takeAhead(
  sitting: Sitting,
  options: StepOptions,
  { backend, learning: { task } }: PreparedTraining,
): TrainingStep | null {
  const { ahead } = sitting;
  sitting.ahead = null;
  // Rules follow from the task; functions are never equal.
  const { rules: _, ...rest } = options;
  if (ahead?.backend === backend && isDeepStrictEqual(ahead.task, task)) {
    const { rules: __, ...those } = ahead.options;
    if (isDeepStrictEqual(those, rest)) return ahead.step;
  }
  ahead?.step.dispose();
  return null;
}

type Belongings = Omit<CheckpointFacts, 'progress'>;

interface StoredStart extends Belongings {
  /** Weights and slots, once: a large network's are not kept in memory beside those on the device. */
  takeState(): TrainingState;
}

/** Sets the sitting's progress to that of the newest whole checkpoint. */
async function readCheckpoint(checkpoints: CheckpointFiles, sitting: Sitting): Promise<StoredStart | null> {
  const found = await checkpoints.read();
  sitting.progress = found?.checkpoint.progress ?? freshProgress();
  if (!found) return null;
  for (const note of found.notes) sitting.log.write({ type: 'noted', note });
  const { tensors, ...rest } = found.checkpoint;
  let state: TrainingState | null = tensors;
  return {
    ...rest,
    takeState: () => {
      if (state === null) throw new Error('The state was taken already');
      const taken = state;
      state = null;
      return taken;
    },
  };
}

async function runLoop(
  { runFolder, progress, log, control }: Sitting,
  { files: { recipe, manifest }, inputs, learning: { rules, truths, task, scale } }: PreparedTraining,
  { network }: TrainingFacts,
  step: TrainingStep,
  checkpoints: CheckpointFiles,
  belongings: Belongings,
): Promise<LoopOutcome> {
  const samples = sampleRows(manifest.rows.val, { seed: recipe.seed, task, rules, scale });
  const data = {
    rules,
    train: inputs.source(manifest.rows.train, truths),
    val: inputs.source(manifest.rows.val, truths),
    samples: samples.positions,
  };
  const pace = createTrainingPace({
    epochs: recipe.epochs,
    stepsPerEpoch: stepsPerEpoch(data.train.count, recipe.batchSize),
    trainRows: data.train.count,
    valRows: data.val.count,
  });
  const filters = firstFilters(network);
  const drawFilters = async (epoch: number): Promise<boolean> => {
    const kernel = filters && (await collected(streamWeights(step, [filters.name]))).get(filters.name);
    return kernel ? writeFilters(runFolder, epoch, kernel, filters) : false;
  };
  return trainLoop(recipe, data, step, progress, {
    now: () => performance.now(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    stopRequested: () => control.stopRequested,
    stepEnded: ({ seconds, ...event }) => {
      pace.stepEnded(seconds);
      log.step({
        type: 'stepEnded',
        ...event,
        imagesPerSecond: progress.trained.rows / Math.max(progress.trained.seconds, 1e-9),
        secondsLeft: pace.secondsLeft(progress.step, progress.history),
        memoryBytes: process.memoryUsage.rss(),
        // A compiled graph keeps its tensors to itself.
        tensorBytes: tf.memory().numBytes || null,
      });
    },
    epochEnded: async (record, best) => {
      // First the picture: who hears of the epoch may end this process.
      const drawn = await drawFilters(record.epoch);
      log.write({ type: 'epochEnded', record, best });
      if (drawn) log.write({ type: 'filtered', epoch: record.epoch });
    },
    sampled: (epoch, logits) => log.write({ type: 'sampled', samples: samples.describe(epoch, logits) }),
    saveBest: (epoch, weights) => checkpoints.saveBest(epoch, { ...belongings, progress }, weights),
    saveCheckpoint: async (state, at) => {
      if (!(await checkpoints.save({ ...belongings, progress: at }, state))) return false;
      log.write({ type: 'checkpointed', step: at.step });
      return true;
    },
  });
}

interface Conclusion {
  readonly sitting: Sitting;
  readonly prepared: PreparedTraining;
  readonly facts: TrainingFacts;
  readonly checkpoints: CheckpointFiles;
}

/** Writes the model and its validation predictions, where there is a usable model, and puts the end on disk. */
async function conclude(
  { sitting: { runFolder, log, progress }, prepared, facts: { facts, network }, checkpoints }: Conclusion,
  step: TrainingStep,
  { stoppedBecause, nonFinite }: LoopOutcome,
): Promise<EndedEvent> {
  const { files, inputs, backend } = prepared;
  if (stoppedBecause === 'cancelled') return endedEvent(progress, { stoppedBecause });
  const { best } = progress;
  const error = nonFinite && nonFiniteError(nonFinite, files.recipe.optimizer.learningRate);
  if (error && !best) return endedEvent(progress, { stoppedBecause, error });
  const kept = files.recipe.earlyStopping.restoreBest || nonFinite ? best : null;
  if (error) {
    const note = `${error.message} The training ended there; its model holds the weights of epoch ${best!.epoch}.`;
    log.write({ type: 'noted', note: `${note} ${error.hint}` });
  }
  const trained: Weights = kept
    ? (await checkpoints.readBest(kept.epoch)).tensors
    : await collected(streamWeights(step));
  const { scale } = prepared.learning;
  const weights = scale ? inOwnUnit(network, trained, scale) : trained;
  // Its memory is free for what is predicted now.
  step.dispose();
  const weightsSha256 = await writeModelFolder(path.join(runFolder, 'model'), facts, weights);
  await writeValidationPredictions({
    runFolder,
    files,
    facts,
    network,
    weights,
    checksum: weightsSha256,
    inputs,
    learning: prepared.learning,
    createPredictor: backend.createPredictor,
  });
  const ended = endedEvent(progress, { stoppedBecause, weightsSha256, keptEpoch: kept?.epoch ?? null });
  // The checkpoints go after this: a crash before it trains the last steps again, and the run is never lost.
  await log.record(ended);
  return ended;
}

function endedEvent(
  { seconds, trained, best }: Progress,
  end: {
    readonly stoppedBecause: EndedEvent['stoppedBecause'];
    readonly error?: ReadroomError;
    readonly weightsSha256?: string;
    /** The epoch whose weights the model holds, null for the last ones; without a model the best so far is told. */
    readonly keptEpoch?: number | null;
  },
): EndedEvent {
  const { stoppedBecause, error, weightsSha256 = null, keptEpoch = best?.epoch ?? null } = end;
  return {
    type: 'ended',
    stoppedBecause,
    bestEpoch: keptEpoch,
    weightsSha256,
    seconds,
    imagesPerSecond: trained.seconds > 0 ? trained.rows / trained.seconds : 0,
    error: error ? { code: error.code, message: error.message, hint: error.hint } : null,
  };
}
