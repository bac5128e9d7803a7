import { describe, expect, it } from 'vitest';

import { parseRecipe } from '../../../../src/core/recipe.ts';
import { ablations } from '../../../../src/renderer/features/train/ablations.ts';
import {
  comparedRuns,
  differingValues,
  labelsOf,
  withChosen,
} from '../../../../src/renderer/features/train/compared-runs.ts';

describe('the runs that are compared', () => {
  it('are read from the address that a reload comes back to', () => {
    expect(comparedRuns('a,b')).toEqual(['a', 'b']);
    expect(comparedRuns('a,b,c')).toEqual(['a', 'b', 'c']);
  });

  it.each([undefined, null, '', 'a', 'a,', 'a,a', 'a,b,a', 'a,b,c,d,e,f,g', ['a,b', 'c,d']])(
    'are none for %j',
    (query) => {
      expect(comparedRuns(query)).toBeNull();
    },
  );

  it('are chosen one after another, the first ones making room', () => {
    expect(withChosen(['a', 'b'], 'c')).toEqual(['a', 'b', 'c']);
    expect(withChosen(['a', 'b'], 'a')).toEqual(['b']);
    expect(withChosen(['a', 'b', 'c', 'd', 'e', 'f'], 'g')).toEqual(['b', 'c', 'd', 'e', 'f', 'g']);
  });
});

describe('what they are called', () => {
  const recipe = (changes: object) => parseRecipe(changes);

  it('is what sets them apart, as the form says it, else their names', () => {
    const named = (name: string, changes: object) => ({ name, recipe: recipe(changes) });
    expect(labelsOf([named('x', { network: { id: 'unet' } }), named('x', {})])).toEqual([
      'U-Net',
      'AlexNet (single tower)',
    ]);
    expect(labelsOf([named('x', { epochs: 5 }), named('y', { epochs: 9 })])).toEqual([
      'Epochs: 5',
      'Epochs: 9',
    ]);
    expect(labelsOf([named('x', {}), named('x', {}), named('y', {})])).toEqual(['x (1)', 'x (2)', 'y']);
  });

  it('is image, table and both for the trainings of one button, which differ in nothing else', () => {
    const three = ablations(recipe({ seed: 7, epochs: 3 }), 'multimodal', ['multimodal, table']);
    expect(three.map(({ name }) => name)).toEqual([
      ...['multimodal, image', 'multimodal, table 2', 'multimodal, image and table'],
    ]);
    expect(labelsOf(three)).toEqual(['image', 'table', 'both']);
    const differing = differingValues(three.map((one) => one.recipe));
    expect(differing).toEqual([{ key: 'table.use', values: ['none', 'only', 'both'] }]);
  });
});
