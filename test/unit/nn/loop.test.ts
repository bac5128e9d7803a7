import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import type { EpochRecord } from '../../../src/contract/events.ts';
import type { RecipeInput } from '../../../src/contract/recipe.ts';
import type { RowSource } from '../../../src/nn/batches.ts';
import { freshProgress, type LoopOutcome, type Progress, trainLoop } from '../../../src/nn/loop.ts';
import { alexnetSmall } from '../../../src/nn/models/alexnet-small.ts';
import { createEagerStep, type TrainingState, type TrainingStep } from '../../../src/nn/step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { tinyRecipe, tinySources } from '../../support/tiny-run.ts';

beforeAll(async () => {
  await chooseBackend('auto', { threads: 1 });
});

interface Sitting {
  outcome: LoopOutcome;
  progress: Progress;
  weights: Map<string, Float32Array>;
  /** Of every checkpoint, as a reader of its file would see it. */
  checkpoints: { state: TrainingState; progress: Progress }[];
  bestEpochs: number[];
  tensorsAtEpochEnds: number[];
}

interface SittingOptions {
  settings?: RecipeInput;
  from?: { state: TrainingState; progress: Progress };
  stopAfterSteps?: number;
  /** Asks for a stop as soon as a picture of the validation rows is read. */
  stopInValidation?: boolean;
  data?: { train: RowSource; val: RowSource };
  /** Advanced in place; else a copy of `from`'s, or a fresh one. */
  progress?: Progress;
  /** Called when a checkpoint is to be written. */
  onSave?: (clock: { ms: number }) => void;
  /** Replaces parts of the step. */
  spoil?: (step: TrainingStep) => Partial<TrainingStep>;
}

const network = alexnetSmall.build({ size: 28, channels: 1, classes: 2, scale: 0.05, dropout: 0.2 });

/** Trains without files, with a clock that moves 10 ms a look. */
async function sit(options: SittingOptions = {}): Promise<Sitting> {
  const recipe = tinyRecipe({ epochs: 2, ...options.settings });
  const eager: TrainingStep = createEagerStep({
    network,
    seed: recipe.seed,
    optimizer: recipe.optimizer,
    augmentation: recipe.augmentation,
    normalization: { mean: [0.2], deviation: [0.2] },
    classWeights: null,
    fusedAdam: null,
  });
  const step: TrainingStep = { ...eager, ...options.spoil?.(eager) };
  const progress = options.progress ?? structuredClone(options.from?.progress ?? freshProgress());
  step.writeState(options.from?.state ?? initialWeights(network, recipe.seed));
  const clock = { ms: 0 };
  let steps = 0;
  let validating = false;
  const { train, val } = options.data ?? tinySources();
  const watched: RowSource = {
    ...val,
    read: (positions) => {
      validating = true;
      return val.read(positions);
    },
  };
  const result: Omit<Sitting, 'outcome' | 'weights' | 'progress'> = {
    checkpoints: [],
    bestEpochs: [],
    tensorsAtEpochEnds: [],
  };
  const outcome = await trainLoop(recipe, { train, val: watched }, step, progress, {
    now: () => (clock.ms += 10),
    breathe: () => Promise.resolve(),
    stopRequested: () =>
      steps >= (options.stopAfterSteps ?? Infinity) || (validating && options.stopInValidation === true),
    stepEnded: () => {
      steps++;
    },
    epochEnded: async () => {
      result.tensorsAtEpochEnds.push(tf.memory().numTensors);
    },
    saveBest: async (epoch) => {
      result.bestEpochs.push(epoch);
    },
    saveCheckpoint: async (state, at) => {
      options.onSave?.(clock);
      result.checkpoints.push({ state, progress: JSON.parse(JSON.stringify(at)) as Progress });
    },
  });
  const weights = await step.readWeights();
  step.dispose();
  return { outcome, progress, weights, ...result };
}

