import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';

import { networks } from '../../../../src/nn/models/index.ts';
import { type Network, parameterCount } from '../../../../src/nn/network.ts';
import { writeTfjs } from '../../../../src/nn/writers/tfjs.ts';
import {
  largestDifference,
  paddingNetwork,
  randomInputs,
  randomWeights,
  referenceProbabilities,
} from './reference-network.ts';

const options = { producerVersion: '0.0.0', metadata: { classes: '["a","b"]' } };

const cases: (readonly [string, Network])[] = [
  ...networks.map((definition) => {
    const scale = definition.defaultSize > 100 ? 0.05 : 0.25;
    const network = definition.build({
      size: definition.minimumSize + 1,
      channels: 3,
      classes: 4,
      scale,
      dropout: 0.5,
    });
    return [definition.id, network] as const;
  }),
  ['same padding', paddingNetwork(14, 11, 'same')],
  ['valid padding', paddingNetwork(14, 11, 'valid')],
];

describe.each(cases)('TensorFlow.js layers model of %s', (_name, network) => {
  test('opens in stock loadLayersModel and predicts as the network does', async () => {
    const weights = randomWeights(network, 11);
    const inputs = randomInputs(network, 3, 12);
    const expected = await referenceProbabilities(network, weights, inputs, 3);

    const files = writeTfjs(network, weights, options);
    const json = JSON.parse(files.modelJson) as tf.io.ModelJSON;
    const weightData = new Uint8Array(Buffer.concat(files.weights)).buffer;
    const model = await loadLayersModel({
      load: () =>
        tf.io.getModelArtifactsForJSON(json, (manifest) =>
          Promise.resolve([manifest[0]!.weights, weightData]),
        ),
    });

    expect(model.layers.map(({ name }) => name)).toEqual([
      'image',
      ...network.layers.map(({ name }) => name),
    ]);
    expect(model.countParams()).toBe(parameterCount(network));
    expect(model.getUserDefinedMetadata()).toEqual(options.metadata);
    const output = model.predict(tf.tensor(inputs, [3, ...network.inputShape])) as tf.Tensor;
    expect(output.shape).toEqual([3, network.classes]);
    expect(largestDifference(await output.data(), expected)).toBeLessThan(1e-5);
    model.dispose();
  });

  test('weights stay views of the memory they came from', () => {
    const weights = randomWeights(network, 11);
    const files = writeTfjs(network, weights, options);
    expect(files.weights.map(({ buffer }) => buffer)).toEqual(
      [...weights.values()].map(({ buffer }) => buffer),
    );
  });
});
