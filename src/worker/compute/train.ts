import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { TrainerEvent } from '../../contract/workers.ts';
import { chooseBackend } from '../../compute/index.ts';
import type { Normalization } from '../../nn/augmentation.ts';
import { datasetNormalization, unitNormalization } from '../../nn/batches.ts';
import { freshProgress, type LoopOutcome, type NonFinite, type Progress, trainLoop } from '../../nn/loop.ts';
import { balancedClassWeights } from '../../nn/loss.ts';
import { type Network, parameterCount } from '../../nn/network.ts';
import { createEagerStep, type TrainingStep } from '../../nn/step.ts';
import { initialWeights } from '../../nn/weights.ts';
import { type CheckpointFiles, checkpointFiles } from './checkpoint-files.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import { openInputs, type OpenInputs } from './inputs.ts';
import { type ModelFacts, networkOf, writeModelFolder } from './model-folder.ts';
import { checkDiskSpace, readRunFiles, type RunFiles } from './run-files.ts';
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
 */
export async function trainRunFolder(
  runFolder: string,
  emit: (event: TrainerEvent) => void,
  control: TrainingControl,
): Promise<EndedEvent> {
  const log = openEventLog(runFolder, emit);
  try {
    const finished = await log.finished();
    finished?.before.forEach((event) => log.repeat(event));
    const ended = finished?.ended ?? (await train(runFolder, log, control));
    await log.end(ended);
    return ended;
  } catch (error) {
    const failure = expectedFailure(error);
    if (!failure) throw error;
    const ended = endedEvent(freshProgress(), 'failed', null, failure);
    await log.end(ended);
    return ended;
  } finally {
    await log.close();
  }
}

