import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { TrainerEvent } from '../../contract/workers.ts';
import { chooseBackend } from '../../compute/index.ts';
import { checkpointNeed } from '../../core/training-plan.ts';
import type { Normalization } from '../../nn/augmentation.ts';
import { datasetNormalization, unitNormalization } from '../../nn/batches.ts';
import type { Checkpoint } from '../../nn/checkpoint.ts';
import { freshProgress, type LoopOutcome, type Progress, trainLoop } from '../../nn/loop.ts';
import { balancedClassWeights } from '../../nn/loss.ts';
import { type Network, parameterCount } from '../../nn/network.ts';
import { createEagerStep, type TrainingState, type TrainingStep } from '../../nn/step.ts';
import { initialWeights } from '../../nn/weights.ts';
import { type CheckpointFiles, checkpointFiles, clearCheckpoints } from './checkpoint-files.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import { checkPictures, openInputs, type OpenInputs } from './inputs.ts';
import { type ModelFacts, networkOf, writeModelFolder } from './model-folder.ts';
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
 */
export async function trainRunFolder(
  runFolder: string,
  emit: (event: TrainerEvent) => void,
  control: TrainingControl,
): Promise<EndedEvent> {
  const log = openEventLog(runFolder, emit);
  const sitting: Sitting = { runFolder, log, control, progress: freshProgress() };
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
    await log.close();
  }
}

/** One stay of a run in a process. */
interface Sitting {
  readonly runFolder: string;
  readonly log: EventLog;
  readonly control: TrainingControl;
  /** The run's, once its checkpoint is read: what a failure reports too. */
  progress: Progress;
}

