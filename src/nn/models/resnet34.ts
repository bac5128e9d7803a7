import type { NetworkDefinition } from '../network.ts';
import { buildResnet, resnetDefaults } from './resnet-plan.ts';

/** 21,797,672 parameters at 1,000 classes. */
export const resnet34: NetworkDefinition = {
  id: 'resnet34',
  name: 'ResNet-34',
  family: 'Residual and dense',
  source: 'He, Zhang, Ren, Sun 2016, as in torchvision',
  description: 'A residual network of 34 layers, for larger sets than resnet18.',
  says: 'image',
  normalizesBatches: true,
  minimumSize: 32,
  defaultSize: 224,
  sizeStep: 1,
  defaults: resnetDefaults,
  build: (options) => buildResnet({ id: 'resnet34', block: 'basic', blocks: [3, 4, 6, 3] }, options),
};
