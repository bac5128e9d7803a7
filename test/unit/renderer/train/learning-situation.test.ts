import { describe, expect, it } from 'vitest';

import type { LabelSchema } from '../../../../src/contract/project.ts';
import { recipeSchema } from '../../../../src/contract/recipe.ts';
import { networkIds } from '../../../../src/contract/recipe.ts';
import {
  canLearn,
  isOffered,
  type LearningSituation,
  networksOffered,
  taskIn,
  taskSentence,
  valuesOffered,
} from '../../../../src/renderer/features/train/learning-situation.ts';

const labels = (kind: LabelSchema['kind'], more: Partial<LabelSchema> = {}): LabelSchema => ({
  ...{ kind, level: 'image', number: null, shapes: [] },
  ...more,
});
const situation = (more: Partial<LearningSituation>): LearningSituation => ({
  ...{ task: 'classification', labels: labels('single'), hasTable: false },
  classes: [{ name: 'NORMAL' }, { name: 'PNEUMONIA' }],
  ...more,
});
const months = labels('number', { number: { unit: 'months', low: 0, high: 240, decimals: 0 } });
const drawn = labels('multi', { shapes: ['mask', 'polygon'] });
const recipe = (of: Parameters<typeof recipeSchema.parse>[0] = {}) => recipeSchema.parse(of);

describe('what a project can learn', () => {
  it('is masks alone where its task is masks, both where labels and areas are there, labels where points are', () => {
    const both = (of: LearningSituation) => [canLearn(of, 'image'), canLearn(of, 'pixels')];
    expect(both(situation({ task: 'segmentation', labels: drawn }))).toEqual([false, true]);
    expect(both(situation({ labels: drawn }))).toEqual([true, true]);
    expect(both(situation({ labels: labels('single', { shapes: ['point'] }) }))).toEqual([true, false]);
  });

  it('is told in a sentence, with the unit and the order of grades', () => {
    const said = (of: LearningSituation, made = recipe()) => taskSentence(taskIn(of, made));
    expect(said(situation({ labels: months, classes: [] }))).toBe('A number for each picture, in months.');
    expect(said(situation({ labels: labels('ordinal') }))).toBe('Grades NORMAL < PNEUMONIA.');
    expect(said(situation({}), recipe({ output: { twoClasses: 'sigmoid' } }))).toContain(
      'how probable PNEUMONIA is',
    );
    expect(said(situation({ labels: drawn }), recipe({ network: { id: 'unet' } }))).toContain('Masks of');
    expect(said(situation({ classes: [] }))).toContain('no classes yet');
  });

  it('offers every network once, those that cannot learn it disabled and under why not', () => {
    const offered = networksOffered(situation({ task: 'segmentation', labels: drawn }));
    expect(offered.map(({ value }) => value).sort()).toEqual([...networkIds].sort());
    expect(offered[0]).toMatchObject({ value: 'alexnet-fcn' });
    expect(offered.filter(({ disabled }) => !disabled).map(({ value }) => value)).toEqual([
      'alexnet-fcn',
      'unet',
    ]);
    expect(offered.find(({ value }) => value === 'alexnet')?.group).toContain('this project has masks');
  });

  it('has its own losses and watched values, and no keys that say nothing of it', () => {
    expect(valuesOffered('loss.id', 'regression')).toEqual(['squared', 'huber', 'absolute']);
    expect(valuesOffered('earlyStopping.monitor', 'segmentation')).toContain('valDice');
    expect(valuesOffered('optimizer.id', 'regression')).toBeNull();
    const number = situation({ labels: months, classes: [] });
    for (const key of ['classWeights', 'sampling', 'output.twoClasses', 'table.use'])
      expect(isOffered(key, 'regression', number), key).toBe(false);
    expect(isOffered('table.use', 'multiClass', situation({ hasTable: true }))).toBe(true);
    expect(isOffered('input.tiles', 'multiClass', situation({}))).toBe(false);
    expect(isOffered('input.tiles', 'segmentation', situation({}))).toBe(true);
    expect(isOffered('output.twoClasses', 'multiClass', situation({}))).toBe(true);
    expect(isOffered('output.grades', 'ordinal', situation({ labels: labels('ordinal') }))).toBe(true);
  });
});
