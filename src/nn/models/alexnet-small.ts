import type { NetworkDefinition } from '../network.ts';
import { buildAlexnet } from './alexnet-plan.ts';

/** AlexNet's plan for 32×32 pictures: smaller first kernel without stride, narrower layers. */
export const alexnetSmall: NetworkDefinition = {
  id: 'alexnet-small',
  name: 'AlexNet for small pictures',
  family: 'AlexNet',
  source: "AlexNet's plan at the size of Krizhevsky's CIFAR-10 networks (2009)",
  description:
    'For pictures of 32 pixels, and for a first result within minutes on a processor without a graphics card.',
  says: 'image',
  normalizesBatches: false,
  minimumSize: 15,
  defaultSize: 32,
  sizeStep: 1,
  defaults: () => ({ dropout: 0.3, learningRate: 1e-3 }),
  build: (options) =>
    buildAlexnet(
      {
        id: 'alexnet-small',
        first: { kernel: 5, stride: 1, padding: 'same' },
        filters: [32, 64, 96, 96, 64],
        hidden: 512,
        variant: 'plain',
      },
      options,
    ),
};
