import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';

import { classLossIds, optimizerIds, type RecipeInput } from '../../../src/contract/recipe.ts';
import { createEagerStep } from '../../../src/nn/eager-step.ts';
import { networks } from '../../../src/nn/models/index.ts';
import { classHead, type NetworkDefinition } from '../../../src/nn/network.ts';
import type { StepOptions, TrainingState, TrainingStep } from '../../../src/nn/step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { everyAugmentation } from '../../support/augmentations.ts';
import {
  bitsOf,
  classWeights,
  everything,
  expectAlike,
  expectSameSteps,
  plain,
  train,
  trained,
  type Trained,
} from '../../support/compared-steps.ts';
import { loadNative } from '../../support/native-tensorflow.ts';
import { noisyBatch, smallestOf, smallest, smallStep } from '../../support/small-step.ts';

const native = await loadNative();
beforeEach((context) => {
  if (native.missing !== null) context.skip(native.missing);
});
const createStep = (options: StepOptions): TrainingStep => native.backend!.createStep(options);

const findNetwork = (id: string): NetworkDefinition => networks.find((definition) => definition.id === id)!;

// Two networks with every loss and optimiser. Each of these also meets all four of: in pieces or whole, with the
// default augmentation or with all that a recipe can ask.
const cases = ['alexnet', 'alexnet-small'].map(findNetwork).flatMap((definition, n) =>
  classLossIds.flatMap((loss, l) =>
    optimizerIds.map((optimizer, o) => {
      const microBatchSize = (n + l + o) % 2 === 0 ? null : 3;
      const asked = (l + Math.floor(o / 2)) % 2 === 0 ? plain : everything;
      const settings: RecipeInput = {
        ...asked,
        optimizer: { ...asked.optimizer, id: optimizer },
        loss: { ...asked.loss, id: loss },
        microBatchSize,
      };
      const what = asked === plain ? 'the default augmentation' : 'everything on';
      return { network: definition.id, definition, loss, optimizer, microBatchSize, what, settings };
    }),
  ),
);

// What other networks have beyond these is in their layers: a case or two each, which together meet the same.
const otherCases = (
  [
    ['alexnet-2012', 0, 'crossEntropy', 'sgd', null, everything],
    ['alexnet-2012', 0, 'focal', 'adam', 3, plain],
    ['alexnet-torchvision', 0, 'crossEntropy', 'rmsprop', 3, everything],
    ['alexnet-torchvision', 0, 'focal', 'adamw', null, plain],
    // At 99 pixels, for of a single place before the dense layer there is no offset that the next normalisation leaves.
    ['alexnet-batchnorm', 99, 'crossEntropy', 'adam', null, everything],
    ['alexnet-batchnorm', 99, 'focal', 'sgd', 8, plain],
    ['resnet18', 32, 'crossEntropy', 'rmsprop', 8, plain],
    ['resnet18', 33, 'focal', 'adamw', null, everything],
    ['resnet34', 32, 'focal', 'adam', null, plain],
    ['resnet50', 32, 'crossEntropy', 'sgd', null, plain],
    ['densenet121', 32, 'focal', 'adam', null, everything],
  ] as const
).map(([network, size, loss, optimizer, microBatchSize, asked]) => {
  const settings: RecipeInput = {
    ...asked,
    optimizer: { ...asked.optimizer, id: optimizer },
    loss: { ...asked.loss, id: loss },
    microBatchSize,
  };
  const what = asked === plain ? 'the default augmentation' : 'everything on';
  return { network, size, loss, optimizer, microBatchSize, what, settings };
});

