import { minutesRecipe, oneClassLabels, type ProjectTemplate, watchingAuc } from './template.ts';

export const transferLearning: ProjectTemplate = {
  id: 'transfer-learning',
  name: 'Transfer learning',
  description: 'Start from weights that were trained before, where pictures are few.',
  explanation: [
    'Choose weights in Train → Starting weights: ImageNet weights of torchvision or Keras that you drop in or fetch, or an earlier run. The normalisation that belongs to them comes along.',
    'The first stages find edges and textures and are kept as they came; the last ones learn your classes. With more pictures, unfreeze more.',
    'Train once with and once without starting weights on the same split, then compare: Train → Runs, choose both, Compare. The difference is tested on the same patients.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['normal', 'abnormal'],
  recipe: {
    ...minutesRecipe,
    name: 'transfer-learning',
    transfer: { frozenStages: 3 },
    earlyStopping: watchingAuc,
  },
  recipeReason: 'Three stages stay as they came; without starting weights nothing is frozen.',
  metrics: ['auc', 'balancedAccuracy'],
  intendedUse: 'comparing trainings from scratch with trainings from weights that were trained before',
  caveats: [
    'One training from weights and one from scratch: another seed moves both, so that a small difference says little.',
    'What starting weights add depends on the pictures that they were trained on.',
  ],
  sample: true,
  sampleShares: { train: 0.12, val: 0.18, test: 0.7 },
  toCome: null,
};
