import type { NetworkDefinition } from '../network.ts';
import { alexnetDefaults, buildAlexnet } from './alexnet-plan.ts';

/**
 * The single-tower Keras form of AlexNet: five convolutions, three overlapping 3×3 pools of stride 2,
 * three dense layers, ReLU, dropout. 62,378,344 parameters at 227×227×3 and 1,000 classes.
 */
export const alexnet: NetworkDefinition = {
  id: 'alexnet',
  name: 'AlexNet (single tower)',
  family: 'AlexNet',
  source: 'Krizhevsky, Sutskever, Hinton 2012, in the common single-tower form',
  description:
    'The form that most people mean by AlexNet. Five convolutions and three dense layers; quick, and hungry for memory rather than for time.',
  says: 'image',
  normalizesBatches: false,
  minimumSize: 67,
  defaultSize: 227,
  sizeStep: 1,
  defaults: alexnetDefaults,
  build: (options) =>
    buildAlexnet(
      {
        id: 'alexnet',
        first: { kernel: 11, stride: 4, padding: 'valid' },
        filters: [96, 256, 384, 384, 256],
        hidden: 4096,
        variant: 'plain',
      },
      options,
    ),
};
