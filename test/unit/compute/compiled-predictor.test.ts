import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';

import { createRandom } from '../../../src/core/random.ts';
import { createEagerPredictor } from '../../../src/nn/eager-step.ts';
import { networks } from '../../../src/nn/models/index.ts';
import { classHead, type Network, outputSize, sizeOf } from '../../../src/nn/network.ts';
import type { PredictorOptions } from '../../../src/nn/step.ts';
import { loadNative } from '../../support/native-tensorflow.ts';
import { unevenWeights } from '../../support/small-step.ts';

const native = await loadNative();
beforeEach((context) => {
  if (native.missing !== null) context.skip(native.missing);
});

function optionsOf(network: Network, batchSize: number): PredictorOptions {
  const channels = network.inputShape[2];
  return {
    network,
    weights: unevenWeights(network),
    normalization: {
      mean: [0.48, 0.45, 0.4].slice(0, channels),
      deviation: [0.22, 0.25, 0.3].slice(0, channels),
    },
    batchSize,
  };
}

function noise({ inputShape }: Network, pictures: number): Uint8Array {
  const random = createRandom(1, 'pictures');
  return Uint8Array.from({ length: pictures * sizeOf(inputShape) }, () => random.integer(256));
}

describe.each(networks.map((definition) => [definition.id, definition] as const))(
  'the compiled predictor of %s',
  (_id, definition) => {
    // Grey pictures of an odd edge are no whole number of the four bytes that are fed together.
    it.each([1, 3] as const)('gives the logits of the eager one, %i channels', async (channels) => {
      const size = definition.minimumSize;
      const network = definition.build({ size, channels, head: classHead(3), scale: 0.05, dropout: 0.5 });
      const options = optionsOf(network, 3);
      const before = tf.memory().numTensors;
      const compiled = native.backend!.createPredictor(options);
      const eager = createEagerPredictor(options);
      // None, less than a batch, whole batches, and one that is not full at the end.
      for (const pictures of [0, 2, 6, 7]) {
        const inputs = { pixels: noise(network, pictures), table: null };
        const [found, expected] = [await compiled.logits(inputs), await eager.logits(inputs)];
        expect(found).toHaveLength(pictures * outputSize(network));
        const largest = expected.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
        // Float32 sums in another order.
        const furthest = found.reduce((most, logit, i) => Math.max(most, Math.abs(logit - expected[i]!)), 0);
        expect(furthest).toBeLessThanOrEqual(1e-5 * largest);
      }
      compiled.dispose();
      compiled.dispose();
      eager.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  },
);

describe('the compiled predictor', () => {
  const definition = networks.find(({ id }) => id === 'alexnet-small')!;
  const network = definition.build({ size: 15, channels: 1, head: classHead(3), scale: 0.1, dropout: 0.5 });

  it('gives a picture the same bits wherever it stands in a batch and whatever stands beside it', async () => {
    const predictor = native.backend!.createPredictor(optionsOf(network, 4));
    const pixels = noise(network, 6);
    const together = await predictor.logits({ pixels, table: null });
    for (let picture = 0; picture < 6; picture++) {
      const one = pixels.subarray(picture * 225, (picture + 1) * 225);
      const alone = await predictor.logits({ pixels: one, table: null });
      expect([...alone]).toEqual([...together.subarray(picture * 3, (picture + 1) * 3)]);
    }
    predictor.dispose();
  });

  it('refuses weights that are not those of the network', () => {
    const options = optionsOf(network, 4);
    const weights = new Map(options.weights);
    weights.delete('fc7/bias');
    expect(() => native.backend!.createPredictor({ ...options, weights })).toThrow(
      'Weight fc7/bias is missing',
    );
  });
});
