import { availableParallelism } from 'node:os';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import { createRandom } from '../../../src/core/random.ts';
import { networks } from '../../../src/nn/models/index.ts';
import { type NetworkDefinition, outputShapes, parameterCount } from '../../../src/nn/network.ts';
import { createEagerStep } from '../../../src/nn/eager-step.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { stillAugmentation } from '../../support/augmentations.ts';
import { smallStep } from '../../support/small-step.ts';

const alexnet = networks.find(({ id }) => id === 'alexnet')!;

beforeAll(async () => {
  await chooseBackend('auto', { threads: availableParallelism() });
});

function build(definition: NetworkDefinition, size: number): ReturnType<NetworkDefinition['build']> {
  return definition.build({ size, channels: 3, classes: 4, scale: 0.1, dropout: 0.2 });
}

describe('alexnet', () => {
  it.each([
    [227, 62_378_344],
    [224, 50_844_008],
  ])('has the published number of parameters at %i and 1,000 classes', (size, parameters) => {
    const network = alexnet.build({ size, channels: 3, classes: 1000, scale: 1, dropout: 0.5 });
    expect(parameterCount(network)).toBe(parameters);
  });
});

describe.each(networks.map((definition) => [definition.id, definition] as const))(
  'network %s',
  (_id, definition) => {
    it('builds at its minimum and default size and ends in its classes', () => {
      for (const size of [definition.minimumSize, definition.defaultSize]) {
        const network = build(definition, size);
        expect(outputShapes(network).get(network.layers.at(-1)!.name)).toEqual([4]);
      }
    });

    it('cannot be built below its minimum by a pixel: the stated minimum is the true one', () => {
      expect(() => outputShapes(build(definition, definition.minimumSize - 1))).toThrow(RangeError);
    });

    it('learns: a few steps on one batch lower its loss, and hold as many tensors as the first', async () => {
      const size = definition.minimumSize;
      const network = build(definition, size);
      const options = smallStep(
        { augmentation: stillAugmentation },
        { network, normalization: { mean: [0.5, 0.5, 0.5], deviation: [0.3, 0.3, 0.3] } },
      );
      const step = createEagerStep(options);
      step.writeState(initialWeights(network, 1));
      const random = createRandom(1, 'pixels');
      const batch = {
        pixels: Uint8Array.from({ length: 8 * size * size * 3 }, () => random.integer(256)),
        labels: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3),
      };
      const losses: number[] = [];
      const tensors: number[] = [];
      for (let i = 0; i < 12; i++) {
        losses.push((await step.run(batch, i, 1e-3)).loss);
        tensors.push(tf.memory().numTensors);
      }
      step.dispose();
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
      expect(new Set(tensors).size).toBe(1);
    });
  },
);