const losses = (records: readonly EpochRecord[]): number[][] =>
  records.map(({ loss, accuracy, valLoss, valAccuracy }) => [loss, accuracy, valLoss, valAccuracy]);

describe('trainLoop', () => {
  it('resumed after any step ends with the weights and the curve of an unbroken run, bit for bit', async () => {
    const unbroken = await sit();
    for (const stopAfterSteps of [1, 5, 6, 7, 11]) {
      const first = await sit({ stopAfterSteps });
      expect(first.outcome.stoppedBecause).toBe('cancelled');
      expect(first.progress.step).toBe(stopAfterSteps);
      const second = await sit({ from: first.checkpoints.at(-1)! });
      expect(second.weights, `after step ${stopAfterSteps}`).toEqual(unbroken.weights);
      expect(losses(second.progress.history)).toEqual(losses(unbroken.progress.history));
    }
    expect(losses(unbroken.progress.history)[1]![0]).toBeLessThan(losses(unbroken.progress.history)[0]![0]!);
  });

  it('stopped during validation, validates again when resumed and loses no step', async () => {
    const unbroken = await sit();
    const first = await sit({ stopInValidation: true });
    expect(first.outcome.stoppedBecause).toBe('cancelled');
    expect(first.progress).toMatchObject({ step: 6, history: [], best: null });
    const second = await sit({ from: first.checkpoints.at(-1)! });
    expect(second.weights).toEqual(unbroken.weights);
    expect(losses(second.progress.history)).toEqual(losses(unbroken.progress.history));
  });

  it('counts the writing of checkpoints in the seconds of the run only, not in those of epochs or images', async () => {
    const settings: RecipeInput = { checkpoint: { everySeconds: 0 } };
    const [quick, slow] = [
      await sit({ settings }),
      await sit({ settings, onSave: (clock) => (clock.ms += 60_000) }),
    ];
    const speeds = ({ progress }: Sitting): number[][] =>
      progress.history.map(({ seconds, imagesPerSecond }) => [seconds, imagesPerSecond]);
    expect(
      speeds(slow)
        .flat()
        .map((x) => x.toFixed(3)),
    ).toEqual(
      speeds(quick)
        .flat()
        .map((x) => x.toFixed(3)),
    );
    expect(slow.progress.trained.seconds).toBeCloseTo(quick.progress.trained.seconds, 6);
    expect(slow.progress.seconds - quick.progress.seconds).toBeCloseTo(12 * 60, 6);
  });

  it('counts an epoch only once it is kept: a failing write leaves no best epoch without its row', async () => {
    const progress = freshProgress();
    let saves = 0;
    const onSave = (): void => {
      if (++saves === 2) throw new Error('the disk is full');
    };
    await expect(sit({ onSave, progress })).rejects.toThrow('the disk is full');
    expect(progress.history).toHaveLength(1);
    expect(progress.best?.epoch).toBe(1);
    expect(progress.step).toBe(12);
  });

  it('names step, epoch and rate of the batch at fault, and keeps no epoch whose optimiser is spoilt', async () => {
    const settings: RecipeInput = { epochs: 3, schedule: { id: 'cosine', warmupEpochs: 0 } };
    const loss = await sit({
      settings,
      spoil: (eager) => ({
        run: async (batch, step, rate) =>
          step === 8 ? { loss: NaN, correct: 0, maxGradient: 7 } : eager.run(batch, step, rate),
      }),
    });
    const rate = (at: number): number => (3e-3 * (1 + Math.cos((Math.PI * at) / 18))) / 2;
    expect(loss.outcome.nonFinite).toMatchObject({ foundIn: 'loss', epoch: 2, step: 3, maxGradient: 7 });
    expect(loss.outcome.nonFinite!.learningRate).toBeCloseTo(rate(8), 9);
    let saved = 0;
    const state = await sit({
      settings,
      spoil: (eager) => ({
        readState: async () => {
          const state = await eager.readState();
          if (saved > 0) state.get('fc6/bias#v')![0] = Infinity;
          return state;
        },
      }),
      onSave: () => saved++,
    });
    expect(state.outcome.nonFinite).toMatchObject({ foundIn: 'state', epoch: 2, step: 6, maxGradient: null });
    expect(state.outcome.nonFinite!.learningRate).toBeCloseTo(rate(11), 9);
    expect(state.progress.history).toHaveLength(1);
    expect(state.progress.best?.epoch).toBe(1);
    expect(state.bestEpochs).toEqual([1]);
  });

  it('gives the same weights for the same seed and others for another', async () => {
    const [one, again, other] = [await sit(), await sit(), await sit({ settings: { seed: 2 } })];
    expect(again.weights).toEqual(one.weights);
    expect(other.weights).not.toEqual(one.weights);
  });

  it('leaks no tensor: as many after the last epoch as after the first, none once it is over', async () => {
    const before = tf.memory().numTensors;
    const { tensorsAtEpochEnds } = await sit({ settings: { epochs: 3 } });
    expect(new Set(tensorsAtEpochEnds).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('writes checkpoints when they are due and at the end of each epoch', async () => {
    const everyStep = await sit({ settings: { checkpoint: { everySeconds: 0 } } });
    expect(everyStep.checkpoints.map(({ progress }) => progress.step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    const rarely = await sit({ settings: { checkpoint: { everySeconds: 1000 } } });
    expect(rarely.checkpoints.map(({ progress }) => progress.step)).toEqual([6, 12]);
    expect(everyStep.weights).toEqual(rarely.weights);
  });

  it('stops early once patience is used up, and a resumed run stops at the same place', async () => {
    const settings: RecipeInput = {
      epochs: 9,
      optimizer: { learningRate: 1e-9 },
      earlyStopping: { patience: 2, monitor: 'valAccuracy' },
    };
    const { outcome, progress, bestEpochs, checkpoints } = await sit({ settings });
    expect(outcome.stoppedBecause).toBe('earlyStopping');
    expect(progress.history).toHaveLength(3);
    expect(bestEpochs).toEqual([1]);
    const resumed = await sit({ settings, from: checkpoints.at(-1)! });
    expect(resumed.outcome.stoppedBecause).toBe('earlyStopping');
    expect(resumed.progress.history).toHaveLength(3);
  });

  it('stops at the batch whose loss is not a number, names it, and keeps no such state', async () => {
    const { outcome, progress, checkpoints } = await sit({
      settings: {
        // Each step multiplies every kernel by -9 until it is infinite.
        optimizer: { id: 'sgd', learningRate: 10, momentum: 0, weightDecay: 1 },
        schedule: { id: 'constant', warmupEpochs: 0 },
        epochs: 9,
        checkpoint: { everySeconds: 0 },
      },
    });
    expect(outcome.stoppedBecause).toBe('nonFiniteLoss');
    expect(outcome.nonFinite!.imageIds).toHaveLength(8);
    expect(outcome.nonFinite!.imageIds[0]).toMatch(/^image-\d+$/);
    expect(outcome.nonFinite!.learningRate).toBe(10);
    for (const { state } of checkpoints) {
      for (const values of state.values()) expect(values.every(Number.isFinite)).toBe(true);
    }
    expect(
      progress.history.every(({ loss, valLoss }) => Number.isFinite(loss) && Number.isFinite(valLoss)),
    ).toBe(true);
  });

  it('reports a failing read as it is, not as an unhandled rejection of the batch read ahead', async () => {
    const { train, val } = tinySources();
    let reads = 0;
    const failing: RowSource = {
      ...train,
      read: (positions) =>
        ++reads > 2 ? Promise.reject(new Error('the disk is gone')) : train.read(positions),
    };
    await expect(sit({ data: { train: failing, val } })).rejects.toThrow('the disk is gone');
  });
});
