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
    // Failures four grades apart, over the mean squared distance that the margins have by chance.
    const byChance =
      truth.flatMap((a) => truth.map((b) => (a - b) ** 2)).reduce((sum, one) => sum + one) / 90 ** 2;
    expect(metrics['kappaQuadratic']!.low).toBeCloseTo(1 - ((1 - 0.025 ** (1 / 90)) * 16) / byChance, 12);
    expect(metrics['gradeError']!.high).toBeCloseTo(4 * (1 - 0.025 ** (1 / 90)), 12);
    const one = evaluate(right.map((row) => ({ ...row, truth: 2, probabilities: [0, 0, 1, 0, 0] }))).metrics;
    expect(one['kappaQuadratic']!.method).toBe('quadratic weights; not defined, all are of one grade');
    expect(one['spearman']!.value).toBeNull();
  });

  const right = (grades: readonly number[], names: readonly string[]): EvaluatedMetrics['metrics'] =>
    evaluate(
      grades.map((grade, index) => ({
        patient: `p${index}`,
        truth: grade,
        probabilities: names.map((_, other) => Number(other === grade)),
      })),
      [...names],
    ).metrics;

  it('bound a weighted kappa of two grades like the plain one, however long their scale is', () => {
    const grades = Array.from({ length: 12 }, (_, index) => index % 2);
    for (const names of [['absent', 'present'], classes]) {
      const { kappa, kappaLinear, kappaQuadratic } = right(grades, names);
      expect(kappa!.low).toBeCloseTo((0.025 ** (1 / 12) - 0.5) / 0.5, 12);
      for (const weighted of [kappaLinear!, kappaQuadratic!]) {
        expect(weighted).toMatchObject({ value: 1, high: 1 });
        expect(weighted.low).toBeCloseTo(kappa!.low!, 12);
      }
    }
  });

  it('bound weighted kappas of three grades by failures from end to end', () => {
    // Four patients of each grade. Of the nine pairs that chance gives three are equal, four are one grade apart and two
    // are two: mean distance 6/9 unweighted, (4 · 1 + 2 · 2)/9 = 8/9 linear, (4 · 1 + 2 · 4)/9 = 12/9 quadratic. The
    // furthest are 1, 2 and 4 apart. 12 of 12 right: b = 0.025^(1/12) = 0.73535, so at most 1 − b = 0.26465 fail and
    // kappa is 1 − 0.26465 · furthest / mean at least: by 1.5, by 2.25, by 3.
    const grades = Array.from({ length: 12 }, (_, index) => index % 3);
    const { kappa, kappaLinear, kappaQuadratic } = right(grades, ['none', 'mild', 'severe']);
    expect(kappa!.low).toBeCloseTo(0.60303, 4);
    expect(kappaLinear!.low).toBeCloseTo(0.40454, 4);
    expect(kappaQuadratic!.low).toBeCloseTo(0.20605, 4);
  });

  it('never bound a kappa below −1', () => {
    const grades = Array.from({ length: 40 }, (_, index) => (index === 0 ? 0 : index === 1 ? 4 : 2));
    expect(right(grades, classes)['kappaQuadratic']).toMatchObject({ value: 1, low: -1, high: 1 });
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
