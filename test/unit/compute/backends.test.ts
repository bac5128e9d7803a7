import { availableParallelism } from 'node:os';

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

import type { LoadedBackend } from '../../../src/compute/backend.ts';
import { backends, chooseBackend } from '../../../src/compute/index.ts';
import { createRandom } from '../../../src/core/random.ts';
import { createOptimizer, type FusedAdam, type Parameter } from '../../../src/nn/optimizers.ts';
import { tinyRecipe } from '../../support/tiny-run.ts';

const threads = availableParallelism();

function updates(fusedAdam: FusedAdam | null): { values: number[][]; leaked: number } {
  const optimizer = createOptimizer(tinyRecipe().optimizer, fusedAdam);
  const random = createRandom(1, 'gradients');
  const numbers = (): Float32Array => Float32Array.from({ length: 12 }, () => random.normal());
  const parameter: Parameter = {
    spec: { name: 'w', shape: [3, 4], role: 'kernel', fanIn: 3, fanOut: 4, activation: 'relu' },
    value: tf.tensor(numbers(), [3, 4]),
    slots: optimizer.slotNames.map(() => tf.zeros([3, 4])),
  };
  const restored = numbers();
  const values: number[][] = [];
  let afterFirst = 0;
  for (let step = 0; step < 6; step++) {
    if (step === 3) {
      // As a restored checkpoint does.
      parameter.value.dispose();
      parameter.value = tf.tensor(restored, [3, 4]);
    }
    const gradient = tf.tensor(numbers(), [3, 4]);
    optimizer.update(parameter, gradient, step, 0.01);
    gradient.dispose();
    for (const tensor of [parameter.value, ...parameter.slots]) values.push([...tensor.dataSync()]);
    if (step === 0) afterFirst = tf.memory().numTensors;
  }
  const leaked = tf.memory().numTensors - afterFirst;
  tf.dispose([parameter.value, ...parameter.slots]);
  optimizer.dispose();
  return { values, leaked };
}

describe('chooseBackend', () => {
  it('refuses an unknown id and names the known ones', async () => {
    await expect(chooseBackend('abacus', { threads })).rejects.toMatchObject({
      code: 'backendUnavailable',
      hint: `Choose one of: auto, ${['tensorflow', 'webgpu', 'cpu'].join(', ')}.`,
    });
  });

  it('has no two backends of one id or priority: the choice would hang on their order', () => {
    expect(new Set(backends.map(({ id }) => id)).size).toBe(backends.length);
    expect(new Set(backends.map(({ priority }) => priority)).size).toBe(backends.length);
  });

  it('uses the first by priority that answers, and says why each one before it did not', async () => {
    const { backend, passedOver } = await chooseBackend('auto', { threads });
    const ordered = [...backends].sort((a, b) => b.priority - a.priority).map(({ id }) => id);
    expect(ordered.indexOf(backend.id)).toBe(passedOver.length);
    for (const { reason } of passedOver) expect(reason).toMatch(/\.$/);
    expect(tf.getBackend()).toBe(backend.id);
  });
});

describe("a backend's fused Adam", () => {
  it('updates as the portable one does, after a restored checkpoint too, and leaks nothing', async () => {
    const { backend }: { backend: LoadedBackend } = await chooseBackend('auto', { threads });
    const fused = backend.createFusedAdam();
    if (!fused) {
      console.warn(`NOT RUN: the ${backend.id} backend, the best one here, has no Adam of its own.`);
      return;
    }
    const before = tf.memory().numTensors;
    const [expected, found] = [updates(null), updates(fused)];
    found.values.forEach((values, i) => {
      values.forEach((value, j) => expect(value).toBeCloseTo(expected.values[i]![j]!, 5));
    });
    expect(found.leaked).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
  });
});
