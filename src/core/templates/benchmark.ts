import { minutesRecipe, oneClassLabels, type ProjectTemplate } from './template.ts';

export const benchmark: ProjectTemplate = {
  id: 'benchmark',
  name: 'Benchmark of networks',
  description: 'Compare AlexNet with ResNet and DenseNet in accuracy, speed and memory.',
  explanation: [
    'Train the same recipe with AlexNet, ResNet-18 and DenseNet-121 on the same split, evaluate each, and compare them: Train → Runs, choose up to six, Compare. Differences from one of them are tested on the same patients, corrected for their number.',
    'Networks with batch normalisation bear higher learning rates; the recipe leaves the rate to the network.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['normal', 'fracture', 'infection'],
  recipe: { ...minutesRecipe, name: 'benchmark' },
  recipeReason:
    'The same input, augmentation and epochs for every network; the learning rate is the network’s own.',
  metrics: ['balancedAccuracy', 'auc'],
  intendedUse: 'comparing networks on the same patients',
  caveats: [
    'One training of each network: another seed moves all of them, so that a small difference says little.',
    'Speed and memory are of the machine that trained.',
  ],
  sample: true,
  toCome:
    'Studies will train all networks in one go, over several seeds. Until then: one run a network, compared in Train.',
};
