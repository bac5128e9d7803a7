import { describe, expect, it } from 'vitest';

import type { Evaluation } from '../../../../src/contract/run.ts';
import {
  agreement,
  type Answer,
  decisionOf,
  headingOf,
  labelWords,
  limitsOf,
} from '../../../../src/renderer/features/opinion/opinion-words.ts';

const months = { kind: 'regression', unit: 'months', low: null, high: null } as const;
const answer = (of: Partial<Answer>): Answer => ({
  ...{ task: months, operatingPoint: null, thresholds: undefined, level: 'image', chosenOn: 'alike' },
  ...{ limits: null, prediction: { label: null, probabilities: {} } },
  ...of,
});
const metric = (value: number, method = 'bootstrap over patients') => ({
  value,
  low: null,
  high: null,
  method,
});

describe('a number', () => {
  const number = { label: null, probabilities: {}, value: 100 };
  // Would catch: limits of predicted − true added to the prediction, which turns the bias round.
  it('has its unit and where the truth lies, the bias taken off', () => {
    const limits = { low: -10, high: 30, part: 'val' } as const;
    expect(headingOf(answer({ prediction: number }))).toBe('100 months');
    expect(decisionOf(answer({ prediction: number, limits }))).toBe(
      'The true number lies between 70 and 110 months, if the network errs here as in 95 of 100 images of the validation part.',
    );
    expect(decisionOf(answer({ prediction: number, level: 'patient' }))).toMatch(
      /^How far the number of a patient may be off is not known: that takes an evaluation on ten patients/,
    );
  });

  it('has limits of an evaluation on its own level alone, and none that too few patients stand behind', () => {
    const evaluation = (level: Evaluation['level'], method?: string) =>
      ({
        ...{ level, split: 'test' },
        metrics: { lowerLimit: metric(-10, method), upperLimit: metric(30, method) },
      }) as unknown as Evaluation;
    expect(limitsOf(evaluation('image'), 'image')).toEqual({ low: -10, high: 30, part: 'test' });
    expect(limitsOf(evaluation('image'), 'patient')).toBeNull();
    expect(limitsOf(evaluation('image', 'too few patients'), 'image')).toBeNull();
    expect(limitsOf(null, 'image')).toBeNull();
  });

  it('stands beside the label in its unit', () => {
    expect(labelWords(['12'], months)).toBe('12 months');
    expect(labelWords([12, null, 14], months)).toBe('12 months · 14 months');
    expect(labelWords([null], months)).toBeNull();
    expect(agreement({ task: months, prediction: number }, [12])).toBeNull();
  });
});

describe('several labels of which none is given', () => {
  it('name the one nearest to its threshold', () => {
    const several = answer({
      task: { kind: 'multiLabel', classes: ['a', 'b'] },
      thresholds: { a: 0.5, b: 0.2 },
      prediction: { label: 'none', labels: [], nearest: 'b', probabilities: { a: 0.3, b: 0.1 } },
    });
    expect(headingOf(several)).toBe('None of the classes');
    expect(decisionOf(several)).toMatch(
      /^Nearest to its threshold is b: 10\.0 % of 20\.0 %\. A class is given/,
    );
  });
});

describe('a class', () => {
  const two: Pick<Answer, 'task' | 'operatingPoint' | 'prediction'> = {
    task: { kind: 'binary', classes: ['no', 'yes'] },
    operatingPoint: { positive: 'yes', threshold: 0.4 },
    prediction: { label: 'no', probabilities: { no: 0.7, yes: 0.3 } },
  };
  it('says what its threshold was chosen on, and of a patient whose probability it is', () => {
    expect(decisionOf(answer({ ...two, level: 'patient', chosenOn: 'images' }))).toBe(
      'The probability of yes of the patient is below the operating point 40.0 %, which was chosen on single images of validation.',
    );
    expect(decisionOf(answer(two))).toMatch(/chosen on validation\.$/);
  });

  it('agrees with labels that all say the same, or is not compared', () => {
    expect(agreement(two, ['no', 'no', null])).toBe(true);
    expect(agreement(two, ['yes'])).toBe(false);
    expect(agreement(two, ['yes', 'no'])).toBeNull();
    expect(agreement(two, [null])).toBeNull();
  });
});
