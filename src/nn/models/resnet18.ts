import type { NetworkDefinition } from '../network.ts';
import { buildResnet, resnetDefaults } from './resnet-plan.ts';

/** 11,689,512 parameters at 1,000 classes. */
export const resnet18: NetworkDefinition = {
  id: 'resnet18',
  name: 'ResNet-18',
  family: 'Residual and dense',
  source: 'He, Zhang, Ren, Sun 2016, as in torchvision',
  description:
    "A residual network of 18 layers: a fifth of AlexNet's parameters, and half as much arithmetic again. The usual rival on small sets.",
  says: 'image',
  normalizesBatches: true,
  minimumSize: 32,
  defaultSize: 224,
  sizeStep: 1,
  defaults: resnetDefaults,
  build: (options) => buildResnet({ id: 'resnet18', block: 'basic', blocks: [2, 2, 2, 2] }, options),
};
