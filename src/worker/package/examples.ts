import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { decodeNpy, encodeNpy } from '../../core/npy.ts';
import { reasonOf } from './damage.ts';

/** Folder of a package's examples, and the file in it that holds n × classes probabilities. */
export const examplesFolder = 'examples';
export const probabilitiesFile = 'probabilities.npy';

/** Largest difference between two runtimes' probabilities of one input; a promise of the package. */
export const probabilityTolerance = 1e-4;

/** File name of the example at this place, counted from 0. */
export function exampleFile(index: number): string {
  return `example-${String(index).padStart(2, '0')}.npy`;
}

/** Writes preprocessed inputs (n × height × width × channels), one file each, and their probabilities (n × classes). */
export async function writeExamples(
  folder: string,
  inputs: Float32Array,
  shape: readonly [number, number, number],
  probabilities: Float32Array,
  classes: number,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const length = shape[0] * shape[1] * shape[2];
  const n = inputs.length / length;
  for (let index = 0; index < n; index++) {
    const values = inputs.subarray(index * length, (index + 1) * length);
    await writeFile(join(folder, exampleFile(index)), encodeNpy(values, shape));
  }
  await writeFile(join(folder, probabilitiesFile), encodeNpy(probabilities, [n, classes]));
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

/** Rows of a file of uint8 inputs, one after the other. @throws Error when the file ends before a row does */
export async function readRows(file: string, rows: readonly number[], rowBytes: number): Promise<Uint8Array> {
  const pixels = new Uint8Array(rows.length * rowBytes);
  const handle = await open(file, 'r');
  try {
    for (const [index, row] of rows.entries()) {
      const { bytesRead } = await handle.read(pixels, index * rowBytes, rowBytes, row * rowBytes);
      if (bytesRead !== rowBytes) throw new Error(`Row ${row} of ${file} is not there`);
    }
  } finally {
    await handle.close();
  }
  return pixels;
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
