import { describe, expect, it } from 'vitest';

import { evaluateGradesInSteps, gradeFigures } from '../../../src/core/grade-metrics.ts';
import { type EvaluatedMetrics, evaluatePredictions, type PredictedRow } from '../../../src/core/metrics.ts';
import { finish } from '../../../src/core/steps.ts';
import golden from '../../fixtures/task-metrics.json' with { type: 'json' };
import { expectWeightsToRepeat } from '../../support/weighted-figures.ts';

const { truth, probabilities, figures } = golden.grades;
const classes = ['none', 'mild', 'moderate', 'severe', 'proliferative'];

const rows = (): PredictedRow[] =>
  truth.map((grade, index) => ({
    patient: `p${index}`,
    truth: grade,
    probabilities: probabilities[index]!,
  }));

const evaluate = (of: readonly PredictedRow[], grades = classes): EvaluatedMetrics =>
  finish(evaluateGradesInSteps({ rows: of, classes: grades, seed: 1, resamples: 500 }));

describe('metrics of grades', () => {
  it("are scikit-learn's and scipy's, beside those of classes", () => {
    const { metrics, confusion, perClass } = evaluate(rows());
    for (const [name, expected] of Object.entries(figures))
      expect(metrics[name]!.value, name).toBeCloseTo(expected, 10);
    const plain = evaluatePredictions({
      rows: rows(),
      classes,
      positive: null,
      threshold: null,
      seed: 1,
      resamples: 500,
    });
    expect(metrics).toMatchObject(plain.metrics);
    expect({ confusion, perClass }).toEqual({ confusion: plain.confusion, perClass: plain.perClass });
    for (const name of ['kappaQuadratic', 'kappaLinear', 'gradeError', 'withinOne', 'spearman']) {
      const { value, low, high } = metrics[name]!;
      expect(low!).toBeLessThan(value!);
      expect(high!).toBeGreaterThan(value!);
    }
    expect(metrics['withinOne']!.method).toBe('at most one grade off; Wilson score interval, n = 90');
  });

  it('of a resample are those of the rows drawn', () => {
    expectWeightsToRepeat(rows().slice(0, 12), (of) => gradeFigures({ rows: of, classes }));
  });

  it('have exact bounds where every grade is right, and no kappa where there is one grade', () => {
    const right = rows().map((row) => ({
      ...row,
      probabilities: classes.map((_, grade) => Number(grade === row.truth)),
    }));
    const { metrics } = evaluate(right);
    expect(metrics['kappaQuadratic']).toMatchObject({ value: 1, high: 1 });
    expect(metrics['kappaQuadratic']!.low).toBeCloseTo(0.025 ** (1 / 90), 12);
    expect(metrics['gradeError']!.high).toBeCloseTo(4 * (1 - 0.025 ** (1 / 90)), 12);
    const one = evaluate(right.map((row) => ({ ...row, truth: 2, probabilities: [0, 0, 1, 0, 0] }))).metrics;
    expect(one['kappaQuadratic']!.method).toBe('quadratic weights; not defined, all are of one grade');
    expect(one['spearman']!.value).toBeNull();
  });

  it('leave out "within one grade" where there are two', () => {
    const two = rows().map((row) => ({
      ...row,
      truth: Math.min(row.truth, 1),
      probabilities: [row.probabilities[0]!, 1 - row.probabilities[0]!],
    }));
    const { metrics } = evaluate(two, ['absent', 'present']);
    expect(metrics['withinOne']).toBeUndefined();
    expect(metrics['kappaQuadratic']!.value).toBeCloseTo(metrics['kappa']!.value!, 12);
  });
});