async function train(runFolder: string, log: EventLog, control: TrainingControl): Promise<EndedEvent> {
  const files = await readRunFiles(runFolder);
  const { recipe, manifest } = files;
  const { backend, passedOver } = await chooseBackend(recipe.backend.id, { threads: recipe.backend.threads });
  for (const { id, reason } of passedOver)
    log.write({ type: 'noted', note: `Not computing with ${id}: ${reason}` });
  const checkpoints = checkpointFiles(path.join(runFolder, 'checkpoints'), files.recipeSha256);
  const inputs = await openInputs(files.inputsFile, manifest.inputs.geometry);
  let step: TrainingStep | null = null;
  try {
    const start = await startingPoint(files, inputs, checkpoints, log);
    const facts = modelFacts(files, start.normalization);
    const network = networkOf(facts);
    step = createEagerStep({
      network,
      seed: recipe.seed,
      optimizer: recipe.optimizer,
      augmentation: recipe.augmentation,
      normalization: start.normalization,
      classWeights: classWeightsOf(files),
      fusedAdam: backend.createFusedAdam(),
    });
    step.writeState(start.state ?? initialWeights(network, recipe.seed));
    const parameters = parameterCount(network);
    await checkDiskSpace(runFolder, parameters, recipe.optimizer.id === 'adam' ? 2 : 1);
    const { id, device, threads, version } = backend;
    const { progress } = start;
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
    for (const record of progress.history) {
      log.repeat({ type: 'epochEnded', record, best: record.epoch === progress.best?.epoch });
    }
    const outcome = await runLoop(files, inputs, step, start, checkpoints, log, control);
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

interface StartingPoint {
  readonly progress: Progress;
  readonly normalization: Normalization;
  /** null: fresh weights. */
  readonly state: ReadonlyMap<string, Float32Array> | null;
}

async function startingPoint(
  { recipe, manifest }: RunFiles,
  inputs: OpenInputs,
  checkpoints: CheckpointFiles,
  log: EventLog,
): Promise<StartingPoint> {
  const found = await checkpoints.read();
  if (found) {
    for (const note of found.notes) log.write({ type: 'noted', note });
    const { progress, normalization, tensors } = found.checkpoint;
    return { progress, normalization, state: tensors };
  }
  const { channels } = recipe.input;
  const normalization =
    recipe.input.normalization === 'unit'
      ? unitNormalization(channels)
      : await datasetNormalization(inputs.source(manifest.rows.train), channels, 64);
  return { progress: freshProgress(), normalization, state: null };
}

async function runLoop(
  { recipe, manifest, recipeSha256 }: RunFiles,
  inputs: OpenInputs,
  step: TrainingStep,
  { progress, normalization }: StartingPoint,
  checkpoints: CheckpointFiles,
  log: EventLog,
  control: TrainingControl,
): Promise<LoopOutcome> {
  const data = { train: inputs.source(manifest.rows.train), val: inputs.source(manifest.rows.val) };
  const belongings = { recipeSha256, normalization };
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
    saveBest: (epoch, weights) => checkpoints.saveBest(epoch, { ...belongings, progress, tensors: weights }),
    saveCheckpoint: async (tensors) => {
      await checkpoints.save({ ...belongings, progress, tensors });
      log.write({ type: 'checkpointed', step: progress.step });
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

/** Writes the model and its validation predictions, where there is a usable model, and drops the checkpoints. */
async function conclude(
  { runFolder, files, facts, network, inputs, checkpoints, log }: Conclusion,
  step: TrainingStep,
  progress: Progress,
  { stoppedBecause, nonFinite }: LoopOutcome,
): Promise<EndedEvent> {
  if (stoppedBecause === 'cancelled') return endedEvent(progress, stoppedBecause, null, null);
  const error = nonFinite && nonFiniteError(nonFinite);
  const { best } = progress;
  if (error && !best) return endedEvent(progress, stoppedBecause, null, error);
  const useBest = best !== null && (files.recipe.earlyStopping.restoreBest || nonFinite !== null);
  const weights = useBest ? (await checkpoints.readBest(best.epoch)).tensors : await step.readWeights();
  const checksum = await writeModelFolder(path.join(runFolder, 'model'), facts, weights);
  await writeValidationPredictions({ runFolder, files, facts, network, weights, checksum, inputs });
  const ended = endedEvent(progress, stoppedBecause, checksum, error);
  // A crash between these two trains the last steps again; the other way round it would lose the run.
  await log.record(ended);
  if (!error) await checkpoints.clear();
  return ended;
}

function endedEvent(
  progress: Progress,
  stoppedBecause: EndedEvent['stoppedBecause'],
  weightsSha256: string | null,
  error: ReadroomError | null,
): EndedEvent {
  const { seconds, trained, best } = progress;
  return {
    type: 'ended',
    stoppedBecause,
    bestEpoch: best?.epoch ?? null,
    weightsSha256,
    seconds,
    imagesPerSecond: trained.seconds > 0 ? trained.rows / trained.seconds : 0,
    error: error && { code: error.code, message: error.message, hint: error.hint },
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

function nonFiniteError({ epoch, step, imageIds, learningRate, maxGradient }: NonFinite): ReadroomError {
  const gradient =
    maxGradient === null
      ? 'not known'
      : Number.isFinite(maxGradient)
        ? maxGradient.toPrecision(3)
        : 'not a finite number';
  return new ReadroomError(
    'nonFiniteLoss',
    `The loss stopped being a number in epoch ${epoch}, step ${step}, at learning rate ${learningRate.toPrecision(3)}; ` +
      `largest gradient: ${gradient}. Images of that batch: ${imageIds.join(', ')}.`,
    'Train with a learning rate ten times smaller. If it happens again at the same images, look at them.',
  );
}

/** What may go wrong without being a bug; native TensorFlow says in words that memory is exhausted. */
function expectedFailure(error: unknown): ReadroomError | null {
  if (error instanceof ReadroomError) return error;
  const message = error instanceof Error ? error.message : '';
  if (
    !/OOM when allocating|Resource ?Exhausted|RESOURCE_EXHAUSTED|Array buffer allocation failed/i.test(
      message,
    )
  )
    return null;
  return new ReadroomError(
    'outOfMemory',
    `Memory ran out: ${message.split('\n')[0]!.slice(0, 300)}`,
    'Train with a smaller batchSize, a smaller input.size or a smaller network.scale.',
  );
}
