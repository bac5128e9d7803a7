import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { createOptimizer, type OptimizerOptions, type Parameter } from '../../../src/nn/optimizers.ts';
import { tinyRecipe } from '../../support/tiny-run.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

function updated(
  options: OptimizerOptions,
  role: 'kernel' | 'bias',
  gradients: number[],
  rate: number,
): Parameter {
  const optimizer = createOptimizer(options, null);
  const parameter: Parameter = {
    spec: { name: 'w', shape: [1], role, fanIn: 1, fanOut: 1, activation: 'linear' },
    value: tf.tensor1d([1]),
    slots: optimizer.slotNames.map(() => tf.zeros([1])),
  };
  gradients.forEach((gradient, step) => optimizer.update(parameter, tf.tensor1d([gradient]), step, rate));
  return parameter;
}

const first = (tensor: tf.Tensor): number => tensor.dataSync()[0]!;

describe('createOptimizer', () => {
  const base = tinyRecipe().optimizer;

  it('Adam follows the paper with bias correction; without it the first steps are ten times too small', () => {
    const parameter = updated({ ...base, epsilon: 1e-7 }, 'kernel', [0.5, -0.25], 0.01);
    let [w, m, v] = [1, 0, 0];
    [0.5, -0.25].forEach((g, i) => {
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (0.01 * Math.sqrt(1 - 0.999 ** (i + 1)) * m) / ((1 - 0.9 ** (i + 1)) * (Math.sqrt(v) + 1e-7));
    });
    expect(first(parameter.value)).toBeCloseTo(w, 6);
    expect(first(parameter.slots[0]!)).toBeCloseTo(m, 6);
    expect(first(parameter.slots[1]!)).toBeCloseTo(v, 7);
  });

  it.each([
    ['kernel', 5e-4],
    ['bias', 0],
  ] as const)('SGD follows section 5 of the 2012 paper; decay on a %s is %d', (role, decay) => {
    const parameter = updated({ ...base, id: 'sgd', weightDecay: 5e-4 }, role, [0.5, -0.25], 0.1);
    let [w, v] = [1, 0];
    for (const g of [0.5, -0.25]) {
      v = 0.9 * v - decay * 0.1 * w - 0.1 * g;
      w += v;
    }
    expect(first(parameter.value)).toBeCloseTo(w, 6);
  });

  it('frees what it replaces', () => {
    const before = tf.memory().numTensors;
    const parameter = updated(base, 'kernel', [1, 1, 1, 1], 0.1);
    tf.dispose([parameter.value, ...parameter.slots]);
    expect(tf.memory().numTensors - before).toBe(4); // the gradients, which the test made
  });
});
