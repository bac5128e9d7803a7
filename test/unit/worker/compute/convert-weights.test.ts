import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../../src/compute/index.ts';
import type { WeightTransfer } from '../../../../src/contract/weight-transfer.ts';
import { findNetwork } from '../../../../src/nn/models/index.ts';
import { type Network, weightSpecs } from '../../../../src/nn/network.ts';
import { initialWeights } from '../../../../src/nn/weights.ts';
import { tfjsWeightsFile, writeTfjs } from '../../../../src/nn/writers/tfjs.ts';
import { convertWeights } from '../../../../src/worker/compute/convert-weights.ts';
import {
  type ModelFacts,
  networkOf,
  readModelFolder,
  writeModelFolder,
} from '../../../../src/worker/compute/model-folder.ts';
import {
  comparedLogits,
  modelOf,
  smallWeightBytes,
  smallWeightFiles,
  unpackWeights,
  weightReference,
} from '../../../support/weight-files.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'readroom-weights-'));
const to = path.join(folder, 'start');

beforeAll(async () => {
  await chooseBackend('auto', { threads: availableParallelism() });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function convert(file: string, model: ModelFacts) {
  const { report } = await convertWeights({ file, model, seed: 5, keepsHead: true, to });
  return { report, ...(await readModelFolder(to)) };
}

/** Every tensor of a network is named once, or taken. */
function expectAccounted({ taken, fresh, adapted }: WeightTransfer, network: Network): void {
  expect(taken + fresh.length + adapted.length).toBe(weightSpecs(network).length);
  expect(new Set([...fresh, ...adapted.map(({ name }) => name)]).size).toBe(fresh.length + adapted.length);
}

// A wrong axis order, flatten order, epsilon or padding shows here, as does a tensor under another's name.
describe.each(smallWeightFiles.filter((name) => !weightReference(name).refused))('%s', (name) => {
  const reference = weightReference(name);

  it('computes what the program that wrote it computes', async () => {
    const { weights, network, report } = await convert(unpackWeights(name, folder), modelOf(reference));
    const { difference, largest } = await comparedLogits(network, weights, reference);
    expect(largest).toBeGreaterThan(0.05);
    expect(difference).toBeLessThan(1e-4);
    expectAccounted(report, network);
    expect(report.fresh).toEqual([]);
    expect(report.ignored.filter(({ why }) => why === 'head')).toEqual([]);
  });

  // A reader that trusts lengths in the file reads beyond it, or for ever.
  it('is refused in a sentence when it is cut off, wherever that is', async () => {
    const whole = smallWeightBytes(name);
    const file = path.join(folder, 'cut');
    for (const share of [0.001, 0.05, 0.3, 0.6, 0.9, 0.9999]) {
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(convert(file, modelOf(reference))).rejects.toMatchObject({
        name: 'ReadroomError',
        code: 'badWeights',
      });
    }
  });
});

// With the disk in the library's reach the bias would be the first bytes of /etc/passwd.
it('HDF5 whose tensor lies in another file is refused', async () => {
  const name = 'keras-elsewhere.weights.h5';
  await expect(convert(unpackWeights(name, folder), modelOf(weightReference(name)))).rejects.toMatchObject({
    code: 'badWeights',
    message: expect.stringContaining('cannot be read as HDF5') as string,
  });
});

// HDF5's library reads a stranger's file: whatever it throws, or breaks, must come out as a sentence.
it('HDF5 with single bytes altered is read or refused', async () => {
  const name = 'keras-alexnet.h5';
  const [whole, file] = [smallWeightBytes(name), path.join(folder, 'altered.h5')];
  const allowed = ['read', 'badWeights', 'wrongWeights'];
  for (let i = 0; i < 60; i++) {
    const bytes = Buffer.from(whole);
    const at = (i * 7919) % (i % 3 === 0 ? 4096 : whole.length);
    bytes[at] = bytes[at]! ^ (1 << (i % 8));
    writeFileSync(file, bytes);
    const outcome = await convert(file, modelOf(weightReference(name)))
      .then(() => 'read')
      .catch((error: unknown) => (error as { code?: string }).code ?? error);
    expect(allowed).toContainEqual(outcome);
  }
});

describe('what is reported', () => {
  const reference = weightReference('resnet18.pth');

  it('is the counters of PyTorch, by name', async () => {
    const { report } = await convert(unpackWeights('resnet18.pth', folder), modelOf(reference));
    expect(report).toMatchObject({ source: 'torch', taken: 102, fresh: [], adapted: [] });
    expect(report.ignored).toContainEqual({ name: 'layer1.0.bn1.num_batches_tracked', why: 'noWeight' });
    expect(report.ignored).toHaveLength(20);
  });

  it('is a head for other classes, which starts by chance; the rest is taken', async () => {
    const { report, weights, network } = await convert(
      unpackWeights('resnet18.pth', folder),
      modelOf(reference, { classes: 3 }),
    );
    expect(report.fresh).toEqual(['probabilities/kernel', 'probabilities/bias']);
    expect(report.ignored.filter(({ why }) => why === 'head').map(({ name }) => name)).toEqual([
      'fc.weight',
      'fc.bias',
    ]);
    expectAccounted(report, network);
    const chance = initialWeights(network, 5);
    expect(weights.get('probabilities/kernel')).toEqual(chance.get('probabilities/kernel'));
    expect(weights.get('conv1/kernel')).not.toEqual(chance.get('conv1/kernel'));
  });

  it('is a head for other classes of Keras too, where layers go by their order', async () => {
    const name = 'keras-alexnet.weights.h5';
    const { report } = await convert(
      unpackWeights(name, folder),
      modelOf(weightReference(name), { classes: 2 }),
    );
    expect(report).toMatchObject({ taken: 14, fresh: ['probabilities/kernel', 'probabilities/bias'] });
    expect(report.ignored.filter(({ why }) => why === 'head')).toHaveLength(2);
  });

  // Grey films have one channel: taking the red one alone would lose most of the first layer.
  it('is a first layer for one channel, which gives what three equal ones gave', async () => {
    const colour = await convert(unpackWeights('resnet18.pth', folder), modelOf(reference));
    const grey = await convert(unpackWeights('resnet18.pth', folder), modelOf(reference, { channels: 1 }));
    expect(grey.report.adapted).toEqual([{ name: 'conv1/kernel', how: 'channelsSummed' }]);
    expectAccounted(grey.report, grey.network);
    const [three, one] = [colour, grey].map(({ weights }) => weights.get('conv1/kernel')!) as [
      Float32Array,
      Float32Array,
    ];
    const filters = three.length / (7 * 7 * 3);
    for (const at of [0, filters + 1, one.length - 1]) {
      const [place, filter] = [Math.floor(at / filters), at % filters];
      const sum = [0, 1, 2].reduce((total, c) => total + three[(place * 3 + c) * filters + filter]!, 0);
      expect(one[at]).toBeCloseTo(sum, 5);
    }
  });

  it('is the epsilon of Keras where ours is another', async () => {
    const name = 'keras-densenet121.weights.h5';
    const { report } = await convert(unpackWeights(name, folder), modelOf(weightReference(name)));
    expect(report.adapted).toHaveLength(121);
    expect(report.adapted[0]).toEqual({ name: 'norm0/moving_variance', how: 'epsilon' });
  });
});

describe('weights that do not fit', () => {
  const refused = async (file: string, model: ModelFacts) => {
    const before = readdirSync(folder);
    const error: unknown = await convert(file, model).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'wrongWeights' });
    expect(readdirSync(folder)).toEqual(before);
    return error as { message: string; hint: string };
  };
  const alexnet = weightReference('alexnet.pth');
  const resnet = weightReference('resnet18.pth');

  it('of another network: its name is said', async () => {
    const { message, hint } = await refused(unpackWeights('resnet18.pth', folder), modelOf(alexnet));
    expect(message).toContain('does not fit AlexNet of torchvision');
    expect(message).toContain('None of its 41 layers (conv1, bn1, layer1.0.conv1, …)');
    expect(hint).toContain('ResNet-18');
  });

  it('of a deeper network of the same names', async () => {
    const model = modelOf({ ...resnet, network: 'resnet34' });
    const { message, hint } = await refused(unpackWeights('resnet18.pth', folder), model);
    expect(message).toContain('It lacks layer layer1_2_conv1.');
    expect(hint).toContain('ResNet-18');
  });

  it('of another width: tensor, shape found and shape wanted', async () => {
    const { message } = await refused(
      unpackWeights('resnet18.pth', folder),
      modelOf({ ...resnet, scale: 0.1 }),
    );
    expect(message).toContain('conv1.weight is 3×3×7×7; conv1 needs 6×3×7×7.');
  });

  it('of another picture size: both sizes', async () => {
    const name = 'keras-alexnet.keras';
    const { message } = await refused(
      unpackWeights(name, folder),
      modelOf({ ...weightReference(name), size: 227 }),
    );
    expect(message).toContain('pictures of 67 to 98 pixels (a map of 1×1); yours have 227 (6×6)');
  });

  it('of Keras’ weights alone, where nothing tells what batch normalisation adds to the variance', async () => {
    const name = 'keras-batchnorm.weights.h5';
    const { message } = await refused(unpackWeights(name, folder), modelOf(weightReference(name)));
    expect(message).toContain('save the whole model (model.save("model.keras")), not its weights alone');
  });

  it('of another way to compute: Keras tells strides', async () => {
    const name = 'keras-alexnet.keras';
    const reference = weightReference(name);
    // alexnet-small is the same plan with another first convolution.
    const { message } = await refused(
      unpackWeights(name, folder),
      modelOf({ ...reference, network: 'alexnet-small' }),
    );
    expect(message).toContain('has strides 4×4; conv1 has 1×1');
  });

  it('of Keras’ residual network, which is another one', async () => {
    const layers = ['conv2_block1_0_conv', 'conv2_block1_3_conv'].map((name) =>
      tensor(`${name}/kernel`, [1, 1, 4, 4]),
    );
    const model = {
      format: 'layers-model',
      modelTopology: null,
      weightsManifest: [{ paths: ['w.bin'], weights: [...layers, tensor('conv2_block1_3_bn/gamma', [4])] }],
    };
    const inside = path.join(folder, 'keras-resnet');
    mkdirSync(inside, { recursive: true });
    writeFileSync(path.join(inside, 'model.json'), JSON.stringify(model));
    writeFileSync(path.join(inside, 'w.bin'), new Uint8Array(1000));
    const { message } = await refused(inside, modelOf({ ...resnet, network: 'resnet50' }));
    expect(message).toContain('its strides stand in the first convolution of a block');
  });
});

