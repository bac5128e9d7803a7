import type { NetworkDefinition } from '../network.ts';
import { buildAlexnet } from './alexnet-plan.ts';

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
  // At full width 1e-3 easily loses the network; a narrow one is slow at 1e-4 and has less to drop.
  defaults: (scale) =>
    scale > 0.5 ? { dropout: 0.5, learningRate: 1e-4 } : { dropout: 0.3, learningRate: 1e-3 },
  build: (options) =>
    buildAlexnet(
      {
        id: 'alexnet',
        first: { kernel: 11, stride: 4, padding: 'valid' },
        filters: [96, 256, 384, 384, 256],
        hidden: 4096,
      },
      options,
    ),
};
