import type { NetworkDefinition } from '../network.ts';
import { alexnetDefaults, buildAlexnet } from './alexnet-plan.ts';

/**
 * AlexNet as published: the towers of two GPUs as two groups of channels in the second, fourth and fifth convolution,
 * local response normalisation after the first two, overlapping pools. 60,965,224 parameters at 1,000 classes. The
 * paper says 224 pixels; its own arithmetic (55 places after the first convolution) needs 227 without padding.
 */
export const alexnet2012: NetworkDefinition = {
  id: 'alexnet-2012',
  name: 'AlexNet as published (two towers)',
  family: 'AlexNet',
  source: 'Krizhevsky, Sutskever, Hinton 2012',
  description:
    'The network of the paper, with its two towers and local response normalisation. For comparison with the literature; the single tower learns as well and trains faster.',
  says: 'image',
  normalizesBatches: false,
  minimumSize: 67,
  defaultSize: 227,
  sizeStep: 1,
  defaults: alexnetDefaults,
  build: (options) =>
    buildAlexnet(
      {
        id: 'alexnet-2012',
        first: { kernel: 11, stride: 4, padding: 'valid' },
        filters: [96, 256, 384, 384, 256],
        hidden: 4096,
        variant: 'towers',
      },
      options,
    ),
};
