import { describe, expect, it } from 'vitest';

import { recipeSchema } from '../../../../src/contract/recipe.ts';
import { findPreset } from '../../../../src/core/recipe-presets.ts';
import { unusedBecauseOf } from '../../../../src/core/recipe-relevance.ts';
import {
  isUsed,
  recipeDifferences,
  recipeFields,
  unusedAmong,
  valueAt,
} from '../../../../src/renderer/features/train/recipe-fields.ts';
import { unusedWords } from '../../../../src/renderer/features/train/recipe-words.ts';

const unusedOf = (settings: Parameters<typeof recipeSchema.parse>[0]): string[] => {
  const recipe = recipeSchema.parse(settings);
  return recipeFields.map(({ key }) => key).filter((key) => !isUsed(recipe, key));
};

describe('the keys of a recipe that change nothing', () => {
  const ofOptimizers = {
    adam: ['optimizer.momentum', 'optimizer.nesterov', 'optimizer.rho', 'optimizer.weightDecay'],
    adamw: ['optimizer.momentum', 'optimizer.nesterov', 'optimizer.rho'],
    sgd: ['optimizer.rho', 'optimizer.beta1', 'optimizer.beta2', 'optimizer.epsilon'],
    rmsprop: ['optimizer.nesterov', 'optimizer.beta1', 'optimizer.beta2', 'optimizer.weightDecay'],
  };
  it.each(Object.entries(ofOptimizers))('with %s are those of other optimisers', (id, unused) => {
    const found = unusedOf({ optimizer: { id } });
    expect(found.filter((key) => key.startsWith('optimizer.')).sort()).toEqual([...unused].sort());
  });

  it.each([
    ['constant', ['dropEpochs', 'dropFactor']],
    ['cosine', ['dropEpochs', 'dropFactor']],
    ['step', []],
    ['plateau', []],
    ['oneCycle', ['warmupEpochs', 'dropEpochs', 'dropFactor']],
  ])('with the schedule %s are %j', (id, unused) => {
    const found = unusedOf({ schedule: { id } });
    expect(found.filter((key) => key.startsWith('schedule.'))).toEqual(
      unused.map((key) => `schedule.${key}`),
    );
  });

  it('are the focus without focal loss, colours of grey pictures, and a border that nothing uncovers', () => {
    const still = { rotationDegrees: 0, widthShift: 0, heightShift: 0, shearDegrees: 0, zoom: 0 };
    expect(unusedOf({})).toContain('loss.gamma');
    expect(unusedOf({ loss: { id: 'focal' } })).not.toContain('loss.gamma');
    expect(unusedOf({ input: { channels: 1 } })).toContain('augmentation.pcaColour');
    expect(unusedOf({})).not.toContain('augmentation.pcaColour');
    expect(unusedOf({ augmentation: still })).toContain('augmentation.fill');
    expect(unusedOf({ augmentation: { ...still, zoom: 0.1 } })).not.toContain('augmentation.fill');
  });

  it('rest on keys that there are, and on values that those may have', () => {
    for (const { key } of recipeFields) {
      const asked: string[] = [];
      unusedBecauseOf(key, (other) => {
        asked.push(other);
        return null;
      });
      for (const other of asked)
        expect(
          recipeFields.map((field) => field.key),
          key,
        ).toContain(other);
    }
  });

  it('are told with their reason', () => {
    const recipe = recipeSchema.parse({});
    const fields = recipeFields.filter(({ group }) => group === 'optimizer');
    const valueOf = (key: string) => valueAt(recipe, key);
    expect(unusedAmong(fields, valueOf).map((one) => unusedWords(one, valueOf))).toEqual([
      'Not used while “Optimiser” is Adam: Momentum, Nesterov, Rho and Weight decay.',
    ]);
    const still = unusedAmong(
      recipeFields.filter(({ key }) => key === 'augmentation.fill'),
      () => 0,
    );
    expect(unusedWords(still[0]!, () => 0)).toBe(
      'Not used while “Rotation”, “Shift sideways”, “Shift up and down”, “Shear” and “Zoom” are 0: Uncovered border.',
    );
  });

  it('make no difference between two recipes', () => {
    const { recipe } = findPreset('default');
    const other = recipeSchema.parse({ ...recipe, optimizer: { ...recipe.optimizer, rho: 0.5, beta1: 0.5 } });
    expect(recipeDifferences(recipe, other).map(({ key }) => key)).toEqual(['optimizer.beta1']);
  });
});
