import { describe, expect, it } from 'vitest';

import type { LearningTask } from '../../../src/contract/learning-task.ts';
import { learningTaskOf } from '../../../src/core/learning-task.ts';
import { namedMetrics } from '../../../src/core/metric-names.ts';
import { findPreset, presetOfTemplate } from '../../../src/core/recipe-presets.ts';
import { projectTemplates } from '../../../src/core/templates/index.ts';
import { wordingOf } from '../../../src/core/templates/wording.ts';
import { findNetwork } from '../../../src/nn/models/index.ts';

const general = 'Classes and labels are this project’s own';

describe.each(projectTemplates.map((template) => [template.id, template] as const))(
  'template %s',
  (id, template) => {
    const { recipe } = findPreset(presetOfTemplate(id));
    const classes = template.classes.length === 0 ? ['a', 'b'] : template.classes;
    const task = learningTaskOf(recipe, findNetwork(recipe.network.id).says, template.labels, classes);

    it('gives its own words to a model of it, as sentences', () => {
      const { intendedUse, caveats, metrics } = wordingOf(id, task);
      expect({ intendedUse, caveats, metrics }).toEqual({
        intendedUse: template.intendedUse,
        caveats: template.caveats,
        metrics: template.metrics,
      });
      expect(caveats.length).toBeGreaterThan(0);
      for (const caveat of caveats) expect(caveat).toMatch(/^[A-Z].*\.$/);
      expect(intendedUse).not.toMatch(/\.$/);
    });

    it('names main metrics that there are', () => {
      const some = { value: 1, low: null, high: null, method: '' };
      const named = namedMetrics(Object.fromEntries(template.metrics.map((key) => [key, some])));
      // A metric without a name of its own would be shown by its key.
      expect(named.filter(({ key, name }) => key === name)).toEqual([]);
    });
  },
);

describe('general words', () => {
  const two: LearningTask = { kind: 'multiClass', classes: ['cat', 'dog'] };
  it.each([
    ['a template that is not known', 'from-the-future', two],
    ['other classes than the template’s', 'pneumonia', two],
    ['labels that were changed to masks', 'skin', { kind: 'segmentation', classes: ['benign'] }],
    ['a number in another unit', 'bone-age', { kind: 'regression', unit: 'years', low: null, high: null }],
    ['classes where the template has a number', 'bone-age', two],
  ] as [string, string, LearningTask][])('stand for %s', (_, template, task) => {
    const { intendedUse, caveats, metrics } = wordingOf(template, task);
    expect(intendedUse).toContain('of this project');
    expect(caveats[0]).toContain(general);
    expect(metrics).toEqual([]);
  });
});