describe('the compiled step computes what the eager step computes', () => {
  it.each(cases)(
    '$network, $loss, $optimizer, in pieces of $microBatchSize, $what',
    async ({ definition, settings }) => {
      const options = smallStep(settings, { network: smallest(definition), classWeights });
      expectAlike(await trained(createStep, options), await trained(createEagerStep, options), options);
    },
  );

  it('for every network that says something of the whole picture', () => {
    const met = new Set([...cases, ...otherCases].map(({ network }) => network));
    expect([...met].sort()).toEqual(
      networks.flatMap(({ id, says }) => (says === 'image' ? [id] : [])).sort(),
    );
  });

  it.each(otherCases)(
    '$network, $loss, $optimizer, in pieces of $microBatchSize, $what',
    async ({ network: id, size, settings }) => {
      const definition = findNetwork(id);
      if (size === 0) {
        const options = smallStep(settings, { network: smallest(definition), classWeights });
        expectAlike(await trained(createStep, options), await trained(createEagerStep, options), options);
        return;
      }
      const network = definition.build({ size, channels: 3, head: classHead(3), scale: 0.05, dropout: 0.2 });
      // In pieces of 8, for of two or three rows normalisation leaves little but rounding to the gradient.
      const options = smallStep(settings, {
        network,
        classWeights,
        batchSizes: settings.microBatchSize ? [16, 8] : [8],
      });
      await expectSameSteps([createStep(options), createEagerStep(options)], options);
    },
  );

  it('also after a restored checkpoint, whichever of the two wrote it, bit for bit what was written', async () => {
    const options = smallStep(everything);
    const { state } = await trained(createEagerStep, options, 2);
    const resumed = await Promise.all(
      [createStep, createEagerStep].map(async (create) => {
        const step = create(options);
        step.writeState(state);
        expect(bitsOf(await step.readState())).toEqual(bitsOf(state));
        const results = await train(step, options, 2, 2);
        const after = await step.readState();
        step.dispose();
        return { results, state: after };
      }),
    );
    expectAlike(resumed[0]!, resumed[1]!, options);
    const back = createEagerStep(options);
    back.writeState(resumed[0]!.state);
    expect(bitsOf(await back.readState())).toEqual(bitsOf(resumed[0]!.state));
    back.dispose();
  });

  it.each([
    [0, 'alexnet-small'],
    [0.9, 'alexnet-small'],
    [0.9, 'alexnet-batchnorm'],
  ] as const)(
    'gives the logits that it gives, for any number of pictures (weight averaging %d, %s)',
    async (weightAveraging, network) => {
      const options = smallStep({ weightAveraging }, { network: smallestOf(network) });
      const { state } = await trained(createEagerStep, options, 2);
      const [compiled, eager] = [createStep(options), createEagerStep(options)];
      compiled.writeState(state);
      eager.writeState(state);
      for (const rows of [3, 8, 19]) {
        const batch = noisyBatch(options, rows);
        const [found, expected] = [await compiled.logits(batch), await eager.logits(batch)];
        expect(found).toHaveLength(rows * 3);
        found.forEach((logit, i) => expect(Math.abs(logit - expected[i]!)).toBeLessThan(1e-6));
      }
      expect(await compiled.logits({ pixels: new Uint8Array(), table: null })).toEqual(new Float32Array());
      compiled.dispose();
      eager.dispose();
    },
  );
});

describe('a batch in pieces', () => {
  it.each([
    ['sgd', 3],
    ['adam', 1],
  ] as const)(
    'is the whole batch but for rounding, dropout and noise too: %s, %i',
    async (id, microBatchSize) => {
      const settings: RecipeInput = {
        ...everything,
        optimizer: { ...everything.optimizer, id },
        // Mix-up takes partners from the same piece, and is the one kind that cannot be the same.
        augmentation: { ...everyAugmentation, mixup: 0 },
      };
      const [whole, pieces] = [settings, { ...settings, microBatchSize }].map((of) =>
        smallStep(of, { classWeights }),
      );
      expectAlike(await trained(createStep, pieces!), await trained(createStep, whole!), whole!);
    },
  );

  it('that is no larger than a piece is computed whole, among others that are not', async () => {
    // 8 rows in two pieces, 5 in one.
    const options = smallStep({ ...plain, microBatchSize: 5 });
    expectAlike(await trained(createStep, options), await trained(createEagerStep, options), options);
  });
});

describe('running means of batch normalisation', () => {
  const of = (settings: RecipeInput): Promise<Trained> =>
    trained(createStep, smallStep(settings, { network: smallestOf('alexnet-batchnorm') }), 1);

  it.each([null, 3])(
    'are moved alike whatever the gradient is cut to (pieces of %s)',
    async (microBatchSize) => {
      const [free, clipped] = [
        await of({ microBatchSize }),
        await of({ microBatchSize, optimizer: { clipNorm: 1e-3 } }),
      ];
      const running = (state: TrainingState): [string, string][] =>
        bitsOf(state).filter(([key]) => key.includes('/moving_'));
      expect(running(free.state)).toHaveLength(14);
      expect(running(clipped.state)).toEqual(running(free.state));
      expect(bitsOf(clipped.state)).not.toEqual(bitsOf(free.state));
    },
  );
});

