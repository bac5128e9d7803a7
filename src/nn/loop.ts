import type { EpochRecord } from '../contract/events.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { StopReason } from '../contract/run.ts';
import { batchPositions, epochOrder, type RowSource, stepsPerEpoch } from './batches.ts';
import { crossEntropyOnHost } from './loss.ts';
import { learningRateAt } from './schedules.ts';
import { type PixelBatch, type TrainingState, type TrainingStep, weightsOfState } from './step.ts';
import { allFinite } from './weights.ts';

/** Where a training stands; with the step's state all that is needed to go on as if nothing had happened. */
export interface Progress {
  /** Updates made so far. */
  step: number;
  /** Sums over the rows of the epoch under way; the seconds are those of its steps. */
  epoch: { rows: number; lossSum: number; correct: number; seconds: number };
  /** Epochs that are validated. */
  history: EpochRecord[];
  best: { epoch: number; value: number } | null;
  /** Seconds of training so far, over all sittings, with validating and writing checkpoints. */
  seconds: number;
  /** Training rows and the seconds of their steps alone. */
  trained: { rows: number; seconds: number };
}

export const freshProgress = (): Progress => ({
  step: 0,
  epoch: { rows: 0, lossSum: 0, correct: 0, seconds: 0 },
  history: [],
  best: null,
  seconds: 0,
  trained: { rows: 0, seconds: 0 },
});

/** Where a number that is not finite was found first. */
export interface NonFinite {
  /** `state`: in a weight or an optimiser's slot, after the step. */
  readonly foundIn: 'loss' | 'state' | 'validationLoss';
  /** From 1. */
  readonly epoch: number;
  /** The step that gave it, or the last one before it was found; from 1 within the epoch. */
  readonly step: number;
  /** Of that step's batch. */
  readonly imageIds: readonly string[];
  /** In force at that step. */
  readonly learningRate: number;
  /** NaN when a gradient was not a number; null when the loss itself was finite. */
  readonly maxGradient: number | null;
}

export interface LoopOutcome {
  readonly stoppedBecause: Exclude<StopReason, 'failed'>;
  readonly nonFinite: NonFinite | null;
}

/** Everything outside that the loop needs: it has neither clock nor files. */
export interface LoopSurroundings {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Lets messages through; called after every step. */
  breathe(): Promise<void>;
  stopRequested(): boolean;
  stepEnded(event: { epoch: number; step: number; steps: number; loss: number }): void;
  epochEnded(record: EpochRecord, isBest: boolean): Promise<void>;
  /** Logits of the validation rows at `samples` after an epoch that counts, row by row; computed anyway. */
  sampled?(epoch: number, logits: readonly Float32Array[]): void;
  /** Keeps the weights of the best epoch so far; called before the checkpoint that mentions it. */
  saveBest(epoch: number, weights: TrainingState): Promise<void>;
  /** Keeps state and progress, durably, before it resolves. */
  saveCheckpoint(state: TrainingState, progress: Progress): Promise<void>;
}

/**
 * Trains from where `progress` (which it advances) and the step's state stand, to the end of the recipe.
 *
 * A run that was interrupted at any step and resumed from its checkpoint computes what an unbroken run
 * computes, bit for bit: the order is a function of seed and epoch; augmentation, dropout, learning rate and
 * bias correction are functions of seed and step; and a checkpoint holds the sums of the epoch under way.
 */
