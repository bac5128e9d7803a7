import onnxProto from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';

import { networks } from '../../../../src/nn/models/index.ts';
import { classHead, type Network, outputShapes, sizeOf } from '../../../../src/nn/network.ts';
import { samePadding } from '../../../../src/nn/writers/onnx-windows.ts';
import { writeOnnx } from '../../../../src/nn/writers/onnx.ts';
import { kindNetworks } from './kind-networks.ts';
import {
  largestDifference,
  randomInputs,
  randomWeights,
  referenceProbabilities,
} from './reference-network.ts';

const options = { producerVersion: '0.0.0', metadata: { classes: '["Ä","b"]' } };

async function onnxProbabilities(
  file: Uint8Array,
  inputs: Float32Array,
  shape: number[],
): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const { probabilities } = await session.run({ image: new ort.Tensor('float32', inputs, shape) });
  await session.release();
  return probabilities!;
}

async function expectSameInOnnxRuntime(network: Network): Promise<void> {
  const weights = randomWeights(network, 8);
  const inputs = randomInputs(network, 3, 8);
  const expected = await referenceProbabilities(network, weights, inputs, 3);
  const shape = outputShapes(network).get(network.layers.at(-1)!.name)!;
  const row = sizeOf(shape);
  // A sum of one is no proof when every picture gets the same answer.
  expect(largestDifference(expected.subarray(0, row), expected.subarray(row, 2 * row))).toBeGreaterThan(1e-3);
  const file = writeOnnx(network, weights, options);
  const output = await onnxProbabilities(file, inputs, [3, ...network.inputShape]);
  expect(output.dims).toEqual([3, ...shape]);
  expect(largestDifference(output.data as Float32Array, expected)).toBeLessThan(1e-5);
}

describe.each(networks.map((definition) => [definition.id, definition] as const))(
  'ONNX of %s',
  (_id, definition) => {
    const size = definition.minimumSize;
    test.each([
      [size, 1],
      [size + definition.sizeStep, 3],
      [size + 4 * definition.sizeStep, 3],
    ] as const)('predicts at %i pixels and %i channels as the network does', async (edge, channels) => {
      const scale = definition.defaultSize > 100 ? 0.05 : 0.25;
      await expectSameInOnnxRuntime(
        definition.build({ size: edge, channels, head: classHead(4), scale, dropout: 0.5 }),
      );
    });
  },
);

describe('every kind of layer', () => {
  test.each(kindNetworks)('%s', async (_name, network) => {
    await expectSameInOnnxRuntime(network);
  });
});

describe('explicit padding', () => {
  test('pads nothing where windows fit, and never a negative number of pixels', () => {
    expect(samePadding(8, 2, 2)).toEqual([0, 0]);
    expect(samePadding(8, 3, 2)).toEqual([0, 1]);
    expect(samePadding(7, 3, 2)).toEqual([1, 1]);
    expect(samePadding(9, 1, 4)).toEqual([0, 0]);
  });
});

describe('the file itself', () => {
  const network = networks[0]!.build({
    size: 67,
    channels: 1,
    head: classHead(2),
    scale: 0.02,
    dropout: 0.5,
  });
  const file = writeOnnx(network, randomWeights(network, 1), options);
  const model = onnxProto.onnx.ModelProto.decode(file);

  test('declares an old opset and IR version, so that runtimes of the last years open it', () => {
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 13]]);
    expect(Number(model.irVersion)).toBe(7);
    expect(model.producerName).toBe('Readroom');
    expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([['classes', '["Ä","b"]']]);
  });

  test('names its input and output and leaves the batch dimension free', () => {
    const describeValue = (value: onnxProto.onnx.IValueInfoProto): unknown => [
      value.name,
      value.type?.tensorType?.elemType,
      value.type?.tensorType?.shape?.dim?.map(({ dimParam, dimValue }) => dimParam || Number(dimValue)),
    ];
    expect(model.graph?.input?.map(describeValue)).toEqual([['image', 1, ['batch', 67, 67, 1]]]);
    expect(model.graph?.output?.map(describeValue)).toEqual([['probabilities', 1, ['batch', 2]]]);
  });

  test('holds no dropout, and each weight once with as many bytes as its shape says', () => {
    expect(model.graph?.node?.map(({ opType }) => opType)).not.toContain('Dropout');
    const initializers = model.graph?.initializer ?? [];
    expect(initializers).toHaveLength(16);
    for (const { dims, rawData } of initializers) {
      expect(rawData?.byteLength).toBe(
        4 * dims!.reduce<number>((product, length) => product * Number(length), 1),
      );
    }
  });

  test('the same weights give the same bytes', () => {
    expect(Buffer.from(writeOnnx(network, randomWeights(network, 1), options)).equals(file)).toBe(true);
  });

  test('one picture alone and many at once both run', async () => {
    const inputs = randomInputs(network, 5, 3);
    const many = await onnxProbabilities(file, inputs, [5, 67, 67, 1]);
    const one = await onnxProbabilities(file, inputs.slice(0, 67 * 67), [1, 67, 67, 1]);
    expect(largestDifference(one.data as Float32Array, (many.data as Float32Array).slice(0, 2))).toBeLessThan(
      1e-6,
    );
  });

  test('weights of another network are a bug that is named', () => {
    const weights = randomWeights(network, 1);
    weights.set('fc7/kernel', new Float32Array(3));
    expect(() => writeOnnx(network, weights, options)).toThrow('fc7/kernel');
  });
});
