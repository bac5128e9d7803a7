import { expect } from 'vitest';

import type { RecipeInput } from '../../src/contract/recipe.ts';
import type { PixelBatch, StepOptions, StepResult, TrainingState, TrainingStep } from '../../src/nn/step.ts';
import { type Network, weightSpecs } from '../../src/nn/network.ts';
import { initialWeights } from '../../src/nn/weights.ts';
import { everyAugmentation } from './augmentations.ts';
import { noisyBatch, unevenWeights } from './small-step.ts';

export interface Trained {
  readonly results: readonly StepResult[];
  readonly state: TrainingState;
}

type BatchOf = (options: StepOptions, rows: number, seed: number) => PixelBatch;

/** Steps on batches of 8, 5, 8, … rows. */
export async function train(
  step: TrainingStep,
  options: StepOptions,
  at: number,
  steps: number,
  batchOf: BatchOf = noisyBatch,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (let i = at; i < at + steps; i++)
    results.push(await step.run(batchOf(options, i % 2 === 0 ? 8 : 5, i), i, rateOf(options), true));
  return results;
}

export async function trained(
  create: (options: StepOptions) => TrainingStep,
  options: StepOptions,
  steps = 3,
  batchOf: BatchOf = noisyBatch,
): Promise<Trained> {
  const step = create(options);
  step.writeState(initialWeights(options.network, 1));
  const results = await train(step, options, 0, steps, batchOf);
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
export function expectAlike(found: Trained, expected: Trained, options: StepOptions): void {
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

/**
 * Two steps of each size of batch with batch normalisation, each begun by both from the same state. It gives every
 * channel as many values just below zero as just above, so that ReLU now and then passes a number's rounding on as a
 * gradient or none (seen: 1e-4 to 1e-2 of all, a tenth of a weight's change), and steps from there on part
 * ways: what a whole run of both comes to says nothing.
 *
 * Measured at batches and pieces of 8 rows, up to 34 layers: losses 2e-6 apart, gradients 7e-6, running values 6e-6;
 * 50 and 121 layers, each of which makes what it gets wrong a little larger: 3e-5, 5e-5, 9e-5; changes of weights
 * 5e-3, which is float32's step at a weight of one that changes by 2e-5. Allowed are 1e-4, 2e-2, 5e-4 and 0.2: a
 * wrong rule is as wrong as the change is long.
 */
export async function expectSameSteps(
  [found, expected]: readonly [TrainingStep, TrainingStep],
  options: StepOptions,
  batchOf: BatchOf = noisyBatch,
): Promise<void> {
  const undone = biasesBeforeNormalization(options.network);
  let before: TrainingState = unevenWeights(options.network);
  for (const [at, rows] of [...options.batchSizes, ...options.batchSizes].entries()) {
    const [one, other] = await Promise.all(
      [found, expected].map(async (step) => {
        step.writeState(before);
        const result = await step.run(batchOf(options, rows, at), at, rateOf(options), true);
        return { result, state: await step.readState() };
      }),
    );
    const { loss, correct, gradientNorm, maxGradient } = other!.result;
    expect(Math.abs(one!.result.loss / loss - 1)).toBeLessThan(1e-4);
    expect(Math.abs(one!.result.gradientNorm! / gradientNorm! - 1)).toBeLessThan(2e-2);
    expect(one!.result).toMatchObject({ correct, maxGradient });
    expect([...one!.state.keys()]).toEqual([...other!.state.keys()]);
    for (const [key, values] of other!.state) {
      const [name, slot = 'average'] = key.split('#') as [string, string?];
      if (undone.has(name)) continue;
      const from =
        before.get(key) ?? (slot === 'average' ? before.get(name)! : new Float32Array(values.length));
      const change = distance(values, from);
      expect(change, `${key} moves`).toBeGreaterThan(0);
      const bound = name.includes('/moving_') ? 5e-4 : 0.2;
      expect(distance(values, one!.state.get(key)!) / change, `${key}, step ${at}`).toBeLessThan(bound);
    }
    before = other!.state;
  }
  found.dispose();
  expected.dispose();
}

/** Biases that batch normalisation takes away again: their gradient is nothing but rounding. */
function biasesBeforeNormalization({ layers, ...network }: Network): Set<string> {
  const normalized = new Set(layers.flatMap((one) => (one.kind === 'batchNormalization' ? [one.input] : [])));
  return new Set(
    weightSpecs({ ...network, layers }).flatMap(({ name, role }) =>
      role === 'bias' && normalized.has(name.split('/')[0]!) ? [name] : [],
    ),
  );
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
}

/** Every bit of a state; NaN counts too. */
export function bitsOf(state: TrainingState): [string, string][] {
  return [...state].map(([key, values]) => [
    key,
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
  ]);
}

export const classWeights = [0.5, 1, 2];
export const plain: RecipeInput = {
  optimizer: { epsilon: 1e-3, weightDecay: 0.1, rho: 0.8 },
  loss: { labelSmoothing: 0.1 },
};
export const everything: RecipeInput = {
  augmentation: everyAugmentation,
  optimizer: { epsilon: 1e-3, weightDecay: 0.1, rho: 0.8, clipNorm: 0.1, nesterov: true },
  weightAveraging: 0.9,
};
