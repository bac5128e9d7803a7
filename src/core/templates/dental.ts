import { minutesRecipe, oneClassLabels, type ProjectTemplate, watchingAuc } from './template.ts';

export const dental: ProjectTemplate = {
  id: 'dental',
  name: 'Dental films',
  description: 'Tell healthy teeth from cavities and from teeth that need a root canal.',
  explanation: [
    'One class a film. If films show several teeth, crop to the tooth in question before importing, or label the worst.',
    'Exposure differs much between devices: if results differ by device, choose Full range as the grey window in Train.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['healthy', 'cavity', 'root canal needed'],
  recipe: {
    ...minutesRecipe,
    name: 'dental',
    augmentation: {
      ...{ rotationDegrees: 10, horizontalFlip: true, shearDegrees: 0, zoom: 0.08 },
      ...{ widthShift: 0.05, heightShift: 0.05, brightness: 0.15, contrast: 0.15 },
    },
    classWeights: 'balanced',
    epochs: 40,
    earlyStopping: watchingAuc,
  },
  recipeReason: 'Teeth of the right side mirrored are those of the left, so the horizontal flip is on.',
  metrics: ['balancedAccuracy', 'auc', 'f1'],
  intendedUse: 'sorting dental films by the treatment that a tooth needs',
  caveats: [
    'The answer is of the whole film: which tooth is meant is not told.',
    'Whether a tooth is treated is not decided by a film alone.',
  ],
  sample: true,
  toCome: null,
};
