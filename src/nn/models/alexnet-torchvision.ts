import { type Layer, type NetworkDefinition, type NetworkOptions, outputShapes, scaled } from '../network.ts';
import { alexnetDefaults, denseHead } from './alexnet-plan.ts';

/**
 * AlexNet as torchvision has it: one narrower tower (Krizhevsky 2014) with symmetric padding, and dropout before the
 * dense layers. 61,100,840 parameters at 1,000 classes. Layer names are torchvision's, dots as underscores.
 */
export const alexnetTorchvision: NetworkDefinition = {
  id: 'alexnet-torchvision',
  name: 'AlexNet of torchvision',
  family: 'AlexNet',
  source: 'Krizhevsky 2014 (One weird trick), as in torchvision',
  description: "PyTorch's form. Choose it to start from torchvision's ImageNet weights.",
  says: 'image',
  normalizesBatches: false,
  minimumSize: 63,
  defaultSize: 224,
  sizeStep: 1,
  defaults: alexnetDefaults,
  build: (options) => {
    const { size, channels, head, dropout } = options;
    const inputShape = [size, size, channels] as const;
    const features = featureLayers(options);
    const [edge] = outputShapes({ id: 'alexnet-torchvision', inputShape, head, layers: features }).get(
      'features_12',
    )!;
    const units = scaled(4096, options.scale);
    const pooled = pooledTo6(edge!);
    return {
      id: 'alexnet-torchvision',
      inputShape,
      head,
      layers: [
        ...features,
        ...pooled,
        { kind: 'flatten', name: 'flatten', input: pooled[0]?.name ?? 'features_12' },
        { kind: 'dropout', name: 'classifier_0', input: 'flatten', rate: dropout },
        { kind: 'dense', name: 'classifier_1', input: 'classifier_0', units, activation: 'relu' },
        { kind: 'dropout', name: 'classifier_3', input: 'classifier_1', rate: dropout },
        { kind: 'dense', name: 'classifier_4', input: 'classifier_3', units, activation: 'relu' },
        denseHead(head, 'classifier_4'),
      ],
    };
  },
};

function featureLayers({ scale }: NetworkOptions): Layer[] {
  const conv = {
    kind: 'conv2d',
    groups: 1,
    bias: true,
    kernelSize: [3, 3],
    strides: [1, 1],
    padding: 'same',
    activation: 'relu',
  } as const;
  const pool = { kind: 'maxPool2d', poolSize: [3, 3], strides: [2, 2], padding: 'valid' } as const;
  const filters = (width: number): number => scaled(width, scale);
  return [
    {
      kind: 'zeroPad2d',
      name: 'features_0_pad',
      input: 'image',
      padding: { top: 2, bottom: 2, left: 2, right: 2 },
    },
    {
      ...{ ...conv, name: 'features_0', input: 'features_0_pad', filters: filters(64) },
      ...{ kernelSize: [11, 11], strides: [4, 4], padding: 'valid' },
    },
    { ...pool, name: 'features_2', input: 'features_0' },
    { ...conv, name: 'features_3', input: 'features_2', filters: filters(192), kernelSize: [5, 5] },
    { ...pool, name: 'features_5', input: 'features_3' },
    { ...conv, name: 'features_6', input: 'features_5', filters: filters(384) },
    { ...conv, name: 'features_8', input: 'features_6', filters: filters(256) },
    { ...conv, name: 'features_10', input: 'features_8', filters: filters(256) },
    { ...pool, name: 'features_12', input: 'features_10' },
  ];
}

/** What brings a map of this edge to 6×6: nothing at 224 pixels, plain windows where they fit. */
function pooledTo6(edge: number): Layer[] {
  const name = { name: 'avgpool', input: 'features_12' };
  if (edge === 6) return [];
  if (edge % 6 !== 0) return [{ ...name, kind: 'adaptiveAveragePool2d', outputSize: [6, 6] }];
  const window = [edge / 6, edge / 6] as const;
  return [{ ...name, kind: 'averagePool2d', poolSize: window, strides: window, padding: 'valid' }];
}
