import { expect, test } from 'vitest';

import { projectTemplates } from '../../../src/core/templates/index.ts';
import { guideWords } from '../../../src/renderer/frame/guide-words.ts';

// Would catch: “films” and “label one” over photographs, slices and masks, and a new template that has no word.
test('the first steps speak of what the template’s pictures are and of what is said of them', () => {
  expect(guideWords({ template: 'skin', task: 'classification' })).toEqual({
    look: 'Look at the photographs',
    answer: 'Label one',
  });
  expect(guideWords({ template: 'mri-segmentation', task: 'segmentation' })).toEqual({
    look: 'Look at the slices',
    answer: 'Draw on one',
  });
  expect(guideWords({ template: 'bone-age', task: 'regression' }).answer).toBe('Give one its number');
  for (const { id, task, sample } of projectTemplates.filter((one) => one.sample))
    expect([id, sample, guideWords({ template: id, task }).look]).not.toContain('Look at the pictures');
});
