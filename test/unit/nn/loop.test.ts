import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import type { EpochRecord } from '../../../src/contract/events.ts';
import type { RecipeInput } from '../../../src/contract/recipe.ts';
import type { RowSource } from '../../../src/nn/batches.ts';
import { freshProgress, type LoopOutcome, type Progress, trainLoop } from '../../../src/nn/loop.ts';
import { alexnetSmall } from '../../../src/nn/models/alexnet-small.ts';
import { createEagerStep, type TrainingStep } from '../../../src/nn/step.ts';
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
  checkpoints: { state: Map<string, Float32Array>; progress: Progress }[];
  bestEpochs: number[];
  tensorsAtEpochEnds: number[];
}

interface SittingOptions {
  settings?: RecipeInput;
  from?: { state: Map<string, Float32Array>; progress: Progress };
  stopAfterSteps?: number;
  data?: { train: RowSource; val: RowSource };
}

const network = alexnetSmall.build({ size: 28, channels: 1, classes: 2, scale: 0.05, dropout: 0.2 });

/** Trains without files, with a clock that moves 10 ms a look. */
async function sit(options: SittingOptions = {}): Promise<Sitting> {
  const recipe = tinyRecipe({ epochs: 2, ...options.settings });
  const step: TrainingStep = createEagerStep({
    network,
    seed: recipe.seed,
    optimizer: recipe.optimizer,
    augmentation: recipe.augmentation,
    normalization: { mean: [0.2], deviation: [0.2] },
    classWeights: null,
    fusedAdam: null,
  });
  const progress = structuredClone(options.from?.progress ?? freshProgress());
  step.writeState(options.from?.state ?? initialWeights(network, recipe.seed));
  let clock = 0;
  let steps = 0;
  const result: Omit<Sitting, 'outcome' | 'weights' | 'progress'> = {
    checkpoints: [],
    bestEpochs: [],
    tensorsAtEpochEnds: [],
  };
  const outcome = await trainLoop(recipe, options.data ?? tinySources(), step, progress, {
    now: () => (clock += 10),
    breathe: () => Promise.resolve(),
    stopRequested: () => steps >= (options.stopAfterSteps ?? Infinity),
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
        schedule: { id: 'constant' },
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
