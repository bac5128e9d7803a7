import { type Layer, type NetworkDefinition, type NetworkOptions, outputName, scaled } from '../network.ts';
import { alexnetDefaults } from './alexnet-plan.ts';

/**
 * AlexNet made fully convolutional (Long, Shelhamer, Darrell 2015, FCN-8s): its dense layers are convolutions, classes
 * are scored at a thirty-second, a sixteenth and an eighth of the size, the scores are added up from the coarsest on,
 * and enlarged to the picture's size. Padded throughout, so that sizes halve evenly.
 */
export const alexnetFcn: NetworkDefinition = {
  id: 'alexnet-fcn',
  name: 'AlexNet, fully convolutional',
  family: 'For every pixel',
  source: 'Long, Shelhamer, Darrell 2015 (FCN-8s) on Krizhevsky, Sutskever, Hinton 2012',
  description:
    'AlexNet that answers for every pixel. Quicker than U-Net and coarser: outlines are known to about eight pixels.',
  says: 'pixels',
  normalizesBatches: false,
  minimumSize: 64,
  defaultSize: 256,
  sizeStep: 32,
  defaults: alexnetDefaults,
  build: (options) => {
    const { size, channels, head } = options;
    return { id: 'alexnet-fcn', inputShape: [size, size, channels], head, layers: fcnLayers(options) };
  },
};

function fcnLayers({ scale, dropout, head }: NetworkOptions): Layer[] {
  const conv = (
    name: string,
    input: string,
    filters: number,
    kernel: number,
    more: { stride?: number; activation?: 'linear' } = {},
  ): Layer => ({
    ...{ kind: 'conv2d', name, input, filters, groups: 1, bias: true, padding: 'same' },
    kernelSize: [kernel, kernel],
    strides: [more.stride ?? 1, more.stride ?? 1],
    activation: more.activation ?? 'relu',
  });
  const wide = (width: number): number => scaled(width, scale);
  const pool = { kind: 'maxPool2d', poolSize: [3, 3], strides: [2, 2], padding: 'same' } as const;
  const score = (name: string, input: string): Layer =>
    conv(name, input, head.outputs, 1, { activation: 'linear' });
  const enlarged = { kind: 'upsample2d', factor: 2, activation: 'linear' } as const;
  const sum = { kind: 'add', activation: 'linear' } as const;
  return [
    conv('conv1', 'image', wide(96), 11, { stride: 4 }),
    { ...pool, name: 'pool1', input: 'conv1' },
    conv('conv2', 'pool1', wide(256), 5),
    { ...pool, name: 'pool2', input: 'conv2' },
    conv('conv3', 'pool2', wide(384), 3),
    conv('conv4', 'conv3', wide(384), 3),
    conv('conv5', 'conv4', wide(256), 3),
    { ...pool, name: 'pool5', input: 'conv5' },
    conv('fc6', 'pool5', wide(4096), 6),
    { kind: 'dropout', name: 'dropout6', input: 'fc6', rate: dropout },
    conv('fc7', 'dropout6', wide(4096), 1),
    { kind: 'dropout', name: 'dropout7', input: 'fc7', rate: dropout },
    score('score32', 'dropout7'),
    { ...enlarged, name: 'score32_enlarged', input: 'score32' },
    score('score16', 'pool2'),
    { ...sum, name: 'sum16', inputs: ['score32_enlarged', 'score16'] },
    { ...enlarged, name: 'sum16_enlarged', input: 'sum16' },
    score('score8', 'pool1'),
    { ...sum, name: 'sum8', inputs: ['sum16_enlarged', 'score8'] },
    { kind: 'upsample2d', name: outputName, input: 'sum8', factor: 8, activation: head.activation },
  ];
}
