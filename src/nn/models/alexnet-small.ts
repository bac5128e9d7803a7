import { type NetworkDefinition, scaled } from '../network.ts';

/** AlexNet's plan for 32×32 pictures: smaller first kernel without stride, narrower layers. */
export const alexnetSmall: NetworkDefinition = {
  id: 'alexnet-small',
  name: 'AlexNet for small pictures',
  source: "AlexNet's plan at the size of Krizhevsky's CIFAR-10 networks (2009)",
  minimumSize: 15,
  defaultSize: 32,
  defaults: () => ({ dropout: 0.3, learningRate: 1e-3 }),
  build: ({ size, channels, classes, scale, dropout }) => {
    const width = (filters: number): number => scaled(filters, scale);
    const pool = { kind: 'maxPool2d', poolSize: [3, 3], strides: [2, 2], padding: 'valid' } as const;
    const conv = {
      kind: 'conv2d',
      kernelSize: [3, 3],
      strides: [1, 1],
      padding: 'same',
      activation: 'relu',
    } as const;
    const dense = { kind: 'dense', units: width(512), activation: 'relu' } as const;
    return {
      id: 'alexnet-small',
      inputShape: [size, size, channels],
      classes,
      layers: [
        { ...conv, name: 'conv1', input: 'image', filters: width(32), kernelSize: [5, 5] },
        { ...pool, name: 'pool1', input: 'conv1' },
        { ...conv, name: 'conv2', input: 'pool1', filters: width(64), kernelSize: [5, 5] },
        { ...pool, name: 'pool2', input: 'conv2' },
        { ...conv, name: 'conv3', input: 'pool2', filters: width(96) },
        { ...conv, name: 'conv4', input: 'conv3', filters: width(96) },
        { ...conv, name: 'conv5', input: 'conv4', filters: width(64) },
        { ...pool, name: 'pool5', input: 'conv5' },
        { kind: 'flatten', name: 'flatten', input: 'pool5' },
        { ...dense, name: 'fc6', input: 'flatten' },
        { kind: 'dropout', name: 'dropout6', input: 'fc6', rate: dropout },
        { ...dense, name: 'fc7', input: 'dropout6' },
        { kind: 'dropout', name: 'dropout7', input: 'fc7', rate: dropout },
        { kind: 'dense', name: 'probabilities', input: 'dropout7', units: classes, activation: 'softmax' },
      ],
    };
  },
};
