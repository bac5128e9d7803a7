import { type Layer, type NetworkDefinition, type NetworkOptions, scaled } from '../network.ts';
import { denseHead } from './alexnet-plan.ts';
import { convolution, normalization, resnetDefaults } from './resnet-plan.ts';

const blocks = [6, 12, 24, 16] as const;

/**
 * Huang et al. 2017 as torchvision has it: growth 32, bottlenecks of four times that, half the channels between blocks.
 * 7,978,856 parameters at 1,000 classes. Layer names are torchvision's without `features`, dots as underscores.
 */
export const densenet121: NetworkDefinition = {
  id: 'densenet121',
  name: 'DenseNet-121',
  family: 'Residual and dense',
  source: 'Huang, Liu, van der Maaten, Weinberger 2017, as in torchvision',
  description:
    'Every layer sees all before it: few parameters, known from chest films (CheXNet). Slow and hungry for memory while it trains.',
  says: 'image',
  normalizesBatches: true,
  minimumSize: 32,
  defaultSize: 224,
  sizeStep: 1,
  defaults: resnetDefaults,
  build: (options) => {
    const { size, channels, head } = options;
    return {
      id: 'densenet121',
      inputShape: [size, size, channels],
      head,
      layers: [
        ...denseFeatures(options),
        { kind: 'globalAveragePool2d', name: 'avgpool', input: 'norm5' },
        denseHead(head, 'avgpool'),
      ],
    };
  },
};

function denseFeatures({ scale }: NetworkOptions): Layer[] {
  const growth = scaled(32, scale);
  let width = scaled(64, scale);
  let input = 'pool0';
  const layers: Layer[] = [
    ...convolution({ name: 'conv0', input: 'image', filters: width, kernel: 7, stride: 2 }),
    normalization({ name: 'norm0', input: 'conv0' }, 'relu'),
    // After ReLU a zero beside the picture is the least that there can be, as PyTorch's minus infinity is.
    {
      kind: 'zeroPad2d',
      name: 'pool0_pad',
      input: 'norm0',
      padding: { top: 1, bottom: 1, left: 1, right: 1 },
    },
    {
      ...{ kind: 'maxPool2d', name: 'pool0', input: 'pool0_pad', padding: 'valid' },
      ...{ poolSize: [3, 3], strides: [2, 2] },
    },
  ];
  blocks.forEach((count, index) => {
    for (let i = 1; i <= count; i++) {
      const name = `denseblock${index + 1}_denselayer${i}`;
      layers.push(...denseLayer(name, input, growth));
      layers.push({ kind: 'concat', name: `${name}_concat`, inputs: [input, `${name}_conv2`] });
      input = `${name}_concat`;
      width += growth;
    }
    if (index === blocks.length - 1) return;
    width = Math.floor(width / 2);
    const name = `transition${index + 1}`;
    layers.push(
      normalization({ name: `${name}_norm`, input }, 'relu'),
      ...convolution({ name: `${name}_conv`, input: `${name}_norm`, filters: width, kernel: 1, stride: 1 }),
      {
        ...{ kind: 'averagePool2d', name: `${name}_pool`, input: `${name}_conv`, padding: 'valid' },
        ...{ poolSize: [2, 2], strides: [2, 2] },
      },
    );
    input = `${name}_pool`;
  });
  return [...layers, normalization({ name: 'norm5', input }, 'relu')];
}

function denseLayer(name: string, input: string, growth: number): Layer[] {
  const at = (part: string): string => `${name}_${part}`;
  return [
    normalization({ name: at('norm1'), input }, 'relu'),
    ...convolution({ name: at('conv1'), input: at('norm1'), filters: 4 * growth, kernel: 1, stride: 1 }),
    normalization({ name: at('norm2'), input: at('conv1') }, 'relu'),
    ...convolution({ name: at('conv2'), input: at('norm2'), filters: growth, kernel: 3, stride: 1 }),
  ];
}
