import { describe, expect, it } from 'vitest';

import type { Recipe } from '../../../../src/contract/recipe.ts';
import { recipePresets } from '../../../../src/core/recipe-presets.ts';
import {
  recipeDifferences,
  recipeFields,
  valueAt,
} from '../../../../src/renderer/features/train/recipe-fields.ts';
import { groupWords, recipeWords } from '../../../../src/renderer/features/train/recipe-keys.ts';
import {
  inWords,
  keyNamedIn,
  recipeFigureWords,
  recipeValueWords,
} from '../../../../src/renderer/features/train/recipe-words.ts';

describe('the words of the recipe form', () => {
  it('name every key of the schema and no other', () => {
    expect(Object.keys(recipeWords).sort()).toEqual(recipeFields.map(({ key }) => key).sort());
  });

  it('name every group of the schema and no other', () => {
    const groups = new Set(recipeFields.flatMap(({ group }) => group ?? []));
    expect(Object.keys(groupWords).sort()).toEqual([...groups].sort());
  });

  it('name every value that may be chosen', () => {
    for (const { key, choices } of recipeFields)
      for (const choice of choices) expect(recipeWords[key]?.choices, key).toHaveProperty(String(choice));
  });

  it('say what stands for a value that is left open', () => {
    for (const { key, nullable } of recipeFields)
      if (nullable) expect(recipeWords[key]?.empty, key).toBeTruthy();
  });

  it('explain each key in one sentence', () => {
    for (const [key, { about }] of Object.entries(recipeWords)) expect(about, key).toMatch(/^[A-Z].*\.$/);
  });
});

describe('recipe fields', () => {
  const field = (key: string) => recipeFields.find((one) => one.key === key);

  it('take limits, whole numbers and open values from the schema', () => {
    expect(field('input.size')).toMatchObject({
      kind: 'number',
      whole: true,
      minimum: 8,
      maximum: 1024,
      nullable: true,
    });
    expect(field('input.channels')).toMatchObject({ kind: 'choice', choices: [1, 3], nullable: true });
    expect(field('augmentation.horizontalFlip')).toMatchObject({ kind: 'switch', group: 'augmentation' });
    expect(field('backend.id')).toMatchObject({ kind: 'text' });
  });

  it('take a window for one field, by name or by its numbers', () => {
    expect(field('input.window')).toMatchObject({ kind: 'window', group: 'input', nullable: false });
    expect(field('input.window')!.choices.slice(0, 3)).toEqual(['file', 'full', 'abdomen']);
    expect(recipeFields.filter(({ key }) => key.startsWith('input.window'))).toHaveLength(1);
  });

  it('leave the version of the format out: nobody may set it', () => {
    expect(field('formatVersion')).toBeUndefined();
  });

  it('tell only what differs between two recipes', () => {
    const [first, quick] = recipePresets;
    expect(recipeDifferences(quick!.recipe, quick!.recipe)).toEqual([]);
    expect(recipeDifferences(first!.recipe, quick!.recipe)).toContainEqual({
      key: 'network.scale',
      from: 1,
      to: 0.25,
    });
  });
});

describe('a window in words', () => {
  const { recipe } = recipePresets[0]!;
  const windowed = (window: Recipe['input']['window']): Recipe => ({
    ...recipe,
    input: { ...recipe.input, window },
  });

  it('is named, or said by its numbers', () => {
    expect(recipeValueWords('input.window', valueAt(recipe, 'input.window'))).toBe('As the file says');
    expect(recipeValueWords('input.window', 'angio')).toBe('Angiography');
    expect(recipeValueWords('input.window', { center: 40, width: 400 })).toBe('centre 40, width 400');
  });

  it('differs from another by its numbers', () => {
    const brain = windowed({ center: 40, width: 80 });
    expect(recipeDifferences(brain, windowed({ center: 40, width: 80 }))).toEqual([]);
    expect(recipeDifferences(recipe, windowed('file'))).toEqual([]);
    expect(recipeDifferences(recipe, brain)).toEqual([
      { key: 'input.window', from: 'file', to: { center: 40, width: 80 } },
    ]);
  });

  it('has its sentences at its field', () => {
    const sentence = 'input.window.width is 0, but must be more than 0.';
    expect(keyNamedIn(sentence)).toBe('input.window');
    expect(inWords(sentence)).toBe('“Grey window” width is 0, but must be more than 0.');
    expect(inWords('Use --set input.window=file.')).toBe('Use “Grey window” As the file says.');
  });
});

describe('values and sentences in words', () => {
  it('reads values with their units', () => {
    expect(recipeValueWords('augmentation.rotationDegrees', 10)).toBe('10°');
    expect(recipeValueWords('input.size', null)).toBe("The network's own");
    expect(recipeValueWords('input.channels', 3)).toBe('Colour');
    expect(recipeValueWords('earlyStopping.restoreBest', false)).toBe('no');
  });

  it('shows no command-line keys on screen', () => {
    expect(inWords('Use --set network.id=alexnet-small.')).toBe('Use “Network” AlexNet for small pictures.');
    expect(inWords('epochs is 1000000000, but must be at most 10000.')).toBe(
      '“Epochs” is 1000000000, but must be at most 10000.',
    );
    expect(inWords('A batchSize of 8 fits.')).toBe('A “Batch size” of 8 fits.');
    expect(inWords('Choose a smaller input.size or network.scale, or close other programs.')).toBe(
      'Choose a smaller “Input size” or “Width”, or close other programs.',
    );
  });

  it('leaves words of the language alone that are keys too', () => {
    expect(inWords('Stopped after 3 epochs; the seed stays.')).toBe(
      'Stopped after 3 epochs; the seed stays.',
    );
  });

  it('finds the field that a problem is about', () => {
    expect(keyNamedIn('epochs is 0, but must be at least 1.')).toBe('epochs');
    expect(keyNamedIn('network.scale is 9, but must be at most 4.')).toBe('network.scale');
    expect(keyNamedIn('The input size is 20 pixels. Use --set input.size=67 or more.')).toBe('input.size');
    expect(keyNamedIn('The images are not split yet.')).toBeNull();
  });
});

describe('a value where its unit stands beside it', () => {
  it('is said without it', () => {
    expect(recipeFigureWords('input.size', 227)).toBe('227');
    expect(recipeValueWords('input.size', 227)).toBe('227 pixels');
    expect(recipeValueWords('augmentation.rotationDegrees', 10)).toBe('10°');
    expect(recipeFigureWords('input.channels', 1)).toBe('Grey');
    expect(recipeValueWords('input.size', null)).toBe("The network's own");
  });
});
