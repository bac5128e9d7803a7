import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';

import { lossIds, optimizerIds, type RecipeInput } from '../../../src/contract/recipe.ts';
import { createEagerStep } from '../../../src/nn/eager-step.ts';
import { networks } from '../../../src/nn/models/index.ts';
import type { StepOptions, StepResult, TrainingState, TrainingStep } from '../../../src/nn/step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { everyAugmentation, stillAugmentation } from '../../support/augmentations.ts';
import { loadNative } from '../../support/native-tensorflow.ts';
import { noisyBatch, smallest, smallStep } from '../../support/small-step.ts';

const native = await loadNative();
beforeEach((context) => {
  if (native.missing !== null) context.skip(native.missing);
});
const createStep = (options: StepOptions): TrainingStep => native.backend!.createStep(options);

interface Trained {
  readonly results: readonly StepResult[];
  readonly state: TrainingState;
}

/** Steps on batches of 8, 5, 8, … rows. */
async function train(
  step: TrainingStep,
  options: StepOptions,
  at: number,
  steps: number,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (let i = at; i < at + steps; i++)
    results.push(await step.run(noisyBatch(options, i % 2 === 0 ? 8 : 5, i), i, rateOf(options), true));
  return results;
}

async function trained(
  create: (options: StepOptions) => TrainingStep,
  options: StepOptions,
  steps = 3,
): Promise<Trained> {
  const step = create(options);
  step.writeState(initialWeights(options.network, 1));
  const results = await train(step, options, 0, steps);
  const state = await step.readState();
  step.dispose();
  return { results, state };
}

function rateOf({ optimizer }: StepOptions): number {
  return optimizer.id === 'sgd' ? 0.05 : 0.005;
}

/**
 * Largest difference of each part of two states, as a share of how far its largest number has come: weights and
 * their means from where they began, slots from zero. A share of the weights themselves would hide a wrong update.
 */
function differences(
  found: TrainingState,
  expected: TrainingState,
  { network }: StepOptions,
): [string, number][] {
  const start = initialWeights(network, 1);
  return [...expected].map(([key, values]) => {
    const [name, slot = 'average'] = key.split('#');
    const from = slot === 'average' ? start.get(name!)! : new Float32Array(values.length);
    let [way, difference] = [0, 0];
    values.forEach((value, i) => {
      way = Math.max(way, Math.abs(value - from[i]!));
      difference = Math.max(difference, Math.abs(value - found.get(key)![i]!));
    });
    expect(way, `${key} moves`).toBeGreaterThan(0);
    return [key, difference / way];
  });
}

/**
 * Losses and gradients differ by the order of float32 sums: measured up to 6e-7 of them, 1e-5 is allowed.
 * A step adds 1e-3 or so to weights of up to 1, which float32 rounds by 6e-8, and TensorFlow's Adam takes 1 − 0.999
 * in float32, where it is 1.3e-5 too small: measured up to 1e-4 of the way that weights came, 5e-4 is allowed.
 * Epsilon is 1e-3 here: at 1e-7 Adam makes a whole step out of a gradient that is rounding alone.
 */
function expectAlike(found: Trained, expected: Trained, options: StepOptions): void {
  found.results.forEach((result, i) => {
    const { loss, correct, gradientNorm, maxGradient } = expected.results[i]!;
    expect(Math.abs(result.loss / loss - 1)).toBeLessThan(1e-5);
    expect(result.correct).toBe(correct);
    expect(Math.abs(result.gradientNorm! / gradientNorm! - 1)).toBeLessThan(1e-5);
    expect(result.maxGradient).toBe(maxGradient);
  });
  expect([...found.state.keys()]).toEqual([...expected.state.keys()]);
  for (const [key, difference] of differences(found.state, expected.state, options))
    expect(difference, key).toBeLessThan(5e-4);
}

/** Every bit of a state; NaN counts too. */
function bitsOf(state: TrainingState): [string, string][] {
  return [...state].map(([key, values]) => [
    key,
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
  ]);
}

