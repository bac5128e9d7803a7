import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { chooseBackend } from '../../compute/index.ts';
import type { InputGeometry } from '../../contract/workers.ts';
import { diskError } from '../../files/disk-error.ts';
import { type Augmentation, augmentedInput, drawAugmentation } from '../../nn/augmentation.ts';
import { unitNormalization } from '../../nn/batches.ts';
import { openInputs, slotBytes } from './inputs.ts';

/** What `augment` of the compute contract asks for. */
export interface AugmentRequest {
  readonly inputs: string;
  readonly slots: readonly number[];
  readonly geometry: InputGeometry;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly copies: number;
  readonly to: string;
}

/**
 * Writes what a training might see of a few pictures: the training's own transform and draws, copy by copy as
 * the first steps of the seed would have them. Values beyond white, which a training keeps, are cut off.
 * Plain JavaScript computes it: a few pictures are done before native TensorFlow has loaded.
 *
 * @throws ReadroomError `fileNotFound`, `diskFull`
 */
export async function augmentToFile(request: AugmentRequest): Promise<void> {
  const { geometry, slots, copies, augmentation, seed } = request;
  const { size, channels } = geometry;
  await chooseBackend('cpu', { threads: 1 });
  const inputs = await openInputs(request.inputs, geometry);
  try {
    const output = await open(request.to, 'w');
    try {
      for (const [index, slot] of slots.entries()) {
        const picture = await inputs.read([slot]);
        const batch = new Uint8Array(copies * slotBytes(geometry));
        for (let copy = 0; copy < copies; copy++) batch.set(picture, copy * slotBytes(geometry));
        const draws = Array.from({ length: copies }, (_, step) =>
          drawAugmentation(augmentation, size, seed, step, index),
        );
        const shape = [copies, size, size, channels] as const;
        const augmented = augmentedInput(batch, shape, draws, augmentation, unitNormalization(channels));
        const values = await augmented.data();
        augmented.dispose();
        await output.appendFile(Uint8ClampedArray.from(values, (value) => Math.round(value * 255)));
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
