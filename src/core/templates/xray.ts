import { minutesRecipe, oneClassLabels, type ProjectTemplate } from './template.ts';

export const xray: ProjectTemplate = {
  id: 'xray',
  name: 'X-ray, several classes',
  description: 'Tell normal limbs from fractures and from infections of the bone.',
  explanation: [
    'Three classes that exclude each other: normal, fracture, infection. Where a film can show two findings at once, change the labels to several classes in Data → Labels.',
    'Fracture lines are thin: small inputs lose them. If sensitivity for fractures stays low, raise the input size before anything else.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['normal', 'fracture', 'infection'],
  recipe: {
    ...minutesRecipe,
    name: 'xray',
    augmentation: { rotationDegrees: 15, widthShift: 0.06, heightShift: 0.06, shearDegrees: 0, zoom: 0.1 },
    classWeights: 'balanced',
  },
  recipeReason:
    'Limbs lie at any small angle on the film, so they are turned; shear would bend bones, so it is off.',
  metrics: ['balancedAccuracy', 'auc', 'f1'],
  intendedUse: 'sorting limb radiographs into normal, fracture and infection',
  caveats: [
    'Three groups only: other findings of bone, joint and soft tissue are not looked for, and two findings on one film get one answer.',
    'Limbs are taken together: figures may differ between hands, feet and long bones.',
  ],
  sample: true,
  toCome: null,
};
