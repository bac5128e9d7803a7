import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { normalizePixels } from '../../core/preprocess.ts';
import { diskError } from '../../files/disk-error.ts';
import { readRows } from './examples.ts';
import { packageFormats } from './formats.ts';
import { readPackage } from './read-package.ts';

const mostImagesABatch = 32;
const mostBytesABatch = 64 * 2 ** 20;

export interface PredictPackageRequest {
  /** The package. */
  readonly folder: string;
  /** File of uint8 inputs, size × size × channels bytes a row. */
  readonly inputs: string;
  /** Rows to predict, `count` of them; the first `count` when absent. */
  readonly slots?: readonly number[] | null;
  readonly count: number;
  /** File to be written: float32, `count` × classes. */
  readonly to: string;
}

/**
 * Probabilities of a package's ONNX model, or of its TensorFlow.js model when it holds no other.
 * @param prepareTensors sets a tensor backend; called when the format needs one
 * @throws ReadroomError `badPackage` when the package cannot be read or gives values that are not finite
 */
export async function predictPackage(
  { folder, inputs, slots, count, to }: PredictPackageRequest,
  prepareTensors: () => Promise<void>,
): Promise<{ classes: number }> {
  const facts = await readPackage(folder);
  const format = packageFormats.find(({ id }) => facts.formats.includes(id));
  const normalization = facts.preprocessing.find((step) => step.kind === 'normalize');
  if (!format || !normalization) {
    const missing = format ? 'how its inputs are normalised' : 'no format that can predict';
    throw new ReadroomError('badPackage', `readroom.json names ${missing}.`, 'Export the package again.');
  }
  const { size, channels } = facts.input;
  const classes = facts.classes.length;
  const rowBytes = size * size * channels;
  const heldBytes = (await stat(inputs)).size;
  if (!slots && heldBytes < count * rowBytes)
    throw new Error(`${inputs} holds ${heldBytes} bytes, too few for ${count} inputs`);
  if (format.usesTensorBackend) await prepareTensors();

  const batch = Math.max(1, Math.min(mostImagesABatch, Math.floor(mostBytesABatch / (4 * rowBytes))));
  const opened = await format
    .open(join(folder, format.id), { size, channels, classes })
    .catch((error: unknown) => {
      throw error instanceof ReadroomError
        ? new ReadroomError(error.code, `${format.name}: ${error.message}`, error.hint)
        : error;
    });
  try {
    const output = await open(to, 'w');
    try {
      for (let start = 0; start < count; start += batch) {
        const n = Math.min(batch, count - start);
        const rows = Array.from({ length: n }, (_, index) => slots?.[start + index] ?? start + index);
        const pixels = await readRows(inputs, rows, rowBytes);
        const probabilities = await opened.predict(normalizePixels(pixels, normalization), n);
        if (probabilities.length !== n * classes || !probabilities.every(Number.isFinite)) {
          throw new ReadroomError(
            'badPackage',
            `The ${format.name} model gives probabilities that are not finite.`,
            'Check the package with "readroom verify", and export it again.',
          );
        }
        await output.writeFile(probabilities).catch((error: unknown) => {
          throw diskError(error);
        });
      }
    } finally {
      await output.close();
    }
  } finally {
    await opened.close();
  }
  return { classes };
}
