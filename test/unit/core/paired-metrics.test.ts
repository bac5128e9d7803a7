import { describe, expect, it } from 'vitest';

import { compareAucs } from '../../../src/core/auc.ts';
import { classFigures, type PredictedRow } from '../../../src/core/metrics.ts';
import { numberFigures } from '../../../src/core/number-metrics.ts';
import { comparePairedInSteps, type PairedMetric } from '../../../src/core/paired-metrics.ts';
import { createRandom } from '../../../src/core/random.ts';
import { finish } from '../../../src/core/steps.ts';
import two from '../../fixtures/two-scores.json' with { type: 'json' };

const rowsOf = (scores: readonly number[], patientOf: (index: number) => string): PredictedRow[] =>
  two.y.map((truth, index) => {
    const positive = 1 / (1 + Math.exp(-scores[index]!));
    return { patient: patientOf(index), truth, probabilities: [1 - positive, positive] };
  });

const compare = (
  first: readonly PredictedRow[],
  second: readonly PredictedRow[],
  names: ('auc' | 'accuracy' | 'brier')[],
): Record<string, PairedMetric> => {
  const figuresOf = (rows: readonly PredictedRow[]) =>
    classFigures({ rows, classes: ['no', 'yes'], positive: null, threshold: null });
  return finish(
    comparePairedInSteps({
      rows: first,
      first: figuresOf(first),
      second: figuresOf(second),
      names,
      seed: 1,
    }),
  );
};

const own = (index: number): string => `p${index}`;

describe('two models on the same cases', () => {
  // Resampled apart instead of together, the interval would be wider and p greater.
  it("differ in AUC by about DeLong's paired interval and p", () => {
    const { auc } = compare(rowsOf(two.s1, own), rowsOf(two.s2, own), ['auc']);
    const delong = compareAucs(two.s1, two.s2, two.y);
    expect(auc!.first).toBeCloseTo(0.7128251847, 9);
    expect(auc!.difference.value).toBeCloseTo(delong.difference, 9);
    expect(Math.abs(auc!.difference.low! - delong.low)).toBeLessThan(0.012);
    expect(Math.abs(auc!.difference.high! - delong.high)).toBeLessThan(0.012);
    expect(Math.abs(auc!.p! - delong.p)).toBeLessThan(0.03);
    expect(auc!.difference.method).toBe('paired; percentile bootstrap of 200 patients, 2000 resamples');
  });

  it('do not differ when they are the same, and cannot be told apart on one patient', () => {
    const same = compare(rowsOf(two.s1, own), rowsOf(two.s1, own), ['auc', 'brier']);
    expect(same['auc']).toMatchObject({ difference: { value: 0, low: null }, p: 1 });
    const one = compare(
      rowsOf(two.s1, () => 'p'),
      rowsOf(two.s2, () => 'p'),
      ['accuracy'],
    );
    expect(one['accuracy']!.p).toBeNull();
    expect(one['accuracy']!.difference.method).toMatch(/^too few \(n = 1\)/);
  });

  it('are held to be different by chance about as often as p says', () => {
    const random = createRandom(6, 'null');
    const normal = (): number =>
      Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b) - 6;
    let below = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const truth = Array.from({ length: 40 }, () => normal());
      const rows = truth.map((one, index) => ({ patient: `p${index}`, truth: one, value: one + normal() }));
      const others = truth.map((one, index) => ({ patient: `p${index}`, truth: one, value: one + normal() }));
      const { mae } = finish(
        comparePairedInSteps({
          rows,
          first: numberFigures(rows, 0),
          second: numberFigures(others, 0),
          names: ['mae'],
          seed: trial,
          resamples: 400,
        }),
      );
      if (mae.p! < 0.1) below++;
    }
    expect(below / trials).toBeGreaterThan(0.04);
    expect(below / trials).toBeLessThan(0.17);
  });

  it('refuse figures of other cases, and a figure that there is not', () => {
    const rows = rowsOf(two.s1, own);
    const shorter = rows.slice(0, 50);
    expect(() => compare(rows, shorter, ['auc'])).toThrow('Figures of 200 and 50 rows for 200 cases');
    expect(() => compare(rows, rows, ['dice' as 'auc'])).toThrow('There is no figure dice among accuracy');
  });
});
