import type { RecipeInput } from '../../src/contract/recipe.ts';

type Settings = NonNullable<RecipeInput['augmentation']>;

/** Every kind off, those too that a recipe has on by default. */
export const stillAugmentation: Settings = {
  rotationDegrees: 0,
  widthShift: 0,
  heightShift: 0,
  shearDegrees: 0,
  zoom: 0,
  brightness: 0,
};

/** Each kind on its own, at a strength that shows. */
export const augmentationKinds: Readonly<Record<string, Settings>> = {
  rotation: { rotationDegrees: 30 },
  shift: { widthShift: 0.2, heightShift: 0.2 },
  shear: { shearDegrees: 20 },
  zoom: { zoom: 0.3 },
  crop: { crop: 0.25 },
  horizontalFlip: { horizontalFlip: true },
  verticalFlip: { verticalFlip: true },
  brightness: { brightness: 0.3 },
  contrast: { contrast: 0.4 },
  gamma: { gamma: 0.5 },
  pcaColour: { pcaColour: 0.5 },
  noise: { noise: 0.1 },
  blur: { blur: 0.8 },
  cutOut: { cutOut: 0.5 },
  mixup: { mixup: 1 },
};

/** All of them at once. */
export const everyAugmentation: Settings = Object.values(augmentationKinds).reduce<Settings>(
  (all, kind) => ({ ...all, ...kind }),
  {},
);
