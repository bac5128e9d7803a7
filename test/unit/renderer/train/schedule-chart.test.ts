import { expect, it } from 'vitest';

import { recipeSchema } from '../../../../src/contract/recipe.ts';
import { learningRateAt } from '../../../../src/nn/schedules.ts';
import { scheduleNote, scheduleRows } from '../../../../src/renderer/features/train/schedule-chart.ts';

const recipeOf = (schedule: object, epochs = 20) =>
  recipeSchema.parse({ epochs, schedule, optimizer: { learningRate: 0.001 } });

it.each(['constant', 'cosine', 'step', 'oneCycle', 'plateau'])(
  '%s is drawn with the rates that the training will have',
  (id) => {
    const recipe = recipeOf({ id });
    const rows = scheduleRows({ recipe, stepsPerEpoch: 40 });
    expect(rows.length).toBeLessThanOrEqual(240);
    expect([rows[0]!.at, rows.at(-1)!.at]).toEqual([1 / 40, 20]);
    const resolved = { ...recipe, optimizer: { ...recipe.optimizer, learningRate: 0.001 } };
    for (const { at, learningRate } of rows)
      expect(learningRate).toBe(learningRateAt(resolved, Math.round(at * 40) - 1, 40, []));
  },
);

it('is drawn before there is a split, and for the shortest training', () => {
  expect(scheduleRows({ recipe: recipeOf({}), stepsPerEpoch: null }).at(-1)!.at).toBe(20);
  expect(scheduleRows({ recipe: recipeOf({}, 1), stepsPerEpoch: 1 })).toHaveLength(1);
});

it('says what the drawing cannot know', () => {
  const patient = { ...recipeOf({ id: 'cosine' }), earlyStopping: recipeSchema.parse({}).earlyStopping };
  expect(scheduleNote(patient)).toBe('The training may stop earlier.');
  const never = { ...patient.earlyStopping, patience: 0 };
  expect(scheduleNote({ ...patient, earlyStopping: never })).toBe('');
  const plateau = recipeOf({ id: 'plateau', dropEpochs: 3, dropFactor: 0.5 });
  expect(scheduleNote({ ...plateau, earlyStopping: never })).toContain('0.5 × whenever 3 epochs');
});
