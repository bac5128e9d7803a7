import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import { networkIds, recipeSchema } from '../../../src/contract/recipe.ts';
import { createRandom } from '../../../src/core/random.ts';
import { resolveRecipe, sizeUpTo } from '../../../src/core/recipe.ts';
import { createEagerStep, predictLogits, weightsToTensors } from '../../../src/nn/eager-step.ts';
import { networks } from '../../../src/nn/models/index.ts';
import {
  classHead,
  type Network,
  type NetworkDefinition,
  outputName,
  outputShapes,
  parameterCount,
  sizeOf,
  weightSpecs,
} from '../../../src/nn/network.ts';
import { collected, streamWeights, type TrainingStep } from '../../../src/nn/step.ts';
import { initialWeights, type Weights } from '../../../src/nn/weights.ts';
import {
  type ModelFacts,
  readModelFolder,
  writeModelFolder,
} from '../../../src/worker/compute/model-folder.ts';
import { stillAugmentation } from '../../support/augmentations.ts';
import { smallStep } from '../../support/small-step.ts';

/** Trainable parameters at full width, colour and 1,000 classes by input size; of those that segment, for two classes. */
const published: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  alexnet: { 227: 62_378_344, 224: 50_844_008 },
  'alexnet-2012': { 227: 60_965_224 },
  'alexnet-torchvision': { 224: 61_100_840 },
  // AlexNet's; a scale for each unit, an offset for each bias of a convolution, and one beside that of a dense layer.
  'alexnet-batchnorm': { 227: 62_378_344 + 1_376 + 2 * 8_192 },
  // 2,432 + 51,264 + 55,392 + 83,040 + 55,360 of the convolutions, 295,424 + 262,656 + 513,000 of the dense layers.
  'alexnet-small': { 32: 1_318_568 },
  resnet18: { 224: 11_689_512 },
  resnet34: { 224: 21_797_672 },
  resnet50: { 224: 25_557_032 },
  densenet121: { 224: 7_978_856 },
  // 3,747,200 of five convolutions, 37,752,832 + 16,781,312 of what was dense, 8,194 + 514 + 194 of the scores.
  'alexnet-fcn': { 256: 58_290_246 },
  unet: { 256: 31_037_698 },
};

const scale = 0.05;
const rows = 8;
const classes = 4;
const folder = mkdtempSync(path.join(tmpdir(), 'readroom-networks-'));

beforeAll(async () => {
  await chooseBackend('auto', { threads: availableParallelism() });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('are those that a recipe can name, in one order', () => {
  expect(networks.map(({ id }) => id)).toEqual(networkIds);
  expect(Object.keys(published)).toEqual(networkIds);
});

function build(
  definition: NetworkDefinition,
  { size = definition.minimumSize, dropout = 0.2 } = {},
): Network {
  return definition.build({ size, channels: 3, head: classHead(classes), scale, dropout });
}

function noise(length: number): Uint8Array {
  const random = createRandom(1, 'pixels');
  return Uint8Array.from({ length }, () => random.integer(256));
}

function stepOf(network: Network): TrainingStep {
  const step = createEagerStep(
    smallStep(
      { augmentation: stillAugmentation },
      { network, normalization: { mean: [0.5, 0.5, 0.5], deviation: [0.3, 0.3, 0.3] } },
    ),
  );
  step.writeState(initialWeights(network, 1));
  return step;
}

/** Logits of noise by a model's weights. */
async function logitsOf(network: Network, weights: Weights): Promise<Float32Array> {
  const tensors = weightsToTensors(network, weights);
  const pixels = Float32Array.from(noise(2 * sizeOf(network.inputShape)), (value) => value / 255);
  try {
    return await predictLogits(network, tensors, pixels, null);
  } finally {
    tf.dispose([...tensors.values()]);
  }
}

describe.each(networks.map((definition) => [definition.id, definition] as const))(
  'network %s',
  (id, definition) => {
    const { minimumSize, defaultSize, says } = definition;

    it('says what a user chooses by', () => {
      for (const text of [definition.name, definition.source, definition.description])
        expect(text.trim().length).toBeGreaterThan(3);
      expect(definition.description).toMatch(/\.$/);
    });

    it.each(Object.entries(published[id]!))('at %s pixels has %i parameters', (size, parameters) => {
      const head = classHead(says === 'image' ? 1000 : 2);
      const network = definition.build({ size: Number(size), channels: 3, head, scale: 1, dropout: 0.5 });
      expect(parameterCount(network)).toBe(parameters);
    });

    it('builds at its minimum and default size, and gives its classes, of every pixel where it says pixels', () => {
      for (const size of [minimumSize, defaultSize]) {
        expect(size).toBe(sizeUpTo(size, definition));
        const network = build(definition, { size });
        expect(network.layers.at(-1)!.name).toBe(outputName);
        expect(network.layers.some(({ kind }) => kind === 'batchNormalization')).toBe(
          definition.normalizesBatches,
        );
        expect(outputShapes(network).get(outputName)).toEqual(
          says === 'image' ? [classes] : [size, size, classes],
        );
      }
    });

    if (definition.family === 'AlexNet')
      it('cannot be built below its minimum: the stated one is the true one', () => {
        expect(() => outputShapes(build(definition, { size: minimumSize - 1 }))).toThrow(RangeError);
      });

    it('is refused for a smaller input, with its minimum', () => {
      const recipe = recipeSchema.parse({ network: { id }, input: { size: minimumSize - 1 } });
      expect(() =>
        resolveRecipe(recipe, { allGrey: true, cores: 2, task: 'multiClass', network: definition }),
      ).toThrow(`network ${id} needs at least ${minimumSize}.`);
    });

    if (says === 'image')
      it('learns: a step on a batch lowers its loss, and holds as many tensors as the one before', async () => {
        const network = build(definition, { dropout: 0 });
        const step = stepOf(network);
        const batch = {
          pixels: noise(rows * sizeOf(network.inputShape)),
          rows,
          table: null,
          truths: Int32Array.from({ length: rows }, (_, row) => row % classes),
        };
        const losses: number[] = [];
        const tensors = new Set<number>();
        for (let i = 0; i < 3; i++) {
          losses.push((await step.run(batch, i, 1e-3)).loss);
          tensors.add(tf.memory().numTensors);
        }
        step.dispose();
        expect(losses[1]).toBeLessThan(losses[0]!);
        expect(tensors.size).toBe(1);
      });

    it('is the same after it was saved and read again, and leaves no tensor behind', async () => {
      const network = build(definition);
      const before = tf.memory().numTensors;
      const step = stepOf(network);
      const weights = await collected(streamWeights(step));
      step.dispose();
      expect([...weights.keys()]).toEqual(weightSpecs(network).map(({ name }) => name));
      const logits = await logitsOf(network, weights);
      expect(logits).toHaveLength(2 * sizeOf(outputShapes(network).get(outputName)!));
      expect(logits.every((value) => Number.isFinite(value))).toBe(true);
      const [size, , channels] = network.inputShape;
      const facts: ModelFacts = {
        network: { id, scale, dropout: 0.2 },
        geometry: { size, channels: channels as 3, fit: 'stretch', kernel: 'lanczos3' },
        normalization: { mean: [0.5, 0.5, 0.5], deviation: [0.3, 0.3, 0.3] },
        classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
      };
      const at = path.join(folder, id);
      await writeModelFolder(at, facts, weights);
      const stored = await readModelFolder(at);
      expect(stored.network).toEqual(network);
      expect(await logitsOf(stored.network, stored.weights)).toEqual(logits);
      expect(tf.memory().numTensors).toBe(before);
    });
  },
);
