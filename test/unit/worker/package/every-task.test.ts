import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { classesOf, type LearningTask } from '../../../../src/contract/learning-task.ts';
import type { ModelFile } from '../../../../src/contract/run-folder.ts';
import { decodeNpy, encodeNpy } from '../../../../src/core/npy.ts';
import { normalizePixels } from '../../../../src/core/preprocess.ts';
import { createRandom } from '../../../../src/core/random.ts';
import { describedNetwork } from '../../../../src/nn/described-network.ts';
import { headLayer, outputShapes } from '../../../../src/nn/network.ts';
import { rulesOf } from '../../../../src/nn/tasks/index.ts';
import type { StoredModel } from '../../../../src/worker/compute/model-folder.ts';
import { predictWith } from '../../../../src/worker/compute/predict.ts';
import { predictPackage } from '../../../../src/worker/package/predict-package.ts';
import { verifyExamples } from '../../../../src/worker/package/verify-examples.ts';
import { writeFormats } from '../../../../src/worker/package/write-formats.ts';
import { everyTask } from '../../../support/task-steps.ts';
import { largestDifference, randomWeights } from '../../nn/writers/reference-network.ts';
import { allFormats, normalization, packageFacts, writeInputs } from './package-fixture.ts';

const count = 5;
const features = ['age', 'sex is F', 'crp'];
const noBackend = (): Promise<void> => Promise.resolve();

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'readroom-tasks-'));
});
afterAll(() => rm(base, { recursive: true }));

interface Case {
  readonly task: LearningTask;
  readonly id: string;
  readonly size: number;
  readonly use?: 'both' | 'only';
}

interface Packaged {
  readonly folder: string;
  readonly inputs: string;
  readonly model: StoredModel;
  readonly facts: Record<string, unknown>;
  /** Of every row: what the network itself says. */
  readonly outputs: Float32Array;
  readonly table: Float32Array | null;
}

/** A package of a network with weights as after training, and what that network says by the product's own pass. */
async function packaged({ task, id, size, use }: Case): Promise<Packaged> {
  const folder = await mkdtemp(join(base, 'package-'));
  const inputs = join(folder, '..', `${id}.u8`);
  const pixels = await writeInputs(inputs, count, size);
  const geometry = { size, channels: 1, fit: 'stretch', kernel: 'lanczos3' } as const;
  const fusion = use && { use, units: 4, features: features.length };
  const described: ModelFile['network'] = { id, scale: 0.1, dropout: 0.2, ...(fusion && { table: fusion }) };
  const network = describedNetwork(described, geometry, task);
  const random = createRandom(9, 'table');
  const table = use ? Float32Array.from({ length: count * features.length }, () => random.normal()) : null;
  const model: StoredModel = {
    network,
    weights: randomWeights(network, 21),
    model: {
      ...{ formatVersion: 1, network: described, geometry, normalization, task, weights: [] },
      classes: [...classesOf(task)],
      weightsSha256: 'a'.repeat(64),
    },
  };
  const predict = predictWith(model);
  const slots = [3, 0, 4];
  const rows = slots.flatMap((slot) => [...(table?.subarray(slot * 3, (slot + 1) * 3) ?? [])]);
  const request = { to: folder, formats: allFormats, channels: 1, inputs, slots } as const;
  const { mean, deviation } = { mean: 0, deviation: 1 };
  const columns = features.map((column) => ({
    ...{ kind: 'number', column, unit: '', mean, deviation, saysMissing: false },
  }));
  const facts = {
    ...packageFacts(slots.length, size),
    ...{ formatVersion: 2, task, classes: classesOf(task) },
    ...(use && { table: { name: 'table', type: 'float32', use, features, columns } }),
  };
  const outputs = await predict(normalizePixels(pixels, normalization), count, table);
  await writeFormats(model, { ...request, table: table && rows }, predict);
  await writeFile(join(folder, 'readroom.json'), JSON.stringify(facts));
  return { folder, inputs, model, facts, outputs, table };
}

const cases: Case[] = [
  ...everyTask
    .filter(({ kind }) => kind !== 'segmentation')
    .map((task): Case => ({ task, id: 'alexnet-small', size: 28 })),
  ...everyTask
    .filter(({ kind }) => kind === 'binary' || kind === 'regression' || kind === 'multiLabel')
    .flatMap((task) =>
      (['both', 'only'] as const).map((use): Case => ({ task, id: 'alexnet-small', size: 28, use })),
    ),
  // Layers that TensorFlow.js has only as operations: the table is an input of a graph model too.
  {
    task: { kind: 'regression', unit: 'months', low: 0, high: 240 },
    id: 'alexnet-2012',
    size: 67,
    use: 'both',
  },
  ...everyTask
    .filter(({ kind }) => kind === 'segmentation')
    .flatMap((task) => [
      { task, id: 'unet', size: 32 },
      { task, id: 'alexnet-fcn', size: 64 },
    ]),
];

const nameOf = ({ task, id, use }: Case): string =>
  `${task.kind} by ${id}${use === undefined ? '' : `, table ${use}`}`;

