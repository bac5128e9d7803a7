import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

import * as tf from '@tensorflow/tfjs-core';

import { chooseBackend } from '../../compute/index.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { middleTile, tileCount } from '../../core/tiles.ts';
import { diskError } from '../../files/disk-error.ts';
import { augmentedInput, normalisedPictures } from '../../nn/augmentation/apply.ts';
import { type Augmentation, drawFeeds } from '../../nn/augmentation/draw.ts';
import { unitNormalization } from '../../nn/batches.ts';
import type { Normalization } from '../../nn/normalization.ts';
import { type PrincipalColours, principalColours } from '../../nn/principal-colours.ts';
import { drawOnHost } from '../../nn/uniform.ts';
import { openInputs } from './inputs.ts';
import { slotBytes } from './picture-file.ts';

/** What `augment` of the compute contract asks for. */
export interface AugmentRequest {
  readonly inputs: string;
  readonly slots: readonly number[];
  readonly geometry: InputGeometry;
  readonly tiles?: InputTiles | undefined;
  readonly augmentation: Augmentation;
  readonly normalization: Recipe['input']['normalization'];
  readonly seed: number;
  readonly copies: number;
  readonly to: string;
}

/**
 * Writes what a training might see of a few pictures: as if they were the batch of the first steps of the seed,
 * one copy a step. Values beyond black and white, which a training keeps, are cut off.
 * Plain JavaScript computes it: a few pictures are done before native TensorFlow has loaded.
 *
 * @throws ReadroomError `fileNotFound`, `diskFull`
 */
export async function augmentToFile(request: AugmentRequest): Promise<void> {
  const { slots, copies, augmentation, tiles = null } = request;
  // What the network sees: a picture, or the tile in its middle.
  const geometry = { ...request.geometry, size: tiles?.edge ?? request.geometry.size };
  await chooseBackend('cpu', { threads: 1 });
  const inputs = await openInputs(request.inputs, request.geometry, tiles);
  try {
    const pixels = await inputs.read(slots.map((slot) => slot * tileCount(tiles) + middleTile(tiles)));
    const facts: Facts = {
      normalization:
        request.normalization === 'unit' ? unitNormalization(geometry.channels) : meansOf(pixels, geometry),
      colour:
        geometry.channels === 3 && augmentation.pcaColour > 0
          ? await principalColours({ count: 1, read: async () => ({ pixels }) }, 1)
          : null,
    };
    const bytes = slotBytes(geometry);
    const output = await open(request.to, 'w');
    try {
      for (let copy = 0; copy < copies; copy++) {
        const pictures = await augmentedPictures({ ...request, geometry }, pixels, copy, facts);
        for (let index = 0; index < slots.length; index++)
          await output.write(pictures, index * bytes, bytes, (index * copies + copy) * bytes);
        await nextTurn();
      }
    } finally {
      await output.close();
    }
  } catch (error) {
    throw diskError(error);
  } finally {
    await inputs.close();
  }
}

/** What a training takes from all its images. */
interface Facts {
  readonly normalization: Normalization;
  readonly colour: PrincipalColours | null;
}

/** All pictures as the batch of a step, back in 0 to 255. */
async function augmentedPictures(
  { slots, geometry, augmentation, seed }: AugmentRequest,
  pixels: Uint8Array,
  step: number,
  { normalization, colour }: Facts,
): Promise<Uint8ClampedArray> {
  const { size, channels } = geometry;
  const rows = slots.length;
  const feeds = drawFeeds(augmentation, { rows, firstRow: 0, size, channels, seed, step, colour });
  const augmented = tf.tidy(() =>
    normalisedPictures(
      augmentedInput(
        tf.tensor4d(Float32Array.from(pixels), [rows, size, size, channels]),
        new Map([...feeds].map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])])),
        drawOnHost(seed, step, 0),
        augmentation,
        normalization,
      ),
    ),
  );
  const values = await augmented.data();
  augmented.dispose();
  const { mean } = normalization;
  return Uint8ClampedArray.from(values, (value, i) => Math.round((value + mean[i % channels]!) * 255));
}

/** Only the mean, on which the shade of a cut-out hangs. */
function meansOf(pixels: Uint8Array, { channels }: InputGeometry): Normalization {
  const sums = new Array<number>(channels).fill(0);
  pixels.forEach((pixel, i) => (sums[i % channels]! += pixel));
  return {
    mean: sums.map((sum) => sum / ((pixels.length / channels) * 255)),
    deviation: unitNormalization(channels).deviation,
  };
}
