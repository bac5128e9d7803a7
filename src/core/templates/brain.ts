import { gradeLabels, minutesRecipe, type ProjectTemplate } from './template.ts';

export const brain: ProjectTemplate = {
  id: 'brain',
  name: 'Brain scans, stages',
  description: 'Grade brain slices as healthy, mild cognitive impairment or Alzheimer’s.',
  explanation: [
    'Stages have an order, so a miss by two stages is worse than one by one: labels are grades, and the network learns whether the next grade is reached.',
    'Atrophy goes with age in healthy people too. Compare the groups by age in Data before reading anything into the result.',
  ],
  task: 'ordinal',
  labels: gradeLabels,
  classes: ['healthy', 'mild cognitive impairment', "Alzheimer's"],
  recipe: {
    ...minutesRecipe,
    name: 'brain',
    augmentation: { rotationDegrees: 8, widthShift: 0.04, heightShift: 0.04, shearDegrees: 0, zoom: 0.05 },
  },
  recipeReason: 'Little zoom: the size of the ventricles is the finding.',
  metrics: ['kappaQuadratic', 'balancedAccuracy', 'withinOne'],
  intendedUse: 'grading brain slices by stage',
  caveats: [
    'Stages are told from single slices: history, tests of memory and other scans are not looked at.',
    'Atrophy goes with age: without a comparison within ages, it may be age that is told.',
  ],
  sample: true,
  toCome: null,
};
