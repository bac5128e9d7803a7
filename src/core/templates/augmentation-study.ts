import { minutesRecipe, oneClassLabels, type ProjectTemplate, watchingAuc } from './template.ts';

export const augmentationStudy: ProjectTemplate = {
  id: 'augmentation-study',
  name: 'Augmentation study',
  description: 'See what augmentation adds on few pictures: hands above and below nine and a half years.',
  explanation: [
    'The same network is trained with and without augmentation on the same patients. Train once with the recipe of this template and once with “Augmentation study, without”, compute the validation part of both, and compare them: Train → Runs, choose both, Compare. The difference is tested on the same patients, and the two are called “augmentation on” and “augmentation off”.',
    'Augmentation helps where test pictures vary in ways that training pictures are too few to show, here in position, angle and exposure. Of drawn pictures a fifth is to learn from, so that they are few.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['younger', 'older'],
  recipe: {
    ...minutesRecipe,
    name: 'augmentation-study',
    augmentation: {
      ...{ rotationDegrees: 40, widthShift: 0.1, heightShift: 0.1, shearDegrees: 0, zoom: 0.15 },
      ...{ horizontalFlip: true, brightness: 0.25, contrast: 0.2 },
    },
    // Of 120 pictures an epoch is a few steps: after 40 of them what augmentation adds did not show yet.
    epochs: 120,
    earlyStopping: watchingAuc,
  },
  recipeReason: 'Turns, shifts, mirrored hands and exposure as the test pictures have them.',
  metrics: ['auc', 'balancedAccuracy'],
  intendedUse: 'comparing trainings with and without augmentation',
  caveats: [
    'One training with and one without augmentation: another seed moves both, so that a small difference says little.',
    'What augmentation adds on few pictures it may not add on many.',
  ],
  sample: true,
  sampleShares: { train: 0.2, val: 0.15, test: 0.65 },
  toCome: 'Studies will train both in one go, over several seeds. Until then: two runs, compared in Train.',
};