describe('the same run', () => {
  it('twice gives the same bits, measured or not', async () => {
    const options = smallStep({ ...everything, optimizer: { clipNorm: null } });
    const states = await Promise.all(
      [true, false].map(async (measure) => {
        const step = createStep(options);
        step.writeState(initialWeights(options.network, 1));
        for (let at = 0; at < 3; at++) {
          const { gradientNorm } = await step.run(noisyBatch(options, 8), at, 0.01, measure);
          expect(gradientNorm === null).toBe(!measure);
        }
        const state = await step.readState();
        step.dispose();
        return bitsOf(state);
      }),
    );
    expect(states[0]).toEqual(states[1]);
  });

  it.each([null, 3])(
    'clipped by a length that it never reaches gives the same bits (pieces of %s)',
    async (microBatchSize) => {
      const of = (clipNorm: number | null): StepOptions =>
        smallStep({ ...plain, optimizer: { ...plain.optimizer, id: 'sgd', clipNorm }, microBatchSize });
      const [free, clipped] = [await trained(createStep, of(null), 1), await trained(createStep, of(100), 1)];
      expect(clipped.results).toEqual(free.results);
      expect(bitsOf(clipped.state)).toEqual(bitsOf(free.state));
    },
  );

  it.each([
    [null, 'alexnet-small'],
    [3, 'alexnet-small'],
    [null, 'alexnet-batchnorm'],
    [3, 'alexnet-batchnorm'],
  ] as const)(
    'broken off and resumed in another session ends with the same bits (pieces of %s, %s)',
    async (microBatchSize, network) => {
      const options = smallStep({ ...everything, microBatchSize }, { network: smallestOf(network) });
      const [whole, resumed] = [createStep(options), createStep(options)];
      whole.writeState(initialWeights(options.network, 1));
      await train(whole, options, 0, 2);
      resumed.writeState(await whole.readState());
      expect(await train(resumed, options, 2, 2)).toEqual(await train(whole, options, 2, 2));
      expect(bitsOf(await resumed.readState())).toEqual(bitsOf(await whole.readState()));
      whole.dispose();
      resumed.dispose();
    },
  );
});

describe("the compiled step's session", () => {
  it.each([
    [null, 'alexnet-small'],
    [3, 'alexnet-small'],
    [3, 'alexnet-batchnorm'],
  ] as const)(
    'holds as many tensors after 50 steps as after one, and none once disposed, twice too (pieces of %s, %s)',
    async (microBatchSize, network) => {
      const options = smallStep({ ...everything, microBatchSize }, { network: smallestOf(network) });
      const before = [tf.memory().numTensors, tf.memory().numDataBuffers];
      const step = createStep(options);
      const counts = new Set<string>();
      for (let at = 0; at < 50; at++) {
        if (at % 20 === 0) step.writeState(initialWeights(options.network, at));
        // The last one in twenty is spoilt: the diagnosis must leak nothing either.
        await step.run(
          noisyBatch(options, at % 2 === 0 ? 8 : 5),
          at,
          at % 20 === 18 ? NaN : 0.001,
          at % 3 === 0,
        );
        if (at % 10 === 0) await step.logits(noisyBatch(options, 3));
        if (at % 10 === 0) await step.readState();
        counts.add([tf.memory().numTensors, tf.memory().numDataBuffers].join());
      }
      expect([...counts]).toEqual([before.join()]);
      step.dispose();
      step.dispose();
      expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual(before);
      expect(tf.getBackend()).toBe('tensorflow');
    },
  );

  it('refuses a batch of a size that was not announced, in words, and goes on after it', async () => {
    const options = smallStep();
    const step = createStep(options);
    step.writeState(initialWeights(options.network, 1));
    const before = bitsOf(await step.readState());
    await expect(step.run(noisyBatch(options, 7), 0, 0.01)).rejects.toThrow('not compiled for 7 rows');
    expect(bitsOf(await step.readState())).toEqual(before);
    expect((await step.run(noisyBatch(options, 5), 0, 0.01)).loss).toBeGreaterThan(0);
    step.dispose();
  });

  it('refuses a state without one of its weights, or with one of another size', () => {
    const options = smallStep();
    const step = createStep(options);
    const state = initialWeights(options.network, 1);
    state.set('fc6/bias', new Float32Array(1));
    expect(() => step.writeState(state)).toThrow('Weight fc6/bias has 1 values');
    state.delete('fc6/bias');
    expect(() => step.writeState(state)).toThrow('Weight fc6/bias is missing');
    step.dispose();
  });

  it('starts slots that a state lacks at zero and means at their weight, also where there were others before', async () => {
    const options = smallStep(everything);
    const step = createStep(options);
    const weights = initialWeights(options.network, 1);
    step.writeState(weights);
    await train(step, options, 0, 2);
    step.writeState(weights);
    for (const [key, values] of await step.readState()) {
      const [name, slot] = key.split('#');
      const expected = slot === 'm' || slot === 'v' ? new Float32Array(values.length) : weights.get(name!);
      expect(values, key).toEqual(expected);
    }
    step.dispose();
  });

  it('of two steps at once keep their weights apart', async () => {
    const options = smallStep({ ...plain, optimizer: { id: 'sgd' } });
    const [one, other] = [createStep(options), createStep(options)];
    one.writeState(initialWeights(options.network, 1));
    other.writeState(initialWeights(options.network, 2));
    const before = bitsOf(await one.readState());
    await train(other, options, 0, 2);
    expect(bitsOf(await one.readState())).toEqual(before);
    one.dispose();
    expect((await train(other, options, 2, 1))[0]!.loss).toBeGreaterThan(0);
    other.dispose();
  });
});
