import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';

import { networks } from '../../../../src/nn/models/index.ts';
import { classHead, type Network, outputShapes, sizeOf, weightSpecs } from '../../../../src/nn/network.ts';
import { checkedWeights } from '../../../../src/nn/writers/checked-weights.ts';
import { type TfjsFiles, tfjsWeightsFile, writeTfjs } from '../../../../src/nn/writers/tfjs.ts';
import { graphModel } from '../../../../src/nn/writers/tfjs-graph.ts';
import { kindNetworks } from './kind-networks.ts';
import {
  largestDifference,
  randomInputs,
  randomWeights,
  referenceProbabilities,
} from './reference-network.ts';

const options = { producerVersion: '0.0.0', metadata: { classes: '["a","b"]' } };

const listed = networks.map((definition) => {
  const scale = definition.defaultSize > 100 ? 0.05 : 0.25;
  const size = definition.minimumSize + definition.sizeStep;
  const network = definition.build({ size, channels: 3, head: classHead(4), scale, dropout: 0.5 });
  return [definition.id, network] as const;
});

type Artifacts = tf.io.ModelArtifacts;

async function artifactsOf(files: TfjsFiles): Promise<Artifacts> {
  const json = JSON.parse(files.modelJson) as tf.io.ModelJSON;
  const weightData = new Uint8Array(Buffer.concat(files.weights)).buffer;
  return tf.io.getModelArtifactsForJSON(json, (manifest) => {
    expect(manifest[0]!.paths).toEqual([tfjsWeightsFile]);
    return Promise.resolve([manifest[0]!.weights, weightData]);
  });
}

/** What stock TensorFlow.js answers to three pictures, by the reader that the file's own `format` names. */
async function stockPredictions(
  artifacts: Artifacts,
  network: Network,
  inputs: Float32Array,
): Promise<{ values: Float32Array; shape: number[] }> {
  const handler = { load: () => Promise.resolve(artifacts) };
  const model =
    artifacts.format === 'graph-model' ? await loadGraphModel(handler) : await loadLayersModel(handler);
  const before = tf.memory().numTensors;
  const output = tf.tidy(() => model.predict(tf.tensor(inputs, [3, ...network.inputShape])) as tf.Tensor);
  const found = { values: await output.data<'float32'>(), shape: output.shape };
  output.dispose();
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  return found;
}

async function expectSame(network: Network, artifacts: Artifacts): Promise<void> {
  const inputs = randomInputs(network, 3, 12);
  const expected = await referenceProbabilities(network, randomWeights(network, 11), inputs, 3);
  const { values, shape } = await stockPredictions(artifacts, network, inputs);
  expect(shape).toEqual([3, ...outputShapes(network).get(network.layers.at(-1)!.name)!]);
  expect(largestDifference(values, expected)).toBeLessThan(1e-5);
}

describe.each([...listed, ...kindNetworks])('TensorFlow.js model of %s', (_name, network) => {
  test('opens in stock TensorFlow.js and predicts as the network does', async () => {
    await expectSame(network, await artifactsOf(writeTfjs(network, randomWeights(network, 11), options)));
  });

  test('as a graph too, whichever form it is written in', async () => {
    const weights = checkedWeights(network, randomWeights(network, 11));
    const { head, tensors } = graphModel(network, weights);
    const weightData = new Uint8Array(Buffer.concat(tensors.map(({ bytes }) => bytes))).buffer;
    const specs = tensors.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype }));
    await expectSame(network, { ...head, weightSpecs: specs, weightData });
  });

  test('weights stay views of the memory they came from', () => {
    const weights = randomWeights(network, 11);
    const files = writeTfjs(network, weights, options);
    const written = new Set(files.weights.map(({ buffer }) => buffer));
    const kept = weightSpecs(network).filter(({ role }) => role === 'kernel' || role === 'bias');
    expect(kept.filter(({ name }) => !written.has(weights.get(name)!.buffer))).toEqual([]);
  });
});

describe('the form of a model', () => {
  const formOf = (id: string, size: number): unknown => {
    const definition = networks.find((network) => network.id === id)!;
    const network = definition.build({ size, channels: 1, head: classHead(2), scale: 0.02, dropout: 0 });
    return (JSON.parse(writeTfjs(network, randomWeights(network, 1), options).modelJson) as Artifacts).format;
  };

  test('is Keras layers where there is one for each, else a graph', () => {
    const graphs = networks.filter(({ id, defaultSize }) => formOf(id, defaultSize) === 'graph-model');
    expect(graphs.map(({ id }) => id)).toEqual(['alexnet-2012', 'alexnet-fcn']);
    // Six windows do not divide seven places.
    expect(formOf('alexnet-torchvision', 256)).toBe('graph-model');
  });

  test('Keras layers have the names, the weights and the meaning of the network', async () => {
    const [, network] = listed.find(([id]) => id === 'alexnet')!;
    const artifacts = await artifactsOf(writeTfjs(network, randomWeights(network, 11), options));
    const model = await loadLayersModel({ load: () => Promise.resolve(artifacts) });
    expect(model.layers.map(({ name }) => name)).toEqual([
      'image',
      ...network.layers.map(({ name }) => name),
    ]);
    const count = weightSpecs(network).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(model.countParams()).toBe(count);
    expect(model.getUserDefinedMetadata()).toEqual(options.metadata);
    model.dispose();
  });
});