const classWeights = [0.5, 1, 2];
const plain: RecipeInput = { optimizer: { epsilon: 1e-3, weightDecay: 0.1 }, loss: { labelSmoothing: 0.1 } };
const everything: RecipeInput = {
  augmentation: everyAugmentation,
  optimizer: { epsilon: 1e-3, weightDecay: 0.1, clipNorm: 0.1, nesterov: true },
  weightAveraging: 0.9,
};

// Each network, loss, optimiser and size of pieces meets both the default augmentation and all that a recipe can ask.
const cases = networks.flatMap((definition, n) =>
  lossIds.flatMap((loss, l) =>
    optimizerIds.flatMap((optimizer, o) =>
      [null, 3].map((microBatchSize, m) => {
        const asked = (n + l + o + m) % 2 === 0 ? plain : everything;
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
  ),
);

describe('the compiled step computes what the eager step computes', () => {
  it.each(cases)(
    '$network, $loss, $optimizer, in pieces of $microBatchSize, $what',
    async ({ definition, settings }) => {
      const options = smallStep(settings, { network: smallest(definition), classWeights });
      expectAlike(await trained(createStep, options), await trained(createEagerStep, options), options);
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

  it.each([0, 0.9])(
    'gives the logits that it gives, for any number of pictures (weight averaging %d)',
    async (weightAveraging) => {
      const options = smallStep({ weightAveraging });
      const { state } = await trained(createEagerStep, options, 2);
      const [compiled, eager] = [createStep(options), createEagerStep(options)];
      compiled.writeState(state);
      eager.writeState(state);
      for (const rows of [3, 8, 19]) {
        const { pixels } = noisyBatch(options, rows);
        const [found, expected] = [await compiled.logits(pixels), await eager.logits(pixels)];
        expect(found).toHaveLength(rows * 3);
        found.forEach((logit, i) => expect(Math.abs(logit - expected[i]!)).toBeLessThan(1e-6));
      }
      expect(await compiled.logits(new Uint8Array())).toEqual(new Float32Array());
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
    'broken off and resumed in another session ends with the same bits (pieces of %s)',
    async (microBatchSize) => {
      const options = smallStep({ ...everything, microBatchSize });
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

describe('a loss that is not finite', () => {
  /** Weights that give a loss without a value, and what becomes of the gradients. */
  const faults: Record<string, (state: Map<string, Float32Array>) => void> = {
    'a bias that is NaN': (state) => state.get('probabilities/bias')!.fill(NaN, 0, 1),
    'weights that overflow': (state) => state.get('fc6/kernel')!.fill(3e38),
    // Class weight 100 makes the loss of the second class infinite, and each gradient stays as it is.
    'an infinite loss of finite gradients': (state) => state.get('probabilities/bias')!.set([0, 0, 3e38]),
  };

  describe.each([null, 3])('in pieces of %s', (microBatchSize) => {
    it.each(optimizerIds)('changes no bit of weights, slots and means: %s', async (id) => {
      const options = smallStep({
        weightAveraging: 0.9,
        microBatchSize,
        optimizer: { id, weightDecay: 0.1, clipNorm: 0.1 },
      });
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
          network: smallest(
            networks.find(({ id }) => id === 'alexnet-small')!,
            0,
          ),
        },
      );
      const state = initialWeights(options.network, 1);
      faults[fault]!(state);
      const batch = { ...noisyBatch(options, 8), labels: Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1) };
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
      expect([...all!, ...one!]).toEqual([NaN, NaN]);
    }
  });
});

describe("the compiled step's session", () => {
  it.each([null, 3])(
    'holds as many tensors after 50 steps as after one, and none once disposed, twice too (pieces of %s)',
    async (microBatchSize) => {
      const options = smallStep({ ...everything, microBatchSize });
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
        if (at % 10 === 0) await step.logits(noisyBatch(options, 3).pixels);
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
