import { minutesRecipe, oneClassLabels, type ProjectTemplate, watchingAuc } from './template.ts';

export const multimodal: ProjectTemplate = {
  id: 'multimodal',
  name: 'Image and clinical table',
  description: 'Predict a patient’s outcome from a chest film together with clinical values.',
  explanation: [
    'Import the films, then the table in Data → Clinical table: one row a patient, columns with kinds and units, missing cells allowed.',
    'To see what the table adds, press “Train image, table and both” in Train: three trainings on the same split with the same seed. Then compare them in Train → Runs: what the table adds to the image is tested on the same patients. Values are standardised on training patients alone.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['recovered', 'deteriorated'],
  recipe: {
    ...minutesRecipe,
    name: 'multimodal',
    table: { use: 'both' },
    epochs: 40,
    earlyStopping: watchingAuc,
  },
  recipeReason: 'The picture’s features and the table’s meet before the last layer (late fusion).',
  metrics: ['auc', 'sensitivity', 'specificity'],
  intendedUse: 'predicting an outcome from a chest film and clinical values',
  caveats: [
    'What the table adds shows only beside trainings on the image alone and on the table alone.',
    'A value that goes with the outcome need not be its cause, and the outcome is the one that was recorded here.',
  ],
  sample: true,
  toCome: null,
};
