import { availableParallelism } from 'node:os';

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

import { backends, chooseBackend } from '../../../src/compute/index.ts';
import { createEagerPredictor, createEagerStep } from '../../../src/nn/eager-step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { expectAlike, plain, train, trained } from '../../support/compared-steps.ts';
import { noisyBatch, smallNetwork, smallStep } from '../../support/small-step.ts';

const threads = availableParallelism();

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

describe("the chosen backend's step", () => {
  it('computes what the portable one does, after a restored checkpoint too, and leaks nothing', async () => {
    const { backend } = await chooseBackend('auto', { threads });
    const options = smallStep(plain);
    const before = tf.memory().numTensors;
    const [found, expected] = [backend.createStep(options), createEagerStep(options)];
    for (const step of [found, expected]) step.writeState(initialWeights(options.network, 1));
    const results = [await train(found, options, 0, 2), await train(expected, options, 0, 2)];
    const { state: restored } = await trained(createEagerStep, { ...options, seed: 2 }, 1);
    for (const step of [found, expected]) step.writeState(restored);
    results[0]!.push(...(await train(found, options, 2, 2)));
    results[1]!.push(...(await train(expected, options, 2, 2)));
    const [of, by] = [await found.readState(), await expected.readState()];
    expectAlike({ results: results[0]!, state: of }, { results: results[1]!, state: by }, options);
    found.dispose();
    expected.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('and its predictor gives the logits of the portable one', async () => {
    const { backend } = await chooseBackend('auto', { threads });
    const options = { ...smallStep(), weights: initialWeights(smallNetwork(), 1), batchSize: 3 };
    const [found, expected] = [backend.createPredictor(options), createEagerPredictor(options)];
    const batch = noisyBatch(options, 4);
    const [logits, others] = [await found.logits(batch), await expected.logits(batch)];
    expect(logits).toHaveLength(12);
    logits.forEach((logit, i) => expect(logit).toBeCloseTo(others[i]!, 5));
    found.dispose();
    expected.dispose();
  });
});