async function train(sitting: Sitting): Promise<EndedEvent> {
  const { runFolder, log } = sitting;
  const files = await readRunFiles(runFolder);
  const { recipe, manifest } = files;
  const checkpoints = checkpointFiles(runFolder, files.recipeSha256);
  const stored = await readCheckpoint(checkpoints, log);
  if (stored) sitting.progress = stored.progress;
  const { progress } = sitting;
  const { backend, passedOver } = await chooseBackend(recipe.backend.id, { threads: recipe.backend.threads });
  for (const { id, reason } of passedOver)
    log.write({ type: 'noted', note: `Not computing with ${id}: ${reason}` });
  if (stored) checkSameBackend(stored.computedWith, backend);
  const inputs = await openInputs(files.inputsFile, manifest.inputs.geometry);
  let step: TrainingStep | null = null;
  try {
    await checkPictures(files.inputsFile, [...manifest.rows.train, ...manifest.rows.val]);
    const normalization = stored?.normalization ?? (await freshNormalization(files, inputs));
    const facts = modelFacts(files, normalization);
    const network = networkOf(facts);
    step = createEagerStep({
      network,
      seed: recipe.seed,
      optimizer: recipe.optimizer,
      augmentation: recipe.augmentation,
      normalization,
      classWeights: classWeightsOf(files),
      fusedAdam: backend.createFusedAdam(),
    });
    step.writeState(stored?.takeState() ?? initialWeights(network, recipe.seed));
    const parameters = parameterCount(network);
    await checkDiskSpace(runFolder, checkpointNeed(parameters, recipe.optimizer.id));
    const { id, device, threads, version } = backend;
    log.write({
      type: 'started',
      backend: id,
      device,
      threads,
      version,
      parameters,
      resumedAtStep: progress.step,
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
    const outcome = await runLoop(sitting, files, inputs, step, checkpoints, belongings);
    return await conclude(
      { runFolder, files, facts, network, inputs, checkpoints, log },
      step,
      progress,
      outcome,
    );
  } finally {
    step?.dispose();
    await inputs.close();
  }
}

type Belongings = Pick<Checkpoint, 'recipeSha256' | 'normalization' | 'computedWith'>;

interface StoredStart extends Belongings {
  readonly progress: Progress;
  /** Weights and slots, once: a large network's are not kept in memory beside those on the device. */
  takeState(): TrainingState;
}

async function readCheckpoint(checkpoints: CheckpointFiles, log: EventLog): Promise<StoredStart | null> {
  const found = await checkpoints.read();
  if (!found) return null;
  for (const note of found.notes) log.write({ type: 'noted', note });
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

/** @throws ReadroomError `backendUnavailable` when a resumed run would go on with other sums */
function checkSameBackend(began: Checkpoint['computedWith'], now: { id: string; threads: number }): void {
  if (began.backend === now.id && began.threads === now.threads) return;
  const say = (backend: string, threads: number): string =>
    `${backend} with ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  throw new ReadroomError(
    'backendUnavailable',
    `The run was begun on ${say(began.backend, began.threads)}; this would go on with ${say(now.id, now.threads)}, ` +
      'which gives other weights.',
    `Start a new run, or resume where ${began.backend} answers: the doctor command tells what is missing.`,
  );
}

async function freshNormalization(
  { recipe, manifest }: RunFiles,
  inputs: OpenInputs,
): Promise<Normalization> {
  const { channels, normalization } = recipe.input;
  if (normalization === 'unit') return unitNormalization(channels);
  return datasetNormalization(inputs.source(manifest.rows.train), channels, 64);
}

async function runLoop(
  { progress, log, control }: Sitting,
  { recipe, manifest }: RunFiles,
  inputs: OpenInputs,
  step: TrainingStep,
  checkpoints: CheckpointFiles,
  belongings: Belongings,
): Promise<LoopOutcome> {
  const samples = sampleRows(manifest.rows.val, recipe.seed);
  const data = {
    train: inputs.source(manifest.rows.train),
    val: inputs.source(manifest.rows.val),
    samples: samples.positions,
  };
  return trainLoop(recipe, data, step, progress, {
    now: () => performance.now(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    stopRequested: () => control.stopRequested,
    stepEnded: (event) => {
      const imagesPerSecond = progress.trained.rows / Math.max(progress.trained.seconds, 1e-9);
      const allRows = data.train.count * recipe.epochs;
      const rowsDone = data.train.count * progress.history.length + progress.epoch.rows;
      // A picture that is validated costs about a third of one that is trained on.
      const validationRows = (data.val.count * (recipe.epochs - progress.history.length)) / 3;
      const secondsLeft = (allRows - rowsDone + validationRows) / Math.max(imagesPerSecond, 1e-9);
      log.step({ type: 'stepEnded', ...event, imagesPerSecond, secondsLeft });
    },
    epochEnded: async (record, best) => log.write({ type: 'epochEnded', record, best }),
    sampled: (epoch, logits) => log.write({ type: 'sampled', samples: samples.describe(epoch, logits) }),
    saveBest: (epoch, weights) => checkpoints.saveBest(epoch, { ...belongings, progress, tensors: weights }),
    saveCheckpoint: async (tensors, at) => {
      await checkpoints.save({ ...belongings, progress: at, tensors });
      log.write({ type: 'checkpointed', step: at.step });
    },
  });
}

interface Conclusion {
  readonly runFolder: string;
  readonly files: RunFiles;
  readonly facts: ModelFacts;
  readonly network: Network;
  readonly inputs: OpenInputs;
  readonly checkpoints: CheckpointFiles;
  readonly log: EventLog;
}

/** Writes the model and its validation predictions, where there is a usable model, and puts the end on disk. */
async function conclude(
  { runFolder, files, facts, network, inputs, checkpoints, log }: Conclusion,
  step: TrainingStep,
  progress: Progress,
  { stoppedBecause, nonFinite }: LoopOutcome,
): Promise<EndedEvent> {
  if (stoppedBecause === 'cancelled') return endedEvent(progress, { stoppedBecause });
  const { best } = progress;
  const error = nonFinite && nonFiniteError(nonFinite, files.recipe.optimizer.learningRate);
  if (error && !best) return endedEvent(progress, { stoppedBecause, error });
  const kept = files.recipe.earlyStopping.restoreBest || nonFinite ? best : null;
  if (error) {
    const note = `${error.message} The training ended there; its model holds the weights of epoch ${best!.epoch}.`;
    log.write({ type: 'noted', note: `${note} ${error.hint}` });
  }
  const weights = kept ? (await checkpoints.readBest(kept.epoch)).tensors : await step.readWeights();
  const weightsSha256 = await writeModelFolder(path.join(runFolder, 'model'), facts, weights);
  await writeValidationPredictions({
    runFolder,
    files,
    facts,
    network,
    weights,
    checksum: weightsSha256,
    inputs,
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

function modelFacts({ recipe, manifest }: RunFiles, normalization: Normalization): ModelFacts {
  const { id, scale, dropout } = recipe.network;
  return {
    network: { id, scale, dropout },
    geometry: manifest.inputs.geometry,
    normalization: { mean: [...normalization.mean], deviation: [...normalization.deviation] },
    classes: manifest.classes,
  };
}

function classWeightsOf({ recipe, manifest }: RunFiles): number[] | null {
  if (recipe.classWeights === 'none') return null;
  return balancedClassWeights(
    manifest.rows.train.map(({ label }) => label),
    manifest.classes.length,
  );
}
