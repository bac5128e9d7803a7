import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import { optimizerIds, type RecipeInput } from '../../../src/contract/recipe.ts';
import { createEagerPredictor, createEagerStep } from '../../../src/nn/eager-step.ts';
import {
  averageOf,
  averagingDecay,
  collected,
  piecesOf,
  stepFeeds,
  type StepOptions,
  type TrainingState,
  streamWeights,
} from '../../../src/nn/step.ts';
import { weightSpecs } from '../../../src/nn/network.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { stillAugmentation } from '../../support/augmentations.ts';
import { noisyBatch, smallestOf, smallNetwork, smallStep } from '../../support/small-step.ts';

beforeAll(async () => {
  await chooseBackend('auto', { threads: 1 });
});

/** Loss and state after some steps on batches of 8. */
async function trained(
  options: StepOptions,
  steps = 2,
): Promise<{ loss: number; correct: number; gradientNorm: number | null; state: TrainingState }> {
  const step = createEagerStep(options);
  step.writeState(initialWeights(options.network, 1));
  let result = await step.run(noisyBatch(options, 8), 0, 0.01, true);
  for (let at = 1; at < steps; at++) result = await step.run(noisyBatch(options, 8), at, 0.01, true);
  const state = await step.readState();
  step.dispose();
  return { ...result, state };
}

/** Largest difference, as a share of the largest value. */
function difference(a: Float32Array, b: Float32Array): number {
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / largest;
}

describe('averagingDecay', () => {
  it('follows the weights closely at first, for the mean starts at their random beginning', () => {
    // TensorFlow's ExponentialMovingAverage: min(decay, (1 + n) / (10 + n)) with n updates made, this one too.
    expect([0, 1, 9, 89].map((step) => averagingDecay(0.999, step))).toEqual([
      2 / 11,
      3 / 12,
      11 / 20,
      91 / 100,
    ]);
    expect(averagingDecay(0.999, 100_000)).toBe(0.999);
    expect(averagingDecay(0.1, 0)).toBe(0.1);
    expect(averagingDecay(0, 5)).toBe(0);
  });
});

describe('streamWeights', () => {
  it('gives a model the means where there are any, and never a slot', async () => {
    const [w, v, mean, b] = [1, 2, 3, 4].map((value) => Float32Array.of(value));
    const state = new Map([
      ['fc/kernel', w!],
      ['fc/kernel#v', v!],
      [averageOf('fc/kernel'), mean!],
      ['fc/bias', b!],
    ]);
    const step = {
      stateTensors: [...state].map(([key, { length }]) => ({ key, length })),
      readState: async (keys: readonly string[] = []) => new Map(keys.map((key) => [key, state.get(key)!])),
    };
    expect([...(await collected(streamWeights(step)))]).toEqual([
      ['fc/kernel', mean],
      ['fc/bias', b],
    ]);
  });
});

describe('stepFeeds', () => {
  const batch = { ...noisyBatch(smallStep(), 5), truths: Int32Array.of(0, 1, 2, 2, 0) };
  const rowWeights = (classWeights: number[] | null, firstRow: number, rows: number): number[] => {
    const options = smallStep({}, { classWeights });
    return [...stepFeeds(options, batch, { firstRow, rows }, 0).get('rowWeights')!.values];
  };
  const rounded = (values: number[]): number[] => values.map(Math.fround);

  it('weighs rows by their class over the rows of the whole batch, also in a piece of it', () => {
    expect(rowWeights(null, 0, 5)).toEqual(rounded([0.2, 0.2, 0.2, 0.2, 0.2]));
    expect(rowWeights([1, 2, 3], 0, 5)).toEqual(rounded([0.2, 0.4, 0.6, 0.6, 0.2]));
    expect(rowWeights([1, 2, 3], 3, 2)).toEqual(rounded([0.6, 0.2]));
  });

  it('gives the targets of the rows of the piece', () => {
    const { values, shape } = stepFeeds(smallStep(), batch, { firstRow: 1, rows: 2 }, 0).get('targets')!;
    expect(shape).toEqual([2, 3]);
    expect([...values]).toEqual([0, 1, 0, 0, 0, 1]);
  });
});

