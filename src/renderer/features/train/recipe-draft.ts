import { isRecord } from '../../../contract/is-record.ts';
import { type Recipe, recipeSchema } from '../../../contract/recipe.ts';
import { applySettings } from '../../../core/recipe.ts';
import { isSameValue, recipeFields, type RecipeValue, valueAt } from './recipe-fields.ts';

/** A recipe that is being written: where it started, and what was changed since, by dotted key. */
export interface RecipeDraft {
  /** What it started from, as people read it. */
  readonly origin: string;
  /** The preset that it started from; null for a file or a run. */
  readonly preset: string | null;
  readonly base: Recipe;
  readonly changes: Readonly<Record<string, RecipeValue>>;
}

/** A draft with a key set; back at its base the key counts as unchanged. */
export function withValue(draft: RecipeDraft, key: string, value: RecipeValue): RecipeDraft {
  const { [key]: _, ...others } = draft.changes;
  return {
    ...draft,
    changes: isSameValue(valueAt(draft.base, key), value) ? others : { ...others, [key]: value },
  };
}

/** A draft with a key as its base has it. */
export const withoutChange = (draft: RecipeDraft, key: string): RecipeDraft =>
  withValue(draft, key, valueAt(draft.base, key));

/** The value in force. */
export function draftValue({ base, changes }: RecipeDraft, key: string): RecipeValue {
  const changed = changes[key];
  return changed === undefined ? valueAt(base, key) : changed;
}

/** Everything of a draft that the pictures of its augmentation depend on, as one text. */
export const previewSettings = (draft: RecipeDraft): string =>
  JSON.stringify(
    recipeFields
      .filter(
        ({ key, group }) =>
          group === 'augmentation' || group === 'input' || key === 'network.id' || key === 'seed',
      )
      .map(({ key }) => draftValue(draft, key)),
  );

/** The draft as a recipe. @throws ReadroomError `badRecipe` */
export const recipeOf = ({ base, changes }: RecipeDraft): Recipe => applySettings(base, changes);

/** What of the draft decides what is learned. */
export function draftRecipe(draft: RecipeDraft): Pick<Recipe, 'output' | 'network'> {
  const value = (key: string): unknown => draftValue(draft, key);
  return {
    network: { ...draft.base.network, id: value('network.id') as Recipe['network']['id'] },
    output: {
      twoClasses: value('output.twoClasses') as Recipe['output']['twoClasses'],
      grades: value('output.grades') as Recipe['output']['grades'],
    },
  };
}

/** A draft as it was stored; null for what cannot be read any more. */
export function readDraft(text: string | null): RecipeDraft | null {
  try {
    const stored: unknown = JSON.parse(text ?? 'null');
    if (!isRecord(stored) || !isRecord(stored['changes']) || typeof stored['origin'] !== 'string')
      return null;
    return {
      origin: stored['origin'],
      preset: typeof stored['preset'] === 'string' ? stored['preset'] : null,
      base: recipeSchema.parse(stored['base']),
      changes: stored['changes'] as RecipeDraft['changes'],
    };
  } catch {
    return null;
  }
}

/** An augmentation that can be switched on and off as a whole. */
export interface AugmentationSwitch {
  readonly title: string;
  readonly keys: readonly string[];
  /** A usual strength, for what no recipe has on unless asked for. */
  readonly strength?: number;
}
const one = (title: string, key: string, strength?: number): AugmentationSwitch => ({
  title,
  keys: [`augmentation.${key}`],
  ...(strength !== undefined && { strength }),
});
export const augmentationSwitches: readonly AugmentationSwitch[] = [
  one('Rotation', 'rotationDegrees'),
  { title: 'Shift', keys: ['augmentation.widthShift', 'augmentation.heightShift'] },
  one('Shear', 'shearDegrees'),
  one('Zoom', 'zoom'),
  // As the AlexNet paper: 224 of 256 pixels.
  one('Crop', 'crop', 0.125),
  one('Mirror left and right', 'horizontalFlip'),
  one('Mirror up and down', 'verticalFlip'),
  one('Brightness', 'brightness'),
  one('Contrast', 'contrast', 0.2),
  one('Gamma', 'gamma', 0.2),
  // As the AlexNet paper.
  one('Colour shift', 'pcaColour', 0.1),
  one('Noise', 'noise', 0.03),
  one('Blur', 'blur', 0.5),
  one('Cut-out', 'cutOut', 0.25),
  one('Mix-up', 'mixup', 0.2),
];

const isOn = (value: RecipeValue): boolean => value === true || (typeof value === 'number' && value > 0);

export const isSwitchedOn = (draft: RecipeDraft, { keys }: AugmentationSwitch): boolean =>
  keys.some((key) => isOn(draftValue(draft, key)));

const usual = recipeSchema.parse({});

/** Off sets zero; on takes the draft's base, or the usual strength where that has none. */
export function switched(
  draft: RecipeDraft,
  { keys, strength }: AugmentationSwitch,
  on: boolean,
): RecipeDraft {
  return keys.reduce((next, key) => {
    const base = valueAt(draft.base, key);
    const isFlag = typeof base === 'boolean';
    if (!on) return withValue(next, key, isFlag ? false : 0);
    return withValue(next, key, isFlag ? true : isOn(base) ? base : (strength ?? valueAt(usual, key)));
  }, draft);
}
