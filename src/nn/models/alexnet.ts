import { type NetworkDefinition, scaled } from '../network.ts';

/**
 * The single-tower Keras form of AlexNet: five convolutions, three overlapping 3×3 pools of stride 2,
 * three dense layers, ReLU, dropout. 62,378,344 parameters at 227×227×3 and 1,000 classes.
 */
export const alexnet: NetworkDefinition = {
  id: 'alexnet',
  name: 'AlexNet (single tower)',
  source: 'Krizhevsky, Sutskever, Hinton 2012, in the common single-tower form',
  minimumSize: 67,
  defaultSize: 227,
  // Full width at 1e-3 often never leaves chance; a narrow network is slow at 1e-4 and has less to drop.
  defaults: (scale) =>
    scale > 0.5 ? { dropout: 0.5, learningRate: 1e-4 } : { dropout: 0.3, learningRate: 1e-3 },
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
    const dense = { kind: 'dense', units: width(4096), activation: 'relu' } as const;
    return {
      id: 'alexnet',
      inputShape: [size, size, channels],
      classes,
      layers: [
        {
          ...conv,
          name: 'conv1',
          input: 'image',
          filters: width(96),
          kernelSize: [11, 11],
          strides: [4, 4],
          padding: 'valid',
        },
        { ...pool, name: 'pool1', input: 'conv1' },
        { ...conv, name: 'conv2', input: 'pool1', filters: width(256), kernelSize: [5, 5] },
        { ...pool, name: 'pool2', input: 'conv2' },
        { ...conv, name: 'conv3', input: 'pool2', filters: width(384) },
        { ...conv, name: 'conv4', input: 'conv3', filters: width(384) },
        { ...conv, name: 'conv5', input: 'conv4', filters: width(256) },
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
