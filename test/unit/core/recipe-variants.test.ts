import { describe, expect, it } from 'vitest';

import type { Recipe } from '../../../src/contract/recipe.ts';
import { parseRecipe } from '../../../src/core/recipe.ts';
import { findPreset } from '../../../src/core/recipe-presets.ts';
import { plainestVariant, recipeVariants } from '../../../src/core/recipe-variants.ts';

const recipe = (changes: object): Recipe => parseRecipe({ name: JSON.stringify(changes), ...changes });

describe('what sets recipes apart', () => {
  it('is what is read of the clinical table, however its own keys stand, and the image is the plain one', () => {
    const variants = recipeVariants([
      recipe({ table: { use: 'both', units: 8 } }),
      recipe({ table: { use: 'only' } }),
      recipe({ table: { use: 'none' } }),
    ]);
    expect(variants).toEqual(['both', 'table', 'image']);
    expect(plainestVariant(variants)).toBe(2);
  });

  it("is augmentation, for the study's two presets", () => {
    const presets = ['augmentation-study', 'augmentation-study-plain'].map((id) => findPreset(id).recipe);
    const variants = recipeVariants(presets);
    expect(variants).toEqual(['augmentation on', 'augmentation off']);
    expect(plainestVariant(variants)).toBe(1);
  });

  it('is the network, with what is left to it', () => {
    const variants = recipeVariants([
      recipe({ network: { id: 'alexnet', dropout: 0.5 }, optimizer: { learningRate: 1e-4 } }),
      recipe({ network: { id: 'resnet18', dropout: 0 }, optimizer: { learningRate: 1e-3 } }),
    ]);
    expect(variants).toEqual(['network.id alexnet', 'network.id resnet18']);
    expect(plainestVariant(variants)).toBe(0);
  });

  it('is where the weights come from', () => {
    expect(
      recipeVariants([
        recipe({ transfer: { weights: 'torchvision-alexnet', frozenStages: 3 } }),
        recipe({ transfer: { weights: 'torchvision-alexnet' } }),
        recipe({}),
      ]),
    ).toEqual([
      'from torchvision-alexnet, 3 frozen',
      'from torchvision-alexnet, none frozen',
      'from scratch',
    ]);
  });

  it('is one other key, in the words that are asked for', () => {
    const two = [recipe({ epochs: 5 }), recipe({ epochs: 9, backend: { threads: 3 } })];
    expect(recipeVariants(two)).toEqual(['epochs 5', 'epochs 9']);
    expect(recipeVariants(two, (_, value) => `${String(value)} epochs`)).toEqual(['5 epochs', '9 epochs']);
  });

  it('has no name where it is several things, nothing, or the same for two', () => {
    expect(recipeVariants([recipe({ epochs: 5 }), recipe({ seed: 2 })])).toEqual([null, null]);
    expect(recipeVariants([recipe({}), recipe({})])).toEqual([null, null]);
    expect(recipeVariants([recipe({ epochs: 5 }), recipe({ epochs: 9 }), recipe({ epochs: 9 })])).toEqual([
      null,
      null,
      null,
    ]);
    // A key that neither uses is no difference.
    expect(recipeVariants([recipe({ loss: { gamma: 1 } }), recipe({})])).toEqual([null, null]);
  });
});