export async function trainLoop(
  recipe: ResolvedRecipe,
  data: { readonly train: RowSource; readonly val: RowSource; readonly samples?: readonly number[] },
  step: TrainingStep,
  progress: Progress,
  around: LoopSurroundings,
): Promise<LoopOutcome> {
  const steps = stepsPerEpoch(data.train.count, recipe.batchSize);
  const totalSteps = steps * recipe.epochs;
  const rateOf = (at: number): number =>
    learningRateAt(recipe.schedule, recipe.optimizer.learningRate, at, {
      steps: totalSteps,
      stepsPerEpoch: steps,
    });
  let clock = around.now();
  let checkpointedAt = clock;

  const tick = (): number => {
    const seconds = (around.now() - clock) / 1000;
    clock = around.now();
    progress.seconds += seconds;
    return seconds;
  };
  /** The state, or null when a number in it is not finite: such a state is never kept. */
  const finiteState = async (): Promise<TrainingState | null> => {
    const state = await step.readState();
    return allFinite(state.values()) ? state : null;
  };
  const saved = (): void => {
    // Writing counts as time of the run, not of the steps after it.
    tick();
    checkpointedAt = clock;
  };
  const checkpoint = async (): Promise<boolean> => {
    const state = await finiteState();
    if (state === null) return false;
    tick();
    await around.saveCheckpoint(state, progress);
    saved();
    return true;
  };
  const outcome = (stoppedBecause: LoopOutcome['stoppedBecause']): LoopOutcome => ({
    stoppedBecause,
    nonFinite: null,
  });

  while (progress.history.length < recipe.epochs) {
    if (stopsEarly(recipe, progress)) return outcome('earlyStopping');
    const epoch = progress.history.length;
    const order = epochOrder(recipe.seed, epoch, data.train.count);
    const positionsOf = (index: number): number[] => batchPositions(order, recipe.batchSize, index);
    const notFinite = (
      index: number,
      foundIn: NonFinite['foundIn'],
      maxGradient: number | null = null,
    ): LoopOutcome => ({
      stoppedBecause: 'nonFiniteLoss',
      nonFinite: {
        foundIn,
        epoch: epoch + 1,
        step: index + 1,
        imageIds: positionsOf(index).map((position) => data.train.imageId(position)),
        learningRate: rateOf(epoch * steps + index),
        maxGradient,
      },
    });
    const first = progress.step - epoch * steps;
    // The next batch is read from disk while the device computes this one.
    let reading = readAhead(data.train, positionsOf(first));

    for (let index = first; index < steps; index++) {
      const batch = await reading;
      reading = readAhead(data.train, positionsOf(index + 1));
      const result = await step.run(batch, progress.step, rateOf(progress.step));
      if (!Number.isFinite(result.loss)) return notFinite(index, 'loss', result.maxGradient);
      const rows = batch.labels.length;
      const seconds = tick();
      progress.step++;
      progress.epoch.rows += rows;
      progress.epoch.lossSum += result.loss * rows;
      progress.epoch.correct += result.correct;
      progress.epoch.seconds += seconds;
      progress.trained.rows += rows;
      progress.trained.seconds += seconds;
      around.stepEnded({ epoch: epoch + 1, step: index + 1, steps, loss: result.loss });
      await around.breathe();
      const due = around.now() - checkpointedAt >= recipe.checkpoint.everySeconds * 1000;
      if (around.stopRequested() || (due && index + 1 < steps)) {
        if (!(await checkpoint())) return notFinite(index, 'state');
        if (around.stopRequested()) return outcome('cancelled');
      }
    }

    const validation = await evaluateRows(step, data, recipe.batchSize, around);
    if (validation === null)
      return (await checkpoint()) ? outcome('cancelled') : notFinite(steps - 1, 'state');
    if (!Number.isFinite(validation.loss)) return notFinite(steps - 1, 'validationLoss');
    const record: EpochRecord = {
      epoch: epoch + 1,
      loss: progress.epoch.lossSum / progress.epoch.rows,
      accuracy: progress.epoch.correct / progress.epoch.rows,
      valLoss: validation.loss,
      valAccuracy: validation.accuracy,
      valBalancedAccuracy: null,
      valF1: null,
      valAuc: null,
      learningRate: rateOf(progress.step - 1),
      seconds: progress.epoch.seconds + tick(),
      imagesPerSecond: progress.epoch.rows / Math.max(progress.epoch.seconds, 1e-9),
    };
    const state = await finiteState();
    if (state === null) return notFinite(steps - 1, 'state');
    const value = recipe.earlyStopping.monitor === 'valLoss' ? validation.loss : -validation.accuracy;
    const isBest = progress.best === null || value < progress.best.value;
    if (isBest) await around.saveBest(epoch + 1, weightsOfState(state));
    tick();
    const next: Progress = {
      ...progress,
      epoch: freshProgress().epoch,
      history: [...progress.history, record],
      best: isBest ? { epoch: epoch + 1, value } : progress.best,
    };
    // An epoch counts, and is told, once it is on disk: a failure here ends the run at the epoch before.
    await around.saveCheckpoint(state, next);
    Object.assign(progress, next);
    saved();
    await around.epochEnded(record, isBest);
    around.sampled?.(epoch + 1, validation.samples);
  }
  return outcome('completed');
}

/** Starts reading a batch; past the end of the epoch it is empty. A failure is thrown where it is awaited. */
function readAhead(source: RowSource, positions: readonly number[]): Promise<PixelBatch> {
  const reading = source.read(positions);
  reading.catch(() => undefined);
  return reading;
}

/** Whether `patience` epochs have passed since the best one. */
function stopsEarly(recipe: ResolvedRecipe, progress: Progress): boolean {
  const { patience } = recipe.earlyStopping;
  return patience > 0 && progress.best !== null && progress.history.length - progress.best.epoch >= patience;
}

/** Mean cross-entropy, without class weights, accuracy, and the samples' logits; null when a stop was requested meanwhile. */
async function evaluateRows(
  step: TrainingStep,
  { val: source, samples: positions = [] }: { val: RowSource; samples?: readonly number[] },
  batchSize: number,
  around: Pick<LoopSurroundings, 'breathe' | 'stopRequested'>,
): Promise<{ loss: number; accuracy: number; samples: Float32Array[] } | null> {
  let lossSum = 0;
  let correct = 0;
  const samples = new Map<number, Float32Array>();
  for (let start = 0; start < source.count; start += batchSize) {
    if (around.stopRequested()) return null;
    const length = Math.min(batchSize, source.count - start);
    const { pixels, labels } = await source.read(Array.from({ length }, (_, i) => start + i));
    const logits = await step.logits(pixels);
    const classes = logits.length / length;
    const sums = crossEntropyOnHost(logits, labels, classes);
    for (const position of positions) {
      const row = position - start;
      if (row >= 0 && row < length) samples.set(position, logits.slice(row * classes, (row + 1) * classes));
    }
    lossSum += sums.lossSum;
    correct += sums.correct;
    await around.breathe();
  }
  return {
    loss: lossSum / source.count,
    accuracy: correct / source.count,
    samples: positions.map((position) => samples.get(position)!),
  };
}
