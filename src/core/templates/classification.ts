import { oneClassLabels, type ProjectTemplate } from './template.ts';

export const classification: ProjectTemplate = {
  id: 'classification',
  name: 'Image classification',
  description: 'Sort pictures into classes of your own.',
  explanation: [
    'Name the classes yourself, or let the first labelled import make them from folders or a table.',
    'What a label is can be changed in Data → Labels: one class, several, a grade, a number, or drawings.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: [],
  recipe: null,
  recipeReason: 'AlexNet as published, light augmentation, no flip.',
  metrics: ['auc', 'balancedAccuracy', 'sensitivity', 'specificity'],
  intendedUse: 'telling the classes of this project apart on pictures like those that it was trained on',
  caveats: [
    'Classes and labels are this project’s own: whether they mean the same elsewhere is for its author to say.',
  ],
  sample: false,
  toCome: null,
};
