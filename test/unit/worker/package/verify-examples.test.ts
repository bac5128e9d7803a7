import { appendFile, cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { decodeNpy, encodeNpy } from '../../../../src/core/npy.ts';
import { verifyExamples } from '../../../../src/worker/package/verify-examples.ts';
import { packageFacts, writeInputs, writePackage } from './package-fixture.ts';

let base: string;
let folder: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'readroom-verify-'));
  await writeInputs(join(base, 'inputs.u8'), 7);
  await writePackage(join(base, 'whole'), join(base, 'inputs.u8'));
});
afterAll(() => rm(base, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(base, 'copy-'));
  await cp(join(base, 'whole'), folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

// The JavaScript backend was set when the package was written.
const verify = (): Promise<string[]> => verifyExamples(folder, () => Promise.resolve());
const at = (...path: string[]): string => join(folder, ...path);
const writeFacts = (changes: object): Promise<void> =>
  writeFile(at('readroom.json'), JSON.stringify({ ...packageFacts(4), ...changes }));

describe('verify-examples', () => {
  test('a whole package has no problems', async () => {
    expect(await verify()).toEqual([]);
  });

  test('a changed example is named with format and difference', async () => {
    const { data, shape } = decodeNpy(await readFile(at('examples', 'probabilities.npy')));
    data[3 * 2] = data[3 * 2]! + 0.01;
    await writeFile(at('examples', 'probabilities.npy'), encodeNpy(data, shape));
    const problems = await verify();
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^ONNX: .*example-02\.npy differ by 0\.0100/);
    expect(problems[1]).toMatch(/^TensorFlow\.js: .*example-02\.npy differ by 0\.0100/);
  });

  test.each([
    [
      'a truncated ONNX file',
      () => truncate(at('onnx', 'model.onnx'), 5000),
      /^ONNX: ONNX Runtime cannot open model\.onnx/,
    ],
    ['an empty ONNX file', () => truncate(at('onnx', 'model.onnx'), 0), /^ONNX: /],
    [
      'a text in its place',
      () => writeFile(at('onnx', 'model.onnx'), 'hello'),
      /^ONNX: ONNX Runtime cannot open/,
    ],
    ['a missing ONNX folder', () => rm(at('onnx'), { recursive: true }), /^ONNX: folder onnx is missing\.$/],
    [
      'a missing model.json',
      () => rm(at('tfjs', 'model.json')),
      /^TensorFlow\.js: model\.json is missing\.$/,
    ],
    [
      'a cut model.json',
      () => truncate(at('tfjs', 'model.json'), 700),
      /^TensorFlow\.js: model\.json is not a layers model or a graph model/,
    ],
    [
      'a cut weights.bin',
      () => truncate(at('tfjs', 'weights.bin'), 401),
      /^TensorFlow\.js: The weight files hold 401 bytes/,
    ],
    [
      'a longer weights.bin',
      () => appendFile(at('tfjs', 'weights.bin'), 'more'),
      /^TensorFlow\.js: The weight files hold/,
    ],
    [
      'a missing example',
      () => rm(at('examples', 'example-01.npy')),
      /^examples\/example-01\.npy is missing\.$/,
    ],
    [
      'a cut example',
      () => truncate(at('examples', 'example-03.npy'), 300),
      /^examples\/example-03\.npy: .*bytes/,
    ],
    [
      'an example of another shape',
      () => writeFile(at('examples', 'example-00.npy'), encodeNpy(new Float32Array(8), [2, 2, 2])),
      /^examples\/example-00\.npy: Its shape is 2 × 2 × 2, not 28 × 28 × 1\.$/,
    ],
    [
      'an example that is not finite',
      () =>
        writeFile(at('examples', 'example-00.npy'), encodeNpy(new Float32Array(784).fill(NaN), [28, 28, 1])),
      /^examples\/example-00\.npy: .*not finite/,
    ],
    [
      'missing probabilities',
      () => rm(at('examples', 'probabilities.npy')),
      /^examples\/probabilities\.npy is missing\.$/,
    ],
    [
      'fewer probabilities than examples',
      () => writeFacts({ examples: { folder: 'examples', count: 3 } }),
      /^examples\/probabilities\.npy: Its shape is 4 × 3, not 3 × 3\.$/,
    ],
    [
      'an absurd number of examples',
      () => writeFacts({ examples: { folder: 'examples', count: 1e12 } }),
      /1000000000000 examples/,
    ],
    ['a cut readroom.json', () => truncate(at('readroom.json'), 50), /^readroom\.json is not JSON/],
    ['a missing readroom.json', () => rm(at('readroom.json')), /^readroom\.json is missing\.$/],
    [
      'a readroom.json of something else',
      () => writeFile(at('readroom.json'), '{}'),
      /^readroom\.json is not a model package's: /,
    ],
  ])('%s is one sentence', async (_what, damage, sentence) => {
    await damage();
    const problems = await verify();
    expect(problems).toEqual([expect.stringMatching(sentence)]);
  });

  test('models of other classes than readroom.json names are found before they predict', async () => {
    await writeFacts({ classes: ['a', 'b'] });
    const problems = await verify();
    expect(problems).toHaveLength(3);
    expect(problems[1]).toContain('"probabilities" is float32 of 3, not float32 of 2');
    expect(problems[2]).toContain('model.json maps');
  });

  test('a model.json may not send the reader out of its folder', async () => {
    const json = await readFile(at('tfjs', 'model.json'), 'utf8');
    await writeFile(at('tfjs', 'model.json'), json.replace('weights.bin', '../../weights.bin'));
    expect(await verify()).toEqual([
      expect.stringMatching(/^TensorFlow\.js: model\.json is not a layers model or a graph model/),
    ]);
  });
});
