import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { normalizePixels } from '../../../../src/core/preprocess.ts';
import { predictPackage } from '../../../../src/worker/package/predict-package.ts';
import { largestDifference } from '../../nn/writers/reference-network.ts';
import {
  normalization,
  packageFacts,
  predictWith,
  trainedModel,
  writeInputs,
  writePackage,
} from './package-fixture.ts';

const count = 45;
let folder: string;
let inputs: string;
let expected: Float32Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readroom-predict-'));
  inputs = join(folder, 'inputs.u8');
  const pixels = await writeInputs(inputs, count);
  await writePackage(join(folder, 'package'), inputs);
  expected = await predictWith(trainedModel())(normalizePixels(pixels, normalization), count, null);
});
afterAll(() => rm(folder, { recursive: true }));

async function predicted(): Promise<Float32Array> {
  const to = join(folder, 'out.f32');
  const request = { folder: join(folder, 'package'), inputs, count, to };
  expect(await predictPackage(request, () => Promise.resolve())).toEqual({ width: 3 });
  return new Float32Array(new Uint8Array(await readFile(to)).buffer);
}

describe('predict-package', () => {
  test('more pictures than one batch holds keep their order and their last row', async () => {
    const probabilities = await predicted();
    expect(probabilities).toHaveLength(count * 3);
    expect(largestDifference(probabilities, expected)).toBeLessThan(1e-5);
  });

  test('a package without ONNX is predicted with what it has', async () => {
    const facts = join(folder, 'package', 'readroom.json');
    await writeFile(facts, JSON.stringify({ ...packageFacts(4), formats: ['tfjs'] }));
    expect(largestDifference(await predicted(), expected)).toBeLessThan(1e-5);
    await writeFile(facts, JSON.stringify(packageFacts(4)));
  });

  test.skipIf(!existsSync('/dev/full'))(
    'a full disk is said to be one (skipped where there is no /dev/full)',
    async () => {
      const request = { folder: join(folder, 'package'), inputs, count, to: '/dev/full' };
      await expect(predictPackage(request, () => Promise.resolve())).rejects.toMatchObject({
        code: 'diskFull',
      });
    },
  );

  test('a damaged model is a refusal that names the format', async () => {
    await truncate(join(folder, 'package', 'onnx', 'model.onnx'), 1000);
    await expect(predicted()).rejects.toMatchObject({
      code: 'badPackage',
      message: expect.stringMatching(/^ONNX: /) as unknown,
    });
  });
});
