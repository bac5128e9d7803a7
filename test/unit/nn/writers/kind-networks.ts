import { type Head, type Layer, type Network } from '../../../../src/nn/network.ts';

/**
 * Small networks that no product list has. Between them they reach every kind of layer, and of each what the listed
 * ones leave out: unequal edges, windows of even size, strides with a remainder, padding in pools, heads of every kind.
 */
export const kindNetworks: readonly (readonly [string, Network])[] = [
  ['windows 13 × 11, same', windows(13, 11, 'same')],
  ['windows 14 × 12, same', windows(14, 12, 'same')],
  ['windows 15 × 10, same', windows(15, 10, 'same')],
  ['windows 13 × 14, valid', windows(13, 14, 'valid')],
  ['windows 16 × 15, valid', windows(16, 15, 'valid')],
  ['groups and mean pools', groups()],
  ['transposed convolutions', transposed()],
  ['adaptive pool 7 × 3 to 6 × 6', adaptive(7, 3, [6, 6])],
  ['adaptive pool 13 × 9 to 6 × 4', adaptive(13, 9, [6, 4])],
  ['enlarging by 2 and 8', enlarging()],
  ['local response normalisation', responseNormalization()],
  ['batch normalisation and sums', batchNormalization()],
  ['a sum as head', sumHead()],
];

function network(
  id: string,
  inputShape: Network['inputShape'],
  head: Head['activation'],
  outputs: number,
  layers: Layer[],
): Network {
  return { id, inputShape, head: { activation: head, outputs }, layers };
}

type ConvolutionFields = Partial<
  Omit<Extract<Layer, { kind: 'conv2d' }>, 'kind' | 'name' | 'input' | 'filters'>
>;

function conv(name: string, input: string, filters: number, more: ConvolutionFields = {}): Layer {
  return {
    ...{ kind: 'conv2d', name, input, filters, kernelSize: [3, 3], strides: [1, 1], padding: 'same' },
    ...{ groups: 1, bias: true, activation: 'linear' },
    ...more,
  };
}

function dense(input: string, units: number, activation: Head['activation']): Layer {
  return { kind: 'dense', name: 'probabilities', input, units, activation };
}

function windows(height: number, width: number, padding: 'same' | 'valid'): Network {
  return network(`windows-${height}x${width}-${padding}`, [height, width, 3], 'softmax', 3, [
    conv('conv1', 'image', 4, { kernelSize: [4, 3], strides: [2, 3], padding }),
    { kind: 'maxPool2d', name: 'pool1', input: 'conv1', poolSize: [2, 3], strides: [2, 1], padding },
    conv('conv2', 'pool1', 5, { kernelSize: [2, 1], strides: [1, 2], padding, activation: 'relu' }),
    { kind: 'flatten', name: 'flatten', input: 'conv2' },
    { kind: 'dense', name: 'hidden', input: 'flatten', units: 6, activation: 'linear' },
    { kind: 'dropout', name: 'dropped', input: 'hidden', rate: 0.5 },
    { kind: 'dense', name: 'head', input: 'dropped', units: 3, activation: 'softmax' },
  ]);
}

function groups(): Network {
  return network('groups', [17, 14, 4], 'sigmoid', 3, [
    conv('conv1', 'image', 6, { groups: 2, activation: 'relu', padding: 'valid' }),
    {
      kind: 'averagePool2d',
      name: 'pool1',
      input: 'conv1',
      poolSize: [3, 2],
      strides: [2, 1],
      padding: 'same',
    },
    conv('conv2', 'pool1', 9, { groups: 3, bias: false, strides: [2, 1] }),
    {
      kind: 'averagePool2d',
      name: 'pool2',
      input: 'conv2',
      poolSize: [2, 3],
      strides: [1, 2],
      padding: 'valid',
    },
    { kind: 'globalAveragePool2d', name: 'mean', input: 'pool2' },
    dense('mean', 3, 'sigmoid'),
  ]);
}

