import type { NetworkDefinition } from '../network.ts';
import { buildResnet, resnetDefaults } from './resnet-plan.ts';

/** 25,557,032 parameters at 1,000 classes. */
export const resnet50: NetworkDefinition = {
  id: 'resnet50',
  name: 'ResNet-50',
  family: 'Residual and dense',
  source: 'He, Zhang, Ren, Sun 2016, as in torchvision',
  description: 'A residual network of 50 layers in bottlenecks. Slow without a graphics card.',
  says: 'image',
  normalizesBatches: true,
  minimumSize: 32,
  defaultSize: 224,
  sizeStep: 1,
  defaults: resnetDefaults,
  build: (options) => buildResnet({ id: 'resnet50', block: 'bottleneck', blocks: [3, 4, 6, 3] }, options),
};
