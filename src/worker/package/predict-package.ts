import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { normalizePixels } from '../../core/preprocess.ts';
import { tileNumbers, wholeEdge } from '../../core/tiles.ts';
import { diskError } from '../../files/disk-error.ts';
import type { Normalization } from '../../nn/normalization.ts';
import { type PictureFile, slotBytes } from '../compute/picture-file.ts';
import { stitchedAnswers } from '../compute/stitched.ts';
import { openRows } from './examples.ts';
import { packageFormats } from './formats.ts';
import type { OpenModel, PackageFormat } from './package-format.ts';
import { type PackageShape, packageShape } from './package-shape.ts';
import { readPackage } from './read-package.ts';

const mostImagesABatch = 32;
const mostBytesABatch = 64 * 2 ** 20;

export interface PredictPackageRequest {
  /** The package. */
  readonly folder: string;
  /** File of uint8 pictures, size × size × channels bytes a row; of a model that sees tiles of them the whole ones. */
  readonly inputs: string;
  /** Rows to predict, `count` of them; the first `count` when absent. */
  readonly slots?: readonly number[] | null;
  readonly count: number;
  /** Features of the clinical table, row after row, for a model that reads it. */
  readonly table?: readonly number[] | null;
  /** File to be written: float32, `count` × `width`. */
  readonly to: string;
}

/**
 * What a package's ONNX model says of pictures, or of its TensorFlow.js model when it holds no other.
 * A row has as many numbers as its task's answers.
 * @param prepareTensors sets a tensor backend; called when the format needs one
 * @throws ReadroomError `badPackage` when the package cannot be read or gives values that are not finite
 */
export async function predictPackage(
  { folder, inputs, slots, count, table, to }: PredictPackageRequest,
  prepareTensors: () => Promise<void>,
): Promise<{ width: number }> {
  const facts = await readPackage(folder);
  const format = packageFormats.find(({ id }) => facts.formats.includes(id));
  const normalization = facts.preprocessing.find((step) => step.kind === 'normalize');
  if (!format || !normalization) {
    const missing = format ? 'how its inputs are normalised' : 'no format that can predict';
    throw new ReadroomError('badPackage', `readroom.json names ${missing}.`, 'Export the package again.');
  }
  const shape = packageShape(facts);
  const { tiles, rules } = shape;
  const { size, channels } = facts.input;
  const form = { size: tiles ? wholeEdge(tiles) : size, channels, tiles };
  const heldBytes = (await stat(inputs)).size;
  if (!slots && heldBytes < count * slotBytes(form))
    throw new Error(`${inputs} holds ${heldBytes} bytes, too few for ${count} inputs`);
  if (format.usesTensorBackend) await prepareTensors();

  const pictures = await openRows(inputs, form);
  try {
    const model = await opened(format, folder, shape);
    try {
      const numbers = tileNumbers(slots ?? Array.from({ length: count }, (_, row) => row), tiles);
      const said = answersOf(
        { model, format, shape, normalization },
        { pictures, numbers, table: table ?? null },
      );
      await writeAnswers(to, stitchedAnswers(said, tiles, rules.head.outputs));
    } finally {
      await model.close();
    }
  } finally {
    await pictures.close();
  }
  return { width: rules.answerSize };
}

async function opened(format: PackageFormat, folder: string, shape: PackageShape): Promise<OpenModel> {
  return format.open(join(folder, format.id), shape).catch((error: unknown) => {
    throw error instanceof ReadroomError
      ? new ReadroomError(error.code, `${format.name}: ${error.message}`, error.hint)
      : error;
  });
}

/** @param numbers slots of pictures, or those of their tiles */
async function* answersOf(
  by: {
    readonly model: OpenModel;
    readonly format: PackageFormat;
    readonly shape: PackageShape;
    readonly normalization: Normalization;
  },
  of: {
    readonly pictures: PictureFile;
    readonly numbers: readonly number[];
    readonly table: readonly number[] | null;
  },
): AsyncGenerator<Float32Array> {
  const { sizes, rules } = by.shape;
  const { numbers } = of;
  const rowFloats = Math.max(sizes.picture, sizes.output);
  const batch = Math.max(1, Math.min(mostImagesABatch, Math.floor(mostBytesABatch / (4 * rowFloats))));
  const table = of.table && Float32Array.from(of.table);
  for (let start = 0; start < numbers.length; start += batch) {
    const some = numbers.slice(start, start + batch);
    const inputs = normalizePixels(await of.pictures.read(some), by.normalization);
    const beside = table && table.subarray(start * sizes.table, (start + some.length) * sizes.table);
    const outputs = await by.model.predict(inputs, some.length, beside);
    if (outputs.length !== some.length * sizes.output || !outputs.every(Number.isFinite)) {
      throw new ReadroomError(
        'badPackage',
        `The ${by.format.name} model gives numbers that are not finite.`,
        'Check the package with "readroom verify", and export it again.',
      );
    }
    yield rules.answers(outputs);
  }
}

async function writeAnswers(to: string, answers: AsyncIterable<Float32Array>): Promise<void> {
  const output = await open(to, 'w');
  try {
    for await (const some of answers) {
      await output.writeFile(some).catch((error: unknown) => {
        throw diskError(error);
      });
    }
  } finally {
    await output.close();
  }
}
