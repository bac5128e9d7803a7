import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { optimizerIds } from '../../../src/contract/recipe.ts';
import { createOptimizer, type OptimizerOptions, updateScalars } from '../../../src/nn/optimizers.ts';
import { tinyRecipe } from '../../support/tiny-run.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

const base = tinyRecipe().optimizer;
const gradients = [0.5, -0.25, 0.125];

/** A weight of one number that starts at 1, and its slots, after one update for each gradient. */
function updated(
  options: OptimizerOptions,
  role: 'kernel' | 'bias',
  rate: number,
): { value: number; slots: number[] } {
  const optimizer = createOptimizer(options);
  const spec = {
    name: 'w',
    shape: [1],
    role,
    trainable: true,
    fanIn: 1,
    fanOut: 1,
    activation: 'linear',
  } as const;
  return tf.tidy(() => {
    let value: tf.Tensor = tf.tensor1d([1]);
    let slots: tf.Tensor[] = optimizer.slotNames(spec).map(() => tf.zeros([1]));
    gradients.forEach((gradient, step) => {
      const scalars = updateScalars(options, step, rate);
      [value, ...slots] = optimizer.update(spec, value, slots, tf.tensor1d([gradient]), scalars) as [
        tf.Tensor,
        ...tf.Tensor[],
      ];
    });
    return { value: value.dataSync()[0]!, slots: slots.map((slot) => slot.dataSync()[0]!) };
  });
}

// The recurrences are those of Keras 3: keras/src/optimizers/{adam,adamw,sgd,rmsprop}.py, `update_step`.
// Where epsilon stands would not show at 1e-7, so it is large here.
describe('createOptimizer', () => {
  it.each([1e-7, 0.01])(
    'Adam follows the paper with bias correction; without it the first steps are ten times too small (ε %d)',
    (epsilon) => {
      const { value, slots } = updated({ ...base, epsilon }, 'kernel', 0.01);
      let [w, m, v] = [1, 0, 0];
      gradients.forEach((g, i) => {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= (0.01 * Math.sqrt(1 - 0.999 ** (i + 1)) * m) / ((1 - 0.9 ** (i + 1)) * (Math.sqrt(v) + epsilon));
      });
      expect(value).toBeCloseTo(w, 6);
      expect(slots[0]).toBeCloseTo(m, 6);
      expect(slots[1]).toBeCloseTo(v, 7);
    },
  );

  it.each([
    ['kernel', 0.04],
    ['bias', 0],
  ] as const)(
    'AdamW decays a %s by %d a rate before the update, beside the moments: as L2 penalty Adam would scale it away',
    (role, decay) => {
      const options = { ...base, id: 'adamw', weightDecay: 0.04, epsilon: 0.01 } as const;
      const { value, slots } = updated(options, role, 0.1);
      let [w, m, v] = [1, 0, 0];
      gradients.forEach((g, i) => {
        w -= w * decay * 0.1;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= (0.1 * Math.sqrt(1 - 0.999 ** (i + 1)) * m) / ((1 - 0.9 ** (i + 1)) * (Math.sqrt(v) + 0.01));
      });
      expect(value).toBeCloseTo(w, 6);
      expect(slots[0]).toBeCloseTo(m, 6);
      expect(slots[1]).toBeCloseTo(v, 7);
    },
  );

  it.each([
    ['kernel', 5e-4],
    ['bias', 0],
  ] as const)('SGD follows section 5 of the 2012 paper; decay on a %s is %d', (role, decay) => {
    const { value, slots } = updated({ ...base, id: 'sgd', weightDecay: 5e-4 }, role, 0.1);
    let [w, v] = [1, 0];
    for (const g of gradients) {
      v = 0.9 * v - decay * 0.1 * w - 0.1 * g;
      w += v;
    }
    expect(value).toBeCloseTo(w, 6);
    expect(slots[0]).toBeCloseTo(v, 6);
  });

  it('SGD with Nesterov looks ahead by the new velocity: with the old one it would be plain momentum', () => {
    const options = { ...base, id: 'sgd', weightDecay: 5e-4, nesterov: true } as const;
    const { value, slots } = updated(options, 'kernel', 0.1);
    let [w, v] = [1, 0];
    for (const g of gradients) {
      const pulled = g + 5e-4 * w;
      v = 0.9 * v - 0.1 * pulled;
      w += 0.9 * v - 0.1 * pulled;
    }
    expect(value).toBeCloseTo(w, 6);
    expect(slots[0]).toBeCloseTo(v, 6);
    expect(value).not.toBeCloseTo(updated({ ...options, nesterov: false }, 'kernel', 0.1).value, 3);
  });

  it.each([0, 0.9])('RMSprop with momentum %d keeps ε inside the root, as Keras does', (kept) => {
    const options = { ...base, id: 'rmsprop', momentum: kept, rho: 0.8, epsilon: 0.01 } as const;
    const { value, slots } = updated(options, 'kernel', 0.1);
    let [w, ms, mom] = [1, 0, 0];
    for (const g of gradients) {
      ms = 0.8 * ms + 0.2 * g * g;
      mom = kept * mom + (0.1 * g) / Math.sqrt(ms + 0.01);
      w -= mom;
    }
    expect(value).toBeCloseTo(w, 6);
    expect(slots[0]).toBeCloseTo(ms, 6);
    expect(slots[1]).toBeCloseTo(mom, 6);
  });

  it.each(['adam', 'rmsprop'] as const)(
    '%s knows no weight decay: the recipe gives it a meaning for others',
    (id) => {
      expect(updated({ ...base, id, weightDecay: 0.5 }, 'kernel', 0.1)).toEqual(
        updated({ ...base, id, weightDecay: 0 }, 'kernel', 0.1),
      );
    },
  );

  it.each(optimizerIds)('%s leaves what it was given as it is: the step still reads it', (id) => {
    const optimizer = createOptimizer({ ...base, id, weightDecay: 0.1 });
    const spec = {
      name: 'w',
      shape: [1],
      role: 'kernel',
      trainable: true,
      fanIn: 1,
      fanOut: 1,
      activation: 'linear',
    } as const;
    const given = [tf.tensor1d([1]), ...optimizer.slotNames(spec).map(() => tf.tensor1d([0.25]))] as const;
    const gradient = tf.tensor1d([0.5]);
    const [value, ...slots] = given;
    const scalars = updateScalars(base, 0, 0.1);
    const next = tf.tidy(() => optimizer.update(spec, value, slots, gradient, scalars));
    expect(given.map((tensor) => tensor.dataSync()[0])).toEqual([1, ...slots.map(() => 0.25)]);
    expect(gradient.dataSync()[0]).toBe(0.5);
    expect(next).toHaveLength(given.length);
    for (const [i, tensor] of next.entries()) expect(tensor).not.toBe(given[i]);
    tf.dispose([...given, gradient, ...next]);
  });
});
