import { type Layer, type NetworkDefinition, type NetworkOptions, outputName, scaled } from '../network.ts';
import { convolution, normalization, resnetDefaults } from './resnet-plan.ts';

/** Channels of the five depths. */
const widths = [64, 128, 256, 512, 1024] as const;

/**
 * Ronneberger, Fischer, Brox 2015 as it is commonly built: padded convolutions, so that the output has the picture's
 * size, and batch normalisation, without which it hardly starts from scratch on few pictures. 31,037,698 parameters for
 * colour pictures and two classes.
 */
export const unet: NetworkDefinition = {
  id: 'unet',
  name: 'U-Net',
  family: 'For every pixel',
  source: 'Ronneberger, Fischer, Brox 2015, with padding and batch normalisation',
  description:
    'The usual network for outlining structures: down to a sixteenth of the size and up again, each depth joined to its counterpart.',
  says: 'pixels',
  normalizesBatches: true,
  minimumSize: 32,
  defaultSize: 256,
  sizeStep: 16,
  defaults: resnetDefaults,
  build: (options) => {
    const { size, channels, head } = options;
    return {
      id: 'unet',
      inputShape: [size, size, channels],
      head,
      layers: [
        ...uLayers(options),
        {
          ...{ kind: 'conv2d', name: outputName, input: 'up1_bn2', padding: 'same', groups: 1, bias: true },
          ...{ filters: head.outputs, kernelSize: [1, 1], strides: [1, 1], activation: head.activation },
        },
      ],
    };
  },
};

function uLayers({ scale }: NetworkOptions): Layer[] {
  const filters = widths.map((width) => scaled(width, scale));
  const layers: Layer[] = [];
  let input = 'image';
  filters.forEach((width, depth) => {
    const name = `down${depth + 1}`;
    if (depth > 0) {
      layers.push({
        ...{ kind: 'maxPool2d', name: `${name}_pool`, input, padding: 'valid' },
        ...{ poolSize: [2, 2], strides: [2, 2] },
      });
      input = `${name}_pool`;
    }
    layers.push(...twoConvolutions(name, input, width));
    input = `${name}_bn2`;
  });
  for (let depth = filters.length - 1; depth >= 1; depth--) {
    const name = `up${depth}`;
    const width = filters[depth - 1]!;
    layers.push(
      {
        ...{ kind: 'convTranspose2d', name: `${name}_enlarge`, input, filters: width, activation: 'linear' },
        ...{ kernelSize: [2, 2], strides: [2, 2] },
      },
      { kind: 'concat', name: `${name}_concat`, inputs: [`down${depth}_bn2`, `${name}_enlarge`] },
      ...twoConvolutions(name, `${name}_concat`, width),
    );
    input = `${name}_bn2`;
  }
  return layers;
}

function twoConvolutions(name: string, input: string, filters: number): Layer[] {
  const at = (part: string): string => `${name}_${part}`;
  return [
    ...convolution({ name: at('conv1'), input, filters, kernel: 3, stride: 1 }),
    normalization({ name: at('bn1'), input: at('conv1') }, 'relu'),
    ...convolution({ name: at('conv2'), input: at('bn1'), filters, kernel: 3, stride: 1 }),
    normalization({ name: at('bn2'), input: at('conv2') }, 'relu'),
  ];
}
