import { describe, expect, it } from 'vitest';

import { recipeSchema } from '../../../src/contract/recipe.ts';
import { taskContradictions, learningTaskOf } from '../../../src/core/learning-task.ts';
import { findPreset, presetOfTemplate } from '../../../src/core/recipe-presets.ts';
import { contradictions } from '../../../src/core/recipe-rules.ts';
import { findSampleTemplate } from '../../../src/core/sample/index.ts';
import { defaultShares } from '../../../src/core/split-shares.ts';
import { projectTemplates } from '../../../src/core/templates/index.ts';
import { findNetwork } from '../../../src/nn/models/index.ts';

describe.each(projectTemplates.map((template) => [template.id, template] as const))(
  'template %s',
  (id, template) => {
    const { recipe } = findPreset(presetOfTemplate(id));
    const { says } = findNetwork(recipe.network.id);

    it('has a recipe that its own labels can be learned by', () => {
      const task = learningTaskOf(recipe, says, template.labels, template.classes);
      expect(taskContradictions(recipe, task.kind)).toEqual([]);
      expect(contradictions(recipe)).toEqual([]);
      expect(task.kind === 'segmentation').toBe(template.task === 'segmentation');
      expect(task.kind === 'regression').toBe(template.task === 'regression');
    });

    it('writes only keys that a recipe has', () => {
      if (template.recipe !== null) expect(recipeSchema.parse(template.recipe).name).toBe(id);
    });

    it('parts all of its generated files, where it says how', () => {
      const { train, val, test } = template.sampleShares ?? defaultShares;
      expect(train + val + test).toBeCloseTo(1, 9);
      expect(Math.min(train, val, test)).toBeGreaterThan(0.1);
    });

    it('has the classes that its generated files have', () => {
      if (template.sample) expect(findSampleTemplate(id).classes).toEqual(template.classes);
    });
  },
);

it('offers the thirteen kinds of project, and classes of one’s own, each once', () => {
  expect(new Set(projectTemplates.map(({ id }) => id)).size).toBe(14);
  expect(projectTemplates.filter(({ sample }) => !sample).map(({ id }) => id)).toEqual(['classification']);
});
