import type { RecipeInput } from '../../src/contract/recipe.ts';
import { createRandom } from '../../src/core/random.ts';
import { networks } from '../../src/nn/models/index.ts';
import {
  classHead,
  type Network,
  type NetworkDefinition,
  sizeOf,
  weightSpecs,
} from '../../src/nn/network.ts';
import {
  type PictureForm,
  pictureShape,
  type PixelBatch,
  type StepOptions,
  stepOptions,
} from '../../src/nn/step.ts';
import { multiClassRules } from '../../src/nn/tasks/multi-class.ts';
import { initialWeights } from '../../src/nn/weights.ts';
import { tinyRecipe } from './tiny-run.ts';

/** A network at the smallest size that it can be built at, for colour pictures of three classes. */
export function smallest(definition: NetworkDefinition, dropout = 0.2): Network {
  return definition.build({
    size: definition.minimumSize,
    channels: 3,
    head: classHead(3),
    scale: 0.05,
    dropout,
  });
}

/** The smallest form of a listed network. */
export function smallestOf(id: string, dropout = 0.2): Network {
  return smallest(
    networks.find((definition) => definition.id === id)!,
    dropout,
  );
}

/** The smallest of all networks. */
export function smallNetwork(dropout = 0.2): Network {
  return smallestOf('alexnet-small', dropout);
}

/** Starting weights whose normalisations have left theirs: at one and zero each is undone by the next or does nothing. */
export function unevenWeights(network: Network): Map<string, Float32Array> {
  const weights = initialWeights(network, 1);
  for (const { name, role } of weightSpecs(network)) {
    if (role === 'kernel' || role === 'bias') continue;
    const random = createRandom(1, name);
    weights.set(
      name,
      weights.get(name)!.map((value) => value + 0.6 * random.uniform() - 0.3),
    );
  }
  return weights;
}

/** A recipe's step for batches of 8 and 5, with numbers of a dataset made up. */
export function smallStep(settings: RecipeInput = {}, of: Partial<StepOptions> = {}): StepOptions {
  const network = of.network ?? smallNetwork();
  const options = stepOptions(tinyRecipe({ batchSize: 8, ...settings }), {
    trainRows: 13,
    network,
    rules: multiClassRules(network.head.outputs),
    normalization: { mean: [0.48, 0.45, 0.4], deviation: [0.22, 0.25, 0.3] },
    colour: [
      [0.2, 0.2, 0.2],
      [0.02, 0, -0.02],
      [0.004, -0.008, 0.004],
    ],
    classWeights: null,
  });
  return { ...options, ...of };
}

/** Noise, and labels of all classes. */
export function noisyBatch(form: PictureForm, rows: number, seed = 1): PixelBatch {
  const random = createRandom(seed, 'noisy batch', rows);
  return {
    rows,
    table: null,
    pixels: Uint8Array.from({ length: rows * sizeOf(pictureShape(form)) }, () => random.integer(256)),
    truths: Int32Array.from({ length: rows }, (_, row) => row % form.network.head.outputs),
  };
}