describe('the eager step', () => {
  it.each([3, 1, 8, 11])(
    'computes a batch in pieces of %i as it does whole: augmentation, dropout and weights go by the place in the batch',
    async (microBatchSize) => {
      const settings: RecipeInput = {
        optimizer: { id: 'sgd', clipNorm: 0.05 },
        augmentation: { noise: 0.1, cutOut: 0.4, contrast: 0.2, brightness: 0.1, rotationDegrees: 20 },
        loss: { id: 'focal', labelSmoothing: 0.1 },
        weightAveraging: 0.9,
      };
      const of = { classWeights: [0.5, 1, 2] };
      const [whole, pieces] = [
        await trained(smallStep(settings, of)),
        await trained(smallStep({ ...settings, microBatchSize }, of)),
      ];
      // Float32 rounds sums of other order by some 1e-7 of their largest part.
      expect(pieces.loss).toBeCloseTo(whole.loss, 5);
      expect(pieces.correct).toBe(whole.correct);
      expect(pieces.gradientNorm).toBeCloseTo(whole.gradientNorm!, 5);
      expect([...pieces.state.keys()]).toEqual([...whole.state.keys()]);
      for (const [key, values] of pieces.state)
        expect(difference(values, whole.state.get(key)!), key).toBeLessThan(1e-4);
    },
  );

  it('shortens a gradient that is too long, and leaves a shorter one alone', async () => {
    const step = async (clipNorm: number | null): ReturnType<typeof trained> =>
      trained(smallStep({ optimizer: { id: 'sgd', momentum: 0, clipNorm } }), 1);
    const [free, loose, tight] = [await step(null), await step(1e3), await step(1e-3)];
    expect(loose.state).toEqual(free.state);
    expect(tight.gradientNorm).toBe(free.gradientNorm);
    const start = initialWeights(smallNetwork(), 1);
    let squares = 0;
    for (const [name, values] of start)
      values.forEach((value, i) => (squares += ((value - tight.state.get(name)![i]!) / 0.01) ** 2));
    // A change of 1e-5 in all is spread over weights that float32 keeps to 1e-8 or so.
    expect(Math.sqrt(squares)).toBeGreaterThan(0.97e-3);
    expect(Math.sqrt(squares)).toBeLessThan(1.03e-3);
  });

  it('keeps a running mean of the weights, which predictions are made with', async () => {
    const options = smallStep({ weightAveraging: 0.4 });
    const step = createEagerStep(options);
    const start = initialWeights(options.network, 1);
    step.writeState(start);
    const expected = new Map([...start].map(([name, values]) => [name, Float64Array.from(values)]));
    for (let at = 0; at < 5; at++) {
      await step.run(noisyBatch(options, 8), at, 0.01);
      const state = await step.readState();
      const kept = averagingDecay(0.4, at);
      for (const [name, mean] of expected)
        mean.forEach((value, i) => (mean[i] = kept * value + (1 - kept) * state.get(name)![i]!));
    }
    const state = await step.readState();
    for (const [name, mean] of expected)
      state.get(averageOf(name))!.forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, 5));
    const batch = noisyBatch(options, 3, 2);
    const predictor = createEagerPredictor({
      ...options,
      weights: await collected(streamWeights(step)),
      batchSize: 3,
    });
    expect(await step.logits(batch)).toEqual(await predictor.logits(batch));
    predictor.dispose();
    step.dispose();
  });

  it('has running means of batch normalisation follow the batch by its momentum, pieces by their share of it', async () => {
    const options = (microBatchSize: number | null): StepOptions =>
      smallStep({ microBatchSize }, { network: smallestOf('alexnet-batchnorm') });
    const moved = async (of: StepOptions, from: number): Promise<Float32Array> => {
      const step = createEagerStep(of);
      const state = initialWeights(of.network, 1);
      state.get('conv1_bn/moving_mean')!.fill(from);
      step.writeState(state);
      await step.run(noisyBatch(of, 8), 0, 0.01);
      const mean = (await step.readState(['conv1_bn/moving_mean'])).get('conv1_bn/moving_mean')!;
      step.dispose();
      return mean;
    };
    const [zero, one] = [await moved(options(null), 0), await moved(options(null), 1)];
    // Nothing before the first convolution is drawn by the piece, so that its mean is the pieces' by their rows.
    const pieces = await moved(options(3), 1);
    expect(zero.some((value) => Math.abs(value) > 1e-3)).toBe(true);
    zero.forEach((value, i) => {
      expect(one[i]! - value).toBeCloseTo(0.9, 6);
      expect(pieces[i]).toBeCloseTo(one[i]!, 6);
    });
  });

  it('keeps no mean and no slot of a running mean, and gives it to a model as it is', async () => {
    const options = smallStep({ weightAveraging: 0.4 }, { network: smallestOf('alexnet-batchnorm') });
    const step = createEagerStep(options);
    step.writeState(initialWeights(options.network, 1));
    for (let at = 0; at < 2; at++) await step.run(noisyBatch(options, 8), at, 0.01);
    const keys = step.stateTensors.map(({ key }) => key);
    expect(keys.filter((key) => key.startsWith('conv1_bn/'))).toEqual([
      ...['gamma', 'beta'].flatMap((part) =>
        ['', '#m', '#v', '#average'].map((slot) => `conv1_bn/${part}${slot}`),
      ),
      'conv1_bn/moving_mean',
      'conv1_bn/moving_variance',
    ]);
    const weights = await collected(streamWeights(step));
    expect([...weights.keys()]).toEqual(weightSpecs(options.network).map(({ name }) => name));
    const predictor = createEagerPredictor({ ...options, weights, batchSize: 3 });
    const batch = noisyBatch(options, 3, 2);
    expect(await predictor.logits(batch)).toEqual(await step.logits(batch));
    predictor.dispose();
    step.dispose();
  });

  it('makes no update from a loss that is not finite, and says how large the gradient was', async () => {
    const options = smallStep({ weightAveraging: 0.9, augmentation: stillAugmentation });
    const step = createEagerStep(options);
    step.writeState(
      new Map([...initialWeights(options.network, 1), ['probabilities/bias', Float32Array.of(NaN, 0, 0)]]),
    );
    const before = await step.readState();
    const { loss, maxGradient } = await step.run(noisyBatch(options, 8), 0, 0.01);
    expect([loss, maxGradient]).toEqual([NaN, NaN]);
    expect(await step.readState()).toEqual(before);
    step.dispose();
  });

  it.each(optimizerIds)(
    'with %s holds as many tensors after each step, and none once it is disposed',
    async (id) => {
      const before = tf.memory().numTensors;
      const options = smallStep({
        optimizer: { id, weightDecay: 0.01, clipNorm: 0.01 },
        weightAveraging: 0.9,
        microBatchSize: 3,
      });
      const step = createEagerStep(options);
      step.writeState(initialWeights(options.network, 1));
      const counts = new Set<number>();
      for (let at = 0; at < 4; at++) {
        await step.run(noisyBatch(options, 8), at, at === 3 ? NaN : 0.01);
        counts.add(tf.memory().numTensors);
      }
      // Weights are no numbers by now.
      expect((await step.run(noisyBatch(options, 8), 4, 0.01)).loss).toBeNaN();
      step.writeState(initialWeights(options.network, 2));
      counts.add(tf.memory().numTensors);
      expect(counts.size).toBe(1);
      step.dispose();
      step.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('refuses a state without one of its weights', () => {
    const options = smallStep();
    const state = initialWeights(options.network, 1);
    state.delete('fc6/kernel');
    expect(() => createEagerStep(options).writeState(state)).toThrow('Weight fc6/kernel is missing');
  });
});

