import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { decodeNpy, encodeNpy } from '../../core/npy.ts';
import type { Head } from '../../nn/network.ts';
import { openPictureFile, type PictureFile, type PictureForm } from '../compute/picture-file.ts';
import { reasonOf } from './damage.ts';
import type { Predict } from './package-format.ts';

/**
 * Folder of a package's examples, and the files in it that hold what the last layer gives of them (n × outputs), and
 * their rows of the clinical table (n × features) where the model reads it.
 */
export const examplesFolder = 'examples';
export const probabilitiesFile = 'probabilities.npy';
export const tableFile = 'table.npy';

/**
 * Largest difference between two runtimes' outputs for one input; a promise of the package. 1e-4 of probabilities; of a
 * number that of the largest example, where that is above 1, as float32 holds no more of large ones.
 */
export function outputTolerance(activation: Head['activation'], examples: Float32Array): number {
  const least = 1e-4;
  if (activation !== 'linear') return least;
  return least * examples.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
}

/** File name of the example at this place, counted from 0. */
export function exampleFile(index: number): string {
  return `example-${String(index).padStart(2, '0')}.npy`;
}

/** Writes preprocessed inputs (n × height × width × channels), one file each, and what the last layer gives of them. */
export async function writeExamples(
  folder: string,
  { inputs, table }: { inputs: Float32Array; table: Float32Array | null },
  shape: readonly [number, number, number],
  probabilities: Float32Array,
  output: readonly number[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const length = shape[0] * shape[1] * shape[2];
  const n = inputs.length / length;
  for (let index = 0; index < n; index++) {
    const values = inputs.subarray(index * length, (index + 1) * length);
    await writeFile(join(folder, exampleFile(index)), encodeNpy(values, shape));
  }
  await writeFile(join(folder, probabilitiesFile), encodeNpy(probabilities, [n, ...output]));
  if (table) await writeFile(join(folder, tableFile), encodeNpy(table, [n, table.length / n]));
}

/** Reads one of the files above. @throws ReadroomError `badPackage` when it is damaged or of another shape; Node's errors */
export async function readExample(file: string, shape: readonly number[]): Promise<Float32Array> {
  const bytes = await readFile(file);
  let array: ReturnType<typeof decodeNpy>;
  try {
    array = decodeNpy(bytes);
  } catch (error) {
    throw damaged(reasonOf(error));
  }
  if (array.shape.join() !== shape.join()) {
    throw damaged(`Its shape is ${array.shape.join(' × ')}, not ${shape.join(' × ')}.`);
  }
  if (!array.data.every(Number.isFinite)) throw damaged('It holds values that are not finite.');
  return array.data;
}

/** A file of uint8 pictures, as the pool of prepared pictures has them. @throws Error where it is not there, or ends too soon */
export function openRows(file: string, form: PictureForm): Promise<PictureFile> {
  return openPictureFile(file, form, (slot) =>
    slot === null ? new Error(`${file} cannot be opened`) : new Error(`Row ${slot} of ${file} is not there`),
  );
}

/** Examples that are predicted together: what a network for every pixel computes of one takes hundreds of megabytes. */
const examplesAtOnce = 4;

/** What a model says of n examples, a few at a time. */
export async function predictExamples(
  predict: Predict,
  inputs: Float32Array,
  n: number,
  table: Float32Array | null,
): Promise<Float32Array> {
  const pieces: Float32Array[] = [];
  const rowsOf = (values: Float32Array, from: number, to: number): Float32Array =>
    values.slice((from * values.length) / n, (to * values.length) / n);
  for (let from = 0; from < n; from += examplesAtOnce) {
    const to = Math.min(n, from + examplesAtOnce);
    pieces.push(await predict(rowsOf(inputs, from, to), to - from, table && rowsOf(table, from, to)));
  }
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Largest absolute difference; Infinity where lengths differ or a value is not finite. */
export function maxAbsDiff(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs(a[index]! - b[index]!);
    if (!Number.isFinite(difference)) return Infinity;
    if (difference > largest) largest = difference;
  }
  return largest;
}

function damaged(message: string): ReadroomError {
  return new ReadroomError('badPackage', message, 'Export the package again.');
}