describe('a package of every task', () => {
  // Would catch: a head without its activation, a second input that is not named or fed, answers that are not the task's.
  it.each(cases.map((one) => [nameOf(one), one] as const))(
    'is verified, and predicts in each format: %s',
    async (_, one) => {
      const { folder, inputs, facts, outputs, table } = await packaged(one);
      expect(await verifyExamples(folder, noBackend)).toEqual([]);
      const rules = rulesOf(one.task, { size: one.size, tiles: null });
      const expected = rules.answers(outputs);
      const width = rules.answerSize;
      const differences = Array.from({ length: count }, (_, row) =>
        largestDifference(expected.subarray(0, width), expected.subarray(row * width, (row + 1) * width)),
      );
      // Equal answers to all pictures would prove nothing.
      expect(Math.max(...differences)).toBeGreaterThan(3e-4);
      for (const format of allFormats) {
        await writeFile(join(folder, 'readroom.json'), JSON.stringify({ ...facts, formats: [format] }));
        const to = join(folder, 'answers.f32');
        const request = { folder, inputs, count, to, table: table && [...table] };
        expect(await predictPackage(request, noBackend)).toEqual({ width });
        const predicted = new Float32Array(new Uint8Array(await readFile(to)).buffer);
        const scale = one.task.kind === 'regression' ? Math.max(1, ...outputs.map(Math.abs)) : 1;
        expect(largestDifference(predicted, expected) / scale).toBeLessThan(1e-4);
      }
    },
  );

  // Would catch: a model file with an input that nothing reads, which other programs would have to fill.
  it('has the table alone as its input where pictures are not looked at', async () => {
    const task: LearningTask = { kind: 'binary', classes: ['no', 'yes'] };
    const { folder, inputs, model, table } = await packaged({
      task,
      id: 'alexnet-small',
      size: 28,
      use: 'only',
    });
    const json = JSON.parse(await readFile(join(folder, 'tfjs', 'model.json'), 'utf8')) as {
      modelTopology: { model_config: { config: { input_layers: unknown } } };
    };
    expect(json.modelTopology.model_config.config.input_layers).toEqual([['table', 0, 0]]);
    const pixels = await readFile(inputs);
    const other = await predictWith(model)(
      normalizePixels(
        pixels.map((one) => 255 - one),
        normalization,
      ),
      count,
      table,
    );
    const same = await predictWith(model)(normalizePixels(pixels, normalization), count, table);
    expect([...other]).toEqual([...same]);
  });

  // Would catch: examples that do not carry their rows, so that nobody could repeat them.
  it('keeps the rows of the table beside its examples, and finds changed ones', async () => {
    const task: LearningTask = { kind: 'regression', unit: 'months', low: null, high: null };
    const { folder } = await packaged({ task, id: 'alexnet-small', size: 28, use: 'both' });
    const file = join(folder, 'examples', 'table.npy');
    const { data, shape } = decodeNpy(await readFile(file));
    expect(shape).toEqual([3, 3]);
    data[4] = data[4]! + 1;
    await writeFile(file, encodeNpy(data, shape));
    const problems = await verifyExamples(folder, noBackend);
    expect(problems).toEqual([
      expect.stringMatching(/^ONNX: .*example-01\.npy differ/),
      expect.stringMatching(/^TensorFlow\.js: .*example-01\.npy differ/),
    ]);
    await rm(file);
    expect(await verifyExamples(folder, noBackend)).toEqual(['examples/table.npy is missing.']);
  });

  // Would catch: a tolerance that refuses sound models of large numbers, or lets a wrong bias of a few per cent pass.
  it('of large numbers is held to the digits that float32 has', async () => {
    const task: LearningTask = { kind: 'regression', unit: 'cells', low: null, high: null };
    const { model, inputs } = await packaged({ task, id: 'alexnet-small', size: 28 });
    const last = headLayer(model.network).name;
    const large = new Map(model.weights);
    large.set(
      `${last}/kernel`,
      model.weights.get(`${last}/kernel`)!.map((value) => value * 40_000),
    );
    large.set(`${last}/bias`, Float32Array.of(250_000));
    const stored = { ...model, weights: large };
    const folder = await mkdtemp(join(base, 'large-'));
    const request = { to: folder, formats: allFormats, channels: 1, inputs, slots: [0, 1] } as const;
    const roundTrip = await writeFormats(stored, request, predictWith(stored));
    expect(Object.keys(roundTrip)).toEqual(allFormats);
    const wrong = async (...of: Parameters<ReturnType<typeof predictWith>>): Promise<Float32Array> =>
      (await predictWith(stored)(...of)).map((value) => value * 1.001);
    const refused = writeFormats(stored, { ...request, to: await mkdtemp(join(base, 'wrong-')) }, wrong);
    await expect(refused).rejects.toMatchObject({ code: 'badPackage' });
  });

  // Would catch: tiles of a size that the model does not take, met as an error of a runtime.
  it('refuses tiles of another size than the input', async () => {
    const task: LearningTask = { kind: 'segmentation', classes: ['b', 'c'] };
    const { folder, facts } = await packaged({ task, id: 'unet', size: 32 });
    const tiles = { edge: 16, grid: 2, whole: 28, stride: 12, overlap: 4, meaning: '' };
    await writeFile(join(folder, 'readroom.json'), JSON.stringify({ ...facts, formatVersion: 3, tiles }));
    expect(await verifyExamples(folder, noBackend)).toEqual([
      'readroom.json names tiles of 16 pixels for an input of 32.',
    ]);
  });

  it('says of masks the shape that they have', async () => {
    const task: LearningTask = { kind: 'segmentation', classes: ['b', 'c'] };
    const { folder, model } = await packaged({ task, id: 'unet', size: 32 });
    const { shape } = decodeNpy(await readFile(join(folder, 'examples', 'probabilities.npy')));
    expect(shape).toEqual([3, ...outputShapes(model.network).get(headLayer(model.network).name)!]);
  });
});