describe('piecesOf', () => {
  it('cuts a batch so that every row is in one piece', () => {
    expect(piecesOf(8, null)).toEqual([{ firstRow: 0, rows: 8 }]);
    expect(piecesOf(8, 3)).toEqual([
      { firstRow: 0, rows: 3 },
      { firstRow: 3, rows: 3 },
      { firstRow: 6, rows: 2 },
    ]);
    expect(piecesOf(2, 3)).toEqual([{ firstRow: 0, rows: 2 }]);
  });
});

describe('the eager predictor', () => {
  it('gives each picture the same logits whatever the batch, and nothing for none', async () => {
    const options = smallStep();
    const weights = initialWeights(options.network, 1);
    const batch = noisyBatch(options, 7);
    const before = tf.memory().numTensors;
    const found: Float32Array[] = [];
    for (const batchSize of [7, 3, 20]) {
      const predictor = createEagerPredictor({ ...options, weights, batchSize });
      found.push(await predictor.logits(batch));
      expect(await predictor.logits({ pixels: new Uint8Array(), table: null })).toEqual(new Float32Array());
      predictor.dispose();
    }
    expect(found[0]).toHaveLength(21);
    for (const logits of found) expect(difference(logits, found[0]!)).toBeLessThan(1e-6);
    expect(tf.memory().numTensors).toBe(before);
  });
});
