import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { normalizePixels } from '../../../../src/core/preprocess.ts';
import { networks } from '../../../../src/nn/models/index.ts';
import { tfjsForm } from '../../../../src/nn/writers/tfjs-form.ts';
import { predictPackage } from '../../../../src/worker/package/predict-package.ts';
import { verifyExamples } from '../../../../src/worker/package/verify-examples.ts';
import { largestDifference } from '../../nn/writers/reference-network.ts';
import {
  allFormats,
  normalization,
  packageFacts,
  predictWith,
  trainedModel,
  writeInputs,
  writePackage,
} from './package-fixture.ts';

const count = 7;
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'readroom-networks-'));
});
afterAll(() => rm(base, { recursive: true }));

const ofPictures = networks.filter(({ says }) => says === 'image');

test.each(
  ofPictures.map(
    ({ id, minimumSize, defaultSize }) => [id, minimumSize, defaultSize > 100 ? 0.05 : 0.25] as const,
  ),
)('a package of %s is written, verified, and predicts in each format', async (id, edge, scale) => {
  const trained = trainedModel(id, edge, scale);
  const folder = join(base, id);
  const inputs = join(base, `${id}.u8`);
  const pixels = await writeInputs(inputs, count, edge);
  await writePackage(folder, inputs, trained);
  expect(await verifyExamples(folder, () => Promise.resolve())).toEqual([]);
  const modelJson = await readFile(join(folder, 'tfjs', 'model.json'), 'utf8');
  expect(JSON.parse(modelJson)).toMatchObject({ format: tfjsForm(trained.network) });

  const expected = await predictWith(trained)(normalizePixels(pixels, normalization), count, null);
  // Equal answers to all pictures would prove nothing.
  expect(largestDifference(expected.subarray(0, 3), expected.subarray(3, 6))).toBeGreaterThan(1e-3);
  for (const format of allFormats) {
    const facts = { ...packageFacts(4, edge), formats: [format] };
    await writeFile(join(folder, 'readroom.json'), JSON.stringify(facts));
    const to = join(base, `${id}-${format}.f32`);
    await predictPackage({ folder, inputs, count, to }, () => Promise.resolve());
    const predicted = new Float32Array(new Uint8Array(await readFile(to)).buffer);
    expect(largestDifference(predicted, expected)).toBeLessThan(1e-4);
  }
});

test('a graph model of other shapes than readroom.json says, or cut short, is one sentence', async () => {
  const trained = trainedModel('alexnet-2012', 67, 0.02);
  const folder = join(base, 'damaged');
  const inputs = join(base, 'damaged.u8');
  await writeInputs(inputs, count, 67);
  await writePackage(folder, inputs, trained);
  const file = join(folder, 'tfjs', 'model.json');
  const json = await readFile(file, 'utf8');
  const tfjsProblems = async (changed: string): Promise<string[]> => {
    await writeFile(file, changed);
    return verifyExamples(folder, () => Promise.resolve());
  };
  const { signature, ...unsigned } = JSON.parse(json) as { signature: { outputs: object } };
  expect(await tfjsProblems(JSON.stringify(unsigned))).toEqual([
    expect.stringMatching(/^TensorFlow\.js: model\.json is not a layers model or a graph model: /),
  ]);
  const wider = json.replaceAll('"size": "3"', '"size": "4"');
  expect(signature.outputs).toHaveProperty('probabilities');
  expect(await tfjsProblems(wider)).toEqual([
    'TensorFlow.js: model.json maps 67 × 67 × 1 to 4, not 67 × 67 × 1 to 3.',
  ]);
  const unknown = json.replace('"op": "LRN"', '"op": "Unheard"');
  expect(await tfjsProblems(unknown)).toEqual([expect.stringMatching(/^TensorFlow\.js: .*Unheard/)]);
});
