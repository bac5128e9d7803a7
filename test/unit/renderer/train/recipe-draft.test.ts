import { describe, expect, it } from 'vitest';

import { findPreset } from '../../../../src/core/recipe-presets.ts';
import {
  augmentationSwitches,
  draftValue,
  isSwitchedOn,
  previewSettings,
  readDraft,
  type RecipeDraft,
  recipeOf,
  switched,
  withoutChange,
  withValue,
} from '../../../../src/renderer/features/train/recipe-draft.ts';

const draft: RecipeDraft = {
  origin: 'the preset Quick',
  preset: 'quick',
  base: findPreset('quick').recipe,
  changes: {},
};
const named = (title: string) => augmentationSwitches.find((one) => one.title === title)!;

describe('a recipe that is being written', () => {
  it('counts a value that is put back as unchanged', () => {
    const changed = withValue(draft, 'network.scale', 0.5);
    expect(changed.changes).toEqual({ 'network.scale': 0.5 });
    expect(withValue(changed, 'network.scale', 0.25).changes).toEqual({});
    expect(withoutChange(changed, 'network.scale').changes).toEqual({});
  });

  it('keeps an open value that was chosen over a fixed one', () => {
    const open = withValue(draft, 'input.size', null);
    expect(draftValue(open, 'input.size')).toBeNull();
    expect(recipeOf(open).input.size).toBeNull();
  });

  it('holds a window by its numbers or its name, and counts the one it began with as unchanged', () => {
    const numbers = withValue(draft, 'input.window', { center: 40, width: 400 });
    expect(recipeOf(numbers).input.window).toEqual({ center: 40, width: 400 });
    expect(draftValue(numbers, 'input.window')).toEqual({ center: 40, width: 400 });
    expect(draftValue(draft, 'input.window')).toBe('file');
    expect(withValue(numbers, 'input.window', 'file').changes).toEqual({});
    const again = { ...draft, base: recipeOf(numbers) };
    expect(withValue(again, 'input.window', { center: 40, width: 400 }).changes).toEqual({});
    expect(recipeOf(withValue(again, 'input.window', 'file'))).toEqual(draft.base);
    expect(previewSettings(numbers)).not.toBe(previewSettings(draft));
  });

  it('changes only the named keys of a group', () => {
    const recipe = recipeOf(withValue(withValue(draft, 'network.scale', 0.5), 'epochs', 3));
    expect(recipe).toEqual({
      ...draft.base,
      epochs: 3,
      network: { ...draft.base.network, scale: 0.5 },
    });
    expect(draft.base.network.scale).toBe(0.25);
  });

  it('refuses a value outside the schema', () => {
    expect(() => recipeOf(withValue(draft, 'epochs', 0))).toThrow(/epochs is 0/);
  });

  it('comes back from storage, and not at all when it cannot be read', () => {
    const changed = withValue(draft, 'epochs', 3);
    expect(readDraft(JSON.stringify(changed))).toEqual(changed);
    expect(readDraft(null)).toBeNull();
    expect(readDraft('{"origin":"x","changes":{},"base":{"epochs":"many"}}')).toBeNull();
    expect(readDraft('not json')).toBeNull();
  });
});

describe('augmentation switches', () => {
  it('turn an augmentation off and back to its strength', () => {
    const off = switched(draft, named('Shift'), false);
    expect(off.changes).toEqual({ 'augmentation.widthShift': 0, 'augmentation.heightShift': 0 });
    expect(isSwitchedOn(off, named('Shift'))).toBe(false);
    expect(switched(off, named('Shift'), true).changes).toEqual({});
  });

  it('give the usual strength where the recipe had none', () => {
    const tutorial: RecipeDraft = { ...draft, base: findPreset('tutorial').recipe };
    expect(isSwitchedOn(tutorial, named('Brightness'))).toBe(false);
    expect(draftValue(switched(tutorial, named('Brightness'), true), 'augmentation.brightness')).toBe(0.1);
  });

  it.each(augmentationSwitches.map((one) => [one.title, one] as const))(
    'leave %s off when it is switched off, and on when it is switched on',
    (_title, one) => {
      const off = switched(draft, one, false);
      expect(isSwitchedOn(off, one)).toBe(false);
      expect(isSwitchedOn(switched(off, one, true), one)).toBe(true);
    },
  );

  it('name every augmentation of a recipe once, but for what fills the border', () => {
    const keys = augmentationSwitches.flatMap((one) => one.keys).toSorted();
    const all = Object.keys(draft.base.augmentation).filter((key) => key !== 'fill');
    expect(keys).toEqual(all.map((key) => `augmentation.${key}`).toSorted());
  });

  it('mirror only when asked for', () => {
    expect(isSwitchedOn(draft, named('Mirror left and right'))).toBe(false);
    const on = switched(draft, named('Mirror left and right'), true);
    expect(recipeOf(on).augmentation.horizontalFlip).toBe(true);
  });
});

describe('the pictures of the augmentation', () => {
  it('depend on what prepares and changes pictures, and on nothing else', () => {
    const settings = previewSettings(draft);
    for (const [key, value] of [
      ['augmentation.noise', 0.1],
      ['input.size', 64],
      ['network.id', 'alexnet-small'],
      ['seed', 2],
    ] as const)
      expect(previewSettings(withValue(draft, key, value)), key).not.toBe(settings);
    for (const [key, value] of [
      ['epochs', 3],
      ['optimizer.id', 'sgd'],
    ] as const)
      expect(previewSettings(withValue(draft, key, value)), key).toBe(settings);
  });
});
