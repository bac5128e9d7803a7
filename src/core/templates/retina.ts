import { minutesRecipe, oneClassLabels, type ProjectTemplate } from './template.ts';

export const retina: ProjectTemplate = {
  id: 'retina',
  name: 'Retinal disease',
  description:
    'Tell healthy eyes from diabetic retinopathy, glaucoma and macular degeneration on fundus photographs.',
  explanation: [
    'Four classes. Microaneurysms are a few pixels wide, the cup of the disc is large: one input size is a compromise, 128 pixels see the disc and miss the smallest bleedings.',
    'Both eyes of a patient belong into one part of the split; give the patient at import.',
  ],
  task: 'classification',
  labels: oneClassLabels,
  classes: ['healthy', 'diabetic retinopathy', 'glaucoma', 'macular degeneration'],
  recipe: {
    ...minutesRecipe,
    name: 'retina',
    input: { size: 160 },
    augmentation: {
      ...{ rotationDegrees: 15, horizontalFlip: true, shearDegrees: 0, zoom: 0.08 },
      ...{ widthShift: 0.04, heightShift: 0.04, brightness: 0.15 },
    },
    classWeights: 'balanced',
  },
  recipeReason:
    'A mirrored right eye is a left eye, so the horizontal flip is on; upside down no eye is photographed.',
  metrics: ['balancedAccuracy', 'auc', 'kappa'],
  intendedUse: 'sorting fundus photographs into four groups',
  caveats: [
    'Four groups only, one for each photograph: an eye with two diseases gets one answer.',
    'Stages of diabetic retinopathy are not told apart, and bleedings finer than the input are not seen.',
  ],
  sample: true,
  toCome: null,
};
