import { minutesRecipe, oneClassLabels, type ProjectTemplate } from './template.ts';

export const skin: ProjectTemplate = {
  id: 'skin',
  name: 'Skin lesions',
  description: 'Tell benign, malignant and non-cancerous lesions apart on colour photographs.',
  explanation: [
    'Colour carries the finding, so pictures stay in colour. Border, asymmetry and the variety of colours matter; size on the picture does not, unless all were taken at one distance.',
    'Look at results by skin tone and by device in Data before believing a total: hair, rulers and gel marks often go with a diagnosis and not with the lesion.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['benign', 'malignant', 'non-cancerous'],
  recipe: {
    ...minutesRecipe,
    name: 'skin',
    augmentation: {
      ...{ rotationDegrees: 180, horizontalFlip: true, verticalFlip: true, shearDegrees: 0 },
      ...{ widthShift: 0.05, heightShift: 0.05, zoom: 0.15, brightness: 0.15, contrast: 0.1 },
    },
    classWeights: 'balanced',
  },
  recipeReason:
    'A lesion has no upright side, so every rotation and both flips are right; light and contrast differ between cameras.',
  metrics: ['balancedAccuracy', 'auc', 'sensitivity'],
  intendedUse: 'sorting photographs of skin lesions into benign, malignant and non-cancerous',
  caveats: [
    'The pictures are photographs from one source: other cameras, other light and other skin tones may give other figures.',
    'What is malignant is only as certain as the labels; a photograph is no biopsy.',
  ],
  sample: true,
  toCome: null,
};