const tensor = (name: string, shape: number[]) => ({ name, shape, dtype: 'float32' });

describe('our own weights', () => {
  const facts = (id: string, classes = 4, size = findNetwork(id).minimumSize + 64): ModelFacts =>
    modelOf({ network: id, scale: 0.02, size, outputs: classes, logits: [], versions: '' });

  it('of an earlier run are taken bit by bit', async () => {
    const model = facts('densenet121');
    const network = networkOf(model);
    const weights = initialWeights(network, 9);
    const run = path.join(folder, 'run');
    await writeModelFolder(path.join(run, 'model'), model, weights);
    const found = await convert(run, model);
    expect(found.weights).toEqual(weights);
    expect(found.report).toMatchObject({ source: 'readroom', fresh: [], ignored: [], adapted: [] });
  });

  it('of an earlier run for grey pictures begin one for colours', async () => {
    const model = facts('resnet18');
    const grey = { ...model, geometry: { ...model.geometry, channels: 1 as const } };
    const run = path.join(folder, 'grey-run');
    await writeModelFolder(path.join(run, 'model'), grey, initialWeights(networkOf(grey), 3));
    const { report, weights } = await convert(run, model);
    expect(report.adapted).toEqual([{ name: 'conv1/kernel', how: 'channelsSpread' }]);
    expect(weights.get('conv1/kernel')![0]).toBeCloseTo(
      initialWeights(networkOf(grey), 3).get('conv1/kernel')![0]! / 3,
      6,
    );
  });

  // What reads the table is new, and the last layer reads more than it did.
  it('of a network of pictures begin one that reads a clinical table too', async () => {
    const model = facts('resnet18');
    const run = path.join(folder, 'pictures-run');
    await writeModelFolder(path.join(run, 'model'), model, initialWeights(networkOf(model), 3));
    const table = { use: 'both' as const, units: 4, features: 6 };
    const found = await convert(run, { ...model, network: { ...model.network, table } });
    expect(found.report.fresh.map((name) => name.split('/')[0])).toEqual([
      'table_dense',
      'table_dense',
      'probabilities',
      'probabilities',
    ]);
    expect(found.report.ignored.map(({ name }) => name)).toEqual([
      'probabilities/kernel',
      'probabilities/bias',
    ]);
    expectAccounted(found.report, found.network);
  });

  it('of AlexNet begin its fully convolutional form', async () => {
    const alexnet = facts('alexnet', 4, 227);
    const run = path.join(folder, 'alexnet-run');
    const weights = initialWeights(networkOf(alexnet), 3);
    await writeModelFolder(path.join(run, 'model'), alexnet, weights);
    const model = facts('alexnet-fcn', 2, 256);
    const found = await convert(run, { ...model, task: { kind: 'segmentation', classes: ['a'] } });
    expect(found.report.fresh).toEqual([
      'score32/kernel',
      'score32/bias',
      'score16/kernel',
      'score16/bias',
      'score8/kernel',
      'score8/bias',
    ]);
    expect(found.weights.get('fc6/kernel')).toEqual(weights.get('fc6/kernel'));
  });

  // A layers model has Keras' topology beside it, a graph model constants that are no weights.
  it.each(['alexnet', 'alexnet-2012', 'alexnet-torchvision', 'resnet50', 'unet'])(
    'of %s come back from TensorFlow.js',
    async (id) => {
      const model =
        id === 'unet'
          ? { ...facts(id, 3, 64), task: { kind: 'segmentation' as const, classes: ['a', 'b'] } }
          : facts(id);
      const network = networkOf(model);
      const weights = initialWeights(network, 4);
      const inside = path.join(folder, `tfjs-${id}`);
      mkdirSync(inside, { recursive: true });
      const files = writeTfjs(network, weights, { producerVersion: '0' });
      writeFileSync(path.join(inside, 'model.json'), files.modelJson);
      writeFileSync(path.join(inside, tfjsWeightsFile), Buffer.concat(files.weights));
      const found = await convert(inside, model);
      expect(found.weights).toEqual(weights);
      expect(found.report).toMatchObject({ source: 'tfjs', fresh: [], adapted: [] });
      expectAccounted(found.report, network);
    },
  );
});
