import { describe, expect, it } from 'vitest';

import { ReadroomError } from '../../../src/contract/errors.ts';
import {
  evaluateNumbersInSteps,
  numberFigures,
  type NumberEvaluation,
  type NumberRow,
} from '../../../src/core/number-metrics.ts';
import { finish } from '../../../src/core/steps.ts';
import golden from '../../fixtures/task-metrics.json' with { type: 'json' };
import { expectWeightsToRepeat } from '../../support/weighted-figures.ts';

const { truth, value, trainingMean, figures, baseline, bootstrap } = golden.numbers;

const rows = (patientOf = (index: number): string => `p${index}`): NumberRow[] =>
  truth.map((one, index) => ({ patient: patientOf(index), truth: one, value: value[index]! }));

const evaluate = (of: readonly NumberRow[], resamples?: number): NumberEvaluation =>
  finish(evaluateNumbersInSteps({ rows: of, trainingMean, seed: 1, resamples }));

describe('metrics of predicted numbers', () => {
  it("are scikit-learn's and scipy's", () => {
    const evaluated = evaluate(rows());
    for (const [name, expected] of Object.entries(figures))
      expect(evaluated.metrics[name as keyof typeof figures].value, name).toBeCloseTo(expected, 10);
    expect(evaluated.baseline.mae.value).toBeCloseTo(baseline.mae, 10);
    expect(evaluated.baseline.rmse.value).toBeCloseTo(baseline.rmse, 10);
    expect(evaluated.baseline.maeReduction.value).toBeCloseTo(baseline.mae - figures.mae, 10);
    expect(evaluated.baseline.mae.method).toContain('the training mean, 118.3,');
  });

  // Percentiles of 2,000 resamples against numpy's 20,000: wrong weights or ranks would be off by far more.
  it("have numpy's bootstrap intervals, around each value", () => {
    const { metrics } = evaluate(rows());
    for (const name of ['r2', 'mae'] as const) {
      const [low, high] = bootstrap[name] as [number, number];
      expect(Math.abs(metrics[name].low! - low)).toBeLessThan((high - low) * 0.06);
      expect(Math.abs(metrics[name].high! - high)).toBeLessThan((high - low) * 0.06);
    }
    for (const { value: estimate, low, high, method } of Object.values(metrics)) {
      expect(low!).toBeLessThan(estimate!);
      expect(high!).toBeGreaterThan(estimate!);
      expect(method).toContain('percentile bootstrap of 60 patients, 2000 resamples');
    }
  });

  it('of a resample are those of the rows drawn, ties included', () => {
    const tied = rows()
      .slice(0, 25)
      .map((row) => ({ ...row, truth: Math.round(row.truth / 30), value: Math.round(row.value / 30) }));
    expectWeightsToRepeat(tied, (of) => numberFigures(of, 4));
  });

  it('resample patients, so copies of a patient add no certainty', () => {
    const once = evaluate(rows()).metrics.mae;
    const copied = evaluate([...rows(), ...rows(), ...rows()]).metrics.mae;
    expect((copied.high! - copied.low!) / (once.high! - once.low!)).toBeGreaterThan(0.85);
  });

  it('have no R² and no correlation where all true numbers are equal, and say why', () => {
    // Sums of 0.1 leave a remainder: taken for a variance, it would give an R² of −10³⁰.
    const { metrics } = evaluate(rows().map((row) => ({ ...row, truth: 0.1 })));
    expect(metrics.r2).toMatchObject({ value: null, low: null, high: null });
    expect(metrics.r2.method).toContain('not defined, all true numbers are the same');
    expect(metrics.pearson.value).toBeNull();
    expect(metrics.spearman.method).toContain('all true numbers or all predicted ones are the same');
    expect(metrics.mae.value).toBeGreaterThan(0);
  });

  it('say too few under ten patients and keep the value; one image has no limits of agreement', () => {
    const few = evaluate(rows((index) => `p${index % 9}`)).metrics.mae;
    expect(few.method).toMatch(/^too few \(n = 9\); percentile bootstrap of 9 patients/);
    expect(few.value).toBeCloseTo(figures.mae, 10);
    const { metrics } = evaluate(rows().slice(0, 1));
    expect(metrics.lowerLimit.value).toBeNull();
    expect(metrics.lowerLimit.method).toContain('one image is too few');
    expect(metrics.mae).toMatchObject({ low: null, high: null });
  });

  it('show no interval for a perfect prediction, which no resample varies', () => {
    const { metrics } = evaluate(rows().map((row) => ({ ...row, value: row.truth })));
    expect(metrics.mae).toMatchObject({ value: 0, low: null, high: null });
    expect(metrics.mae.method).toContain('every resample gives this value');
    expect(metrics.r2.value).toBe(1);
  });

  it('refuse no rows, and what is no number', () => {
    expect(() => evaluate([])).toThrow(ReadroomError);
    expect(() => evaluate([{ patient: 'p', truth: 4, value: NaN }])).toThrow(
      'Row 0 holds no number: true 4, predicted NaN',
    );
  });
});
