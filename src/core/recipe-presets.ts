import { ReadroomError } from '../contract/errors.ts';
import { type Recipe, type RecipeInput, recipeSchema } from '../contract/recipe.ts';
import { augmentationStudy } from './templates/augmentation-study.ts';
import { projectTemplates } from './templates/index.ts';
import { oneOf } from './words.ts';

/** A named starting point for a recipe. */
export interface RecipePreset {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly recipe: Recipe;
}

/** The worked example that users arrive with: a Keras script of ten epochs at Keras' own defaults. */
const tutorial: RecipeInput = {
  name: 'tutorial',
  network: { id: 'alexnet', scale: 1, dropout: 0.5 },
  input: { size: 227, channels: 3, fit: 'stretch', kernel: 'nearest', normalization: 'unit' },
  augmentation: {
    rotationDegrees: 20,
    widthShift: 0.2,
    heightShift: 0.2,
    shearDegrees: 0.2,
    zoom: 0.2,
    horizontalFlip: true,
    brightness: 0,
    fill: 'nearest',
  },
  optimizer: { id: 'adam', learningRate: 1e-3 },
  schedule: { id: 'constant', warmupEpochs: 0 },
  epochs: 10,
  batchSize: 32,
  earlyStopping: { patience: 0, restoreBest: false },
};

/** Minutes on a processor: a quarter of the width at about half the size; 1e-3 leaves chance late on soft findings. */
const quick: RecipeInput = {
  name: 'quick',
  network: { id: 'alexnet', scale: 0.25 },
  input: { size: 128 },
  optimizer: { id: 'adam', learningRate: 4e-4 },
  epochs: 30,
  // On some hundred pictures the validation loss is too rough to stop by; the best epoch is kept all the same.
  earlyStopping: { patience: 0 },
};

/** The augmentation study's other half: the same training without any augmentation. */
const withoutAugmentation: RecipeInput = {
  ...augmentationStudy.recipe,
  name: 'augmentation-study-plain',
  augmentation: {
    ...{ rotationDegrees: 0, widthShift: 0, heightShift: 0, shearDegrees: 0, zoom: 0 },
    ...{ brightness: 0, contrast: 0, horizontalFlip: false },
  },
};

const ofTemplates: readonly RecipePreset[] = projectTemplates.flatMap(({ id, name, recipe, recipeReason }) =>
  recipe === null ? [] : [{ id, name, description: recipeReason, recipe: recipeSchema.parse(recipe) }],
);

export const recipePresets: readonly RecipePreset[] = [
  {
    id: 'default',
    name: 'Default',
    description:
      'AlexNet with light augmentation and no flip, Adam with cosine decay, early stopping, best weights kept, inputs normalised by the training images.',
    recipe: recipeSchema.parse({}),
  },
  {
    id: 'quick',
    name: 'Quick',
    description:
      'AlexNet at a quarter of its width on 128×128 pictures, Adam at 4e-4, 30 epochs: minutes on a processor, for a first look and small collections.',
    recipe: recipeSchema.parse(quick),
  },
  {
    id: 'tutorial',
    name: 'Tutorial',
    description:
      'The common Keras script: pixels × 1/255, rotation 20°, shifts and zoom 0.2, shear 0.2° as Keras means it, horizontal flip, Adam at 1e-3, batch 32, 10 epochs, last weights.',
    recipe: recipeSchema.parse(tutorial),
  },
  ...ofTemplates,
  {
    id: 'augmentation-study-plain',
    name: 'Augmentation study, without',
    description: 'As the augmentation study, with every augmentation off.',
    recipe: recipeSchema.parse(withoutAugmentation),
  },
];

/** The preset of this id. @throws ReadroomError `unknownRecipe`. */
export function findPreset(id: string): RecipePreset {
  const found = recipePresets.find((preset) => preset.id === id);
  if (!found)
    throw new ReadroomError(
      'unknownRecipe',
      `There is no recipe "${id}".`,
      `Use ${oneOf(recipePresets.map((preset) => preset.id))}, or name a recipe file.`,
    );
  return found;
}

/** The preset that a project of a template trains with unless another is asked for. */
export function presetOfTemplate(template: string): string {
  return projectTemplates.some(({ id, recipe }) => id === template && recipe !== null) ? template : 'default';
}
