import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { exportFormats } from '../../../../src/contract/run.ts';
import { decodeNpy } from '../../../../src/core/npy.ts';
import { packageFormats } from '../../../../src/worker/package/formats.ts';
import { writeFormats } from '../../../../src/worker/package/write-formats.ts';
import {
  allFormats,
  normalization,
  predictWith,
  size,
  trainedModel,
  writeInputs,
} from './package-fixture.ts';

let folder: string;
let inputs: string;
let pixels: Uint8Array;
const trained = trainedModel();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readroom-formats-'));
  inputs = join(folder, 'inputs.u8');
  pixels = await writeInputs(inputs, 7);
});
afterAll(() => rm(folder, { recursive: true }));

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

describe('write-formats', () => {
  test('every format that the contract offers has a writer', () => {
    expect(packageFormats.map(({ id }) => id).toSorted()).toEqual([...exportFormats].toSorted());
  });

  test('writes the named slots as examples, and each format repeats their probabilities', async () => {
    const roundTrip = await writeFormats(
      trained,
      { to: folder, formats: allFormats, channels: 1, inputs, slots: [6, 0, 3] },
      predictWith(trained),
    );
    expect(Object.keys(roundTrip).toSorted()).toEqual(['onnx', 'tfjs']);
    for (const { maxAbsDiff, n } of Object.values(roundTrip)) {
      expect(n).toBe(3);
      expect(maxAbsDiff).toBeLessThan(1e-5);
    }
    expect((await readdir(join(folder, 'tfjs'))).toSorted()).toEqual(['model.json', 'weights.bin']);
    expect(await readdir(join(folder, 'onnx'))).toEqual(['model.onnx']);
    expect((await readdir(join(folder, 'examples'))).toSorted()).toEqual([
      'example-00.npy',
      'example-01.npy',
      'example-02.npy',
      'probabilities.npy',
    ]);
    const first = decodeNpy(await readFile(join(folder, 'examples', 'example-00.npy')));
    expect(first.shape).toEqual([size, size, 1]);
    const pixel = pixels[6 * size * size + 9]!;
    expect(first.data[9]).toBeCloseTo(
      (pixel / 255 - normalization.mean[0]!) / normalization.deviation[0]!,
      5,
    );
    const probabilities = decodeNpy(await readFile(join(folder, 'examples', 'probabilities.npy')));
    expect(probabilities.shape).toEqual([3, 3]);
    const expected = await predictWith(trained)(first.data, 1, null);
    expect([...probabilities.data.subarray(0, 3)]).toEqual([...expected]);
  });

  test.skipIf(!hasNumpy)('NumPy reads the examples (skipped where python3 has no numpy)', () => {
    const program = 'import numpy,sys; a=numpy.load(sys.argv[1]); print(a.dtype, a.shape, float(a[0, 9, 0]))';
    const output = execFileSync('python3', ['-c', program, join(folder, 'examples', 'example-01.npy')], {
      encoding: 'utf8',
    });
    expect(output).toMatch(/^float32 \(28, 28, 1\) /);
    const value = Math.fround(
      Math.fround(Math.fround(pixels[9]! / 255) - Math.fround(0.2)) / Math.fround(0.3),
    );
    expect(Number(output.trim().split(' ').at(-1))).toBeCloseTo(value, 6);
  });

  test('a package that predicts otherwise than the training did is not handed over', async () => {
    const wrong = async (values: Float32Array, n: number): Promise<Float32Array> => {
      const right = await predictWith(trained)(values, n, null);
      return right.map((value, index) => (index === 0 ? value + 2e-4 : value));
    };
    await expect(
      writeFormats(trained, { to: folder, formats: ['onnx'], channels: 1, inputs, slots: [1] }, wrong),
    ).rejects.toMatchObject({ code: 'badPackage', message: expect.stringContaining('ONNX') as unknown });
  });
});
