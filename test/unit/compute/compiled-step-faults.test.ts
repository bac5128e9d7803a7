import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';

import { optimizerIds } from '../../../src/contract/recipe.ts';
import { createEagerStep } from '../../../src/nn/eager-step.ts';
import type { StepOptions, TrainingStep } from '../../../src/nn/step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { stillAugmentation } from '../../support/augmentations.ts';
import { bitsOf, train } from '../../support/compared-steps.ts';
import { loadNative } from '../../support/native-tensorflow.ts';
import { noisyBatch, smallestOf, smallNetwork, smallStep } from '../../support/small-step.ts';

const native = await loadNative();
beforeEach((context) => {
  if (native.missing !== null) context.skip(native.missing);
});
const createStep = (options: StepOptions): TrainingStep => native.backend!.createStep(options);

describe('a loss that is not finite', () => {
  /** Weights that give a loss without a value, and what becomes of the gradients. */
  const faults: Record<string, (state: Map<string, Float32Array>) => void> = {
    'a bias that is NaN': (state) => state.get('probabilities/bias')!.fill(NaN, 0, 1),
    'weights that overflow': (state) => state.get('fc6/kernel')!.fill(3e38),
    // Class weight 100 makes the loss of the second class infinite, and each gradient stays as it is.
    'an infinite loss of finite gradients': (state) => state.get('probabilities/bias')!.set([0, 0, 3e38]),
  };

  describe.each([null, 3])('in pieces of %s', (microBatchSize) => {
    it.each([
      ...optimizerIds.map((id) => [id, 'alexnet-small'] as const),
      ['adam', 'alexnet-batchnorm'] as const,
    ])('changes no bit of weights, slots and means: %s, %s', async (id, network) => {
      const options = smallStep(
        { weightAveraging: 0.9, microBatchSize, optimizer: { id, weightDecay: 0.1, clipNorm: 0.1 } },
        { network: smallestOf(network) },
      );
      const step = createStep(options);
      step.writeState(initialWeights(options.network, 1));
      await train(step, options, 0, 2);
      const good = await step.readState();
      await train(step, options, 2, 2);
      const expected = bitsOf(await step.readState());
      const spoilt = new Map([...good].map(([key, values]) => [key, values.slice()]));
      faults['a bias that is NaN']!(spoilt);
      step.writeState(spoilt);
      const { loss } = await step.run(noisyBatch(options, 8), 2, 0.01);
      expect(loss).toBeNaN();
      expect(bitsOf(await step.readState())).toEqual(bitsOf(spoilt));
      // Nor does it leave anything behind that the next step would meet.
      step.writeState(good);
      await train(step, options, 2, 2);
      expect(bitsOf(await step.readState())).toEqual(expected);
      step.dispose();
    });

    it.each(Object.keys(faults))('is reported as the eager step does: %s', async (fault) => {
      const options = smallStep(
        { augmentation: stillAugmentation, microBatchSize },
        {
          classWeights: [1, 100, 1],
          network: smallNetwork(0),
        },
      );
      const state = initialWeights(options.network, 1);
      faults[fault]!(state);
      const batch = { ...noisyBatch(options, 8), truths: Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1) };
      const [found, expected] = await Promise.all(
        [createStep, createEagerStep].map(async (create) => {
          const step = create(options);
          step.writeState(state);
          const result = await step.run(batch, 0, 0.01, true);
          step.dispose();
          return result;
        }),
      );
      expect(Number.isFinite(expected!.loss)).toBe(false);
      expect(found!.loss).toBe(expected!.loss);
      const { maxGradient, gradientNorm } = expected!;
      if (fault.includes('NaN')) expect(maxGradient).toBeNaN();
      if (fault.includes('finite gradients')) expect(maxGradient).toBeCloseTo(5 * 12.5 + 3 / 8, 4);
      if (!Number.isFinite(maxGradient!)) expect(found!.maxGradient).toBe(maxGradient);
      else expect(found!.maxGradient).toBeCloseTo(maxGradient!, 4);
      if (!Number.isFinite(gradientNorm!)) expect(found!.gradientNorm).toBe(gradientNorm);
      else expect(found!.gradientNorm).toBeCloseTo(gradientNorm!, 4);
    });
  });
});

describe('isFinite', () => {
  it.each([
    ['compiled', createStep],
    ['eager', createEagerStep],
  ] as const)(
    'of the %s step finds one bad number in a weight, a slot or a mean, and no fault in large ones',
    async (_, create) => {
      const step = create(smallStep({ weightAveraging: 0.9 }));
      step.writeState(initialWeights(smallNetwork(), 1));
      const state = await step.readState();
      expect(await step.isFinite()).toBe(true);
      state.get('fc6/kernel')!.fill(3e38);
      step.writeState(state);
      expect(await step.isFinite()).toBe(true);
      for (const key of ['conv1/kernel', 'probabilities/bias', 'fc7/kernel#v', 'conv2/bias#average']) {
        for (const bad of [NaN, Infinity, -Infinity]) {
          const values = state.get(key)!.slice().fill(bad, -1);
          step.writeState(new Map([...state, [key, values]]));
          expect(await step.isFinite(), `${bad} in ${key}`).toBe(false);
        }
      }
      step.dispose();
    },
  );
});

describe('the diagnosis', () => {
  it('rests on TensorFlow keeping NaN in maxima: dropped, a gradient without a value would look like a small one', () => {
    for (const values of [
      [NaN, 1],
      [1, NaN],
    ]) {
      const [all, one] = tf.tidy(() => [
        tf.max(values).dataSync(),
        tf.maximum(values[0]!, values[1]!).dataSync(),
      ]);
      expect([...all, ...one]).toEqual([NaN, NaN]);
    }
  });
});

describe('a weight that is not finite', () => {
  it.each([null, 3])(
    'is told at its step although the fused ReLU hides it from the loss, in pieces of %s',
    async (microBatchSize) => {
      const options = smallStep({ augmentation: stillAugmentation, microBatchSize });
      const step = createStep(options);
      step.writeState(initialWeights(options.network, 1));
      expect((await step.run(noisyBatch(options, 8), 0, 0.01)).weightsFinite).toBe(true);
      for (const key of ['conv1/kernel', 'conv3/kernel', 'fc6/bias']) {
        const state = initialWeights(options.network, 1);
        state.get(key)![0] = NaN;
        step.writeState(state);
        const { loss, weightsFinite } = await step.run(noisyBatch(options, 8), 0, 0.01);
        expect(Number.isFinite(loss) && weightsFinite, key).toBe(false);
      }
      step.dispose();
    },
  );

  it('makes no update with clipping when the gradient overflows though the loss does not', async () => {
    const options = smallStep(
      { augmentation: stillAugmentation, optimizer: { clipNorm: 1 } },
      { classWeights: [3e38, 1, 1], network: smallNetwork(0) },
    );
    const [step, eager] = [createStep(options), createEagerStep(options)];
    const state = initialWeights(options.network, 1);
    const batch = { ...noisyBatch(options, 8), truths: new Int32Array(8) };
    for (const one of [step, eager]) {
      one.writeState(state);
      const { loss, gradientNorm, maxGradient } = await one.run(batch, 0, 0.01);
      expect(Number.isFinite(loss) && Number.isFinite(gradientNorm)).toBe(false);
      expect(maxGradient).not.toBeNull();
      expect((await one.readState()).get('conv1/kernel')).toEqual(state.get('conv1/kernel'));
      one.dispose();
    }
  });
});
