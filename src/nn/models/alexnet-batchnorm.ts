import type { NetworkDefinition } from '../network.ts';
import { buildAlexnet } from './alexnet-plan.ts';

/**
 * The single tower with batch normalisation before every hidden activation: it takes larger learning rates and is
 * less moved by how it starts.
 */
export const alexnetBatchnorm: NetworkDefinition = {
  id: 'alexnet-batchnorm',
  name: 'AlexNet with batch normalisation',
  family: 'AlexNet',
  source: 'Krizhevsky, Sutskever, Hinton 2012; Ioffe and Szegedy 2015',
  description:
    'AlexNet that normalises its own activations: steadier from scratch and at higher learning rates. Needs batches of eight or more.',
  says: 'image',
  normalizesBatches: true,
  minimumSize: 67,
  defaultSize: 227,
  sizeStep: 1,
  // Batch normalisation regularises by itself (Ioffe and Szegedy 2015, section 4.2.1) and bears the larger rate.
  defaults: (scale) => ({ dropout: scale > 0.5 ? 0.5 : 0.2, learningRate: 1e-3 }),
  build: (options) =>
    buildAlexnet(
      {
        id: 'alexnet-batchnorm',
        first: { kernel: 11, stride: 4, padding: 'valid' },
        filters: [96, 256, 384, 384, 256],
        hidden: 4096,
        variant: 'batchNormalized',
      },
      options,
    ),
};