function transposed(): Network {
  const grow = (name: string, kernel: [number, number], activation: 'relu' | 'linear'): Layer => ({
    ...{ kind: 'convTranspose2d', name, input: 'conv1', filters: 3, strides: [2, 2] },
    kernelSize: kernel,
    activation,
  });
  return network('transposed', [10, 6, 2], 'softmax', 3, [
    conv('conv1', 'image', 4, { strides: [2, 2] }),
    grow('grow2', [2, 2], 'relu'),
    grow('grow3', [3, 3], 'linear'),
    grow('grow5', [5, 1], 'linear'),
    { kind: 'concat', name: 'together', inputs: ['grow2', 'image', 'grow3', 'grow5'] },
    {
      ...{ kind: 'convTranspose2d', name: 'probabilities', input: 'together', filters: 3 },
      ...{ kernelSize: [3, 2], strides: [1, 2], activation: 'softmax' },
    },
  ]);
}

function adaptive(height: number, width: number, outputSize: readonly [number, number]): Network {
  return network(`adaptive-${height}x${width}`, [height, width, 2], 'linear', 2, [
    { kind: 'adaptiveAveragePool2d', name: 'pool', input: 'image', outputSize },
    { kind: 'flatten', name: 'flatten', input: 'pool' },
    dense('flatten', 2, 'linear'),
  ]);
}

function enlarging(): Network {
  return network('enlarging', [5, 3, 2], 'sigmoid', 2, [
    conv('conv1', 'image', 3),
    { kind: 'upsample2d', name: 'twice', input: 'conv1', factor: 2, activation: 'relu' },
    conv('conv2', 'twice', 2),
    { kind: 'upsample2d', name: 'probabilities', input: 'conv2', factor: 8, activation: 'sigmoid' },
  ]);
}

function responseNormalization(): Network {
  const lrn = { kind: 'localResponseNormalization', bias: 2, alpha: 0.3, beta: 0.75 } as const;
  return network('response', [7, 5, 3], 'softmax', 3, [
    { ...lrn, name: 'lrn1', input: 'image', depthRadius: 2 },
    conv('conv1', 'lrn1', 9),
    { ...lrn, name: 'lrn2', input: 'conv1', depthRadius: 3 },
    { kind: 'flatten', name: 'flatten', input: 'lrn2' },
    dense('flatten', 3, 'softmax'),
  ]);
}

function batchNormalization(): Network {
  const normalize = (name: string, input: string, activation: 'linear' | 'relu'): Layer => ({
    ...{ kind: 'batchNormalization', name, input, epsilon: 1e-3, momentum: 0.9, activation },
  });
  return network('normalized', [9, 8, 3], 'softmax', 4, [
    normalize('bn0', 'image', 'linear'),
    { kind: 'zeroPad2d', name: 'pad', input: 'bn0', padding: { top: 1, bottom: 2, left: 0, right: 3 } },
    conv('conv1', 'pad', 4, { bias: false, strides: [2, 2], padding: 'valid' }),
    normalize('bn1', 'conv1', 'relu'),
    conv('conv2', 'bn1', 4, { bias: false }),
    normalize('bn2', 'conv2', 'linear'),
    { kind: 'add', name: 'sum', inputs: ['bn2', 'bn1', 'conv1'], activation: 'relu' },
    { kind: 'flatten', name: 'flatten', input: 'sum' },
    { kind: 'dense', name: 'hidden', input: 'flatten', units: 5, activation: 'linear' },
    normalize('bn3', 'hidden', 'relu'),
    { kind: 'concat', name: 'both', inputs: ['bn3', 'hidden'] },
    dense('both', 4, 'softmax'),
  ]);
}

function sumHead(): Network {
  return network('sum-head', [6, 5, 2], 'softmax', 3, [
    conv('conv1', 'image', 3),
    conv('conv2', 'image', 3, { kernelSize: [1, 1] }),
    { kind: 'add', name: 'probabilities', inputs: ['conv1', 'conv2'], activation: 'softmax' },
  ]);
}
