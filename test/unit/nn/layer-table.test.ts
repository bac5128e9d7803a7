import { describe, expect, it } from 'vitest';

import { layerTable } from '../../../src/nn/layer-table.ts';
import { findNetwork, networks } from '../../../src/nn/models/index.ts';
import { classHead, parameterCount } from '../../../src/nn/network.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the layer table of AlexNet at 227×227×3 and 1,000 classes', () => {
  const alexnet = findNetwork('alexnet').build({
    size: 227,
    channels: 3,
    head: classHead(1000),
    scale: 1,
    dropout: 0.5,
  });
  const rows = layerTable(alexnet);

  it('adds up to the published 62,378,344 parameters', () => {
    expect(sum(rows.map(({ parameters }) => parameters))).toBe(62_378_344);
  });

  it('says of each layer what a reader checks against the paper', () => {
    expect(rows[0]).toEqual({
      name: 'conv1',
      kind: 'Convolution',
      layerKind: 'conv2d',
      stage: 0,
      detail: '11×11, stride 4, 96 filters, ReLU',
      inputs: ['image'],
      shape: [55, 55, 96],
      parameters: 34_944,
      // 55 · 55 places, 96 filters of 11 · 11 · 3.
      multiplyAdds: 105_415_200,
    });
    expect(rows.map(({ detail }) => detail)).toContain('3×3, 384 filters, same padding, ReLU');
    expect(rows.at(-1)).toMatchObject({
      kind: 'Dense',
      layerKind: 'dense',
      stage: 7,
      detail: '1,000 units, softmax',
      multiplyAdds: 4_096_000,
    });
  });
});

it.each(networks)('$id: the table counts the parameters that are trained', (network) => {
  const built = network.build({
    size: network.defaultSize,
    channels: 1,
    head: classHead(3),
    scale: 0.5,
    dropout: 0.1,
  });
  expect(sum(layerTable(built).map(({ parameters }) => parameters))).toBe(parameterCount(built));
});
