import { expect, test } from 'vitest';

import { kindNetworks } from './kind-networks.ts';
import {
  largestDifference,
  plainProbabilities,
  randomInputs,
  randomWeights,
  referenceProbabilities,
} from './reference-network.ts';

test.each(kindNetworks)(
  'forward pass of %s: each layer is what TensorFlow.js means by it',
  async (_name, network) => {
    const weights = randomWeights(network, 3);
    const inputs = randomInputs(network, 2, 4);
    const forwards = await referenceProbabilities(network, weights, inputs, 2);
    expect(largestDifference(forwards, await plainProbabilities(network, weights, inputs, 2))).toBeLessThan(
      1e-5,
    );
  },
);
