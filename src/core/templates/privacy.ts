import { minutesRecipe, oneClassLabels, type ProjectTemplate } from './template.ts';

export const privacy: ProjectTemplate = {
  id: 'privacy',
  name: 'Patient privacy',
  description: 'Find and remove identifiers in headers and burned into pictures.',
  explanation: [
    'The sample has names, birth dates and hospital numbers burned into its films, and a table of what stands where, so that a tool can be checked against it.',
    'Readroom itself never sends anything anywhere; this project is about what leaves in your exports.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['NORMAL', 'PNEUMONIA'],
  recipe: { ...minutesRecipe, name: 'privacy' },
  recipeReason: 'As for chest films, without flip.',
  metrics: ['auc', 'sensitivity', 'specificity'],
  intendedUse: 'checking what identifiers stand in a collection',
  caveats: ['The model sorts chest films: its figures do not say whether identifiers were found or removed.'],
  sample: true,
  toCome:
    'De-identification of headers and of burned-in text, with receipts, is still to come. Today: import, look at what headers and pictures show, label films with burned-in names by hand.',
};
