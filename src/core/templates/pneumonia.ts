import { oneClassLabels, type ProjectTemplate } from './template.ts';

export const pneumonia: ProjectTemplate = {
  id: 'pneumonia',
  name: 'Pneumonia from chest films',
  description: 'Tell chest films with pneumonia from normal ones.',
  explanation: [
    'Two classes, frontal chest films. Opacities are soft and often partial: width of the window and patient position matter more than sharpness.',
    'Split by patient: films of one patient resemble each other more than films of one class do, and a split by image would look better than the network is.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['NORMAL', 'PNEUMONIA'],
  recipe: null,
  recipeReason: 'AlexNet as published, light augmentation, no flip: the heart is on the left.',
  metrics: ['auc', 'sensitivity', 'specificity'],
  intendedUse: 'telling chest films with signs of pneumonia from films without',
  caveats: [
    'Pneumonia against normal only: films with other findings are neither, and get one of the two answers all the same.',
    'How severe it is and what caused it is not told.',
  ],
  sample: true,
  toCome: null,
};
