import { describe, expect, it } from 'vitest';

import type { Comparison } from '../../../../src/contract/comparison.ts';
import {
  comparedName,
  comparedRows,
  comparisonSentence,
  differenceWords,
  verdictOf,
} from '../../../../src/renderer/features/train/comparison-words.ts';
import {
  forestOption,
  forestRows,
  forestTable,
} from '../../../../src/renderer/features/train/forest-chart.ts';

const metric = (value: number | null, method = 'bootstrap') => ({
  ...{ value, method },
  low: value === null ? null : value - 0.02,
  high: value === null ? null : value + 0.02,
});
const difference = (value: number | null, pHolm: number | null, method = 'paired') => ({
  ...metric(value, method),
  ...{ p: pHolm, pHolm },
});
const comparison: Comparison = {
  ...{ split: 'test', task: 'multiClass', level: 'image', pooling: null, n: 40, patients: 30 },
  ...{ testOpenings: 2, classes: ['a', 'b'], positive: 'b', unit: null, reference: 'i' },
  runs: [
    {
      ...{ run: 'i', name: 'first', variant: 'image', differences: null },
      metrics: { auc: metric(0.7), brier: metric(0.2), npv: metric(0.5, 'too few (n = 3)') },
    },
    {
      ...{ run: 'b', name: 'second', variant: 'both' },
      metrics: { auc: metric(0.8), brier: metric(0.1), npv: metric(null) },
      differences: {
        auc: difference(0.1, 0.0004),
        brier: difference(-0.1, 0.03),
        npv: difference(0.1, 0.2, 'too few (n = 3); paired'),
      },
    },
  ],
  ...{ metrics: ['auc', 'brier', 'npv'], lessIsBetter: ['brier'], correction: 'holm', warnings: [] },
  ...{ splitBy: 'patient', generated: false },
};

describe('the words of a comparison', () => {
  it('give each run its figures, and all but the reference a difference', () => {
    const [auc] = comparedRows(comparison);
    expect(auc).toMatchObject({
      name: 'AUC',
      cells: [{ value: '0.700', difference: null, verdict: null }, {}],
    });
    expect(auc!.cells[1]).toEqual({
      ...{ value: '0.800', interval: '0.780–0.820' },
      ...{ difference: '+0.100 (0.080–0.120), p < 0.001', verdict: 'better' },
    });
  });

  it('know that less of an error is better', () => {
    expect(comparedName(comparison, 'brier')).toBe('Brier score (less is better)');
    expect(verdictOf(comparison, 'brier', difference(-0.1, 0.03))).toBe('better');
    expect(verdictOf(comparison, 'auc', difference(-0.1, 0.03))).toBe('worse');
    expect(verdictOf(comparison, 'auc', difference(-0.1, 0.06))).toBe('not told apart');
  });

  it('say nothing of too few patients or of what is not defined', () => {
    const few = comparison.runs[1]!.differences!['npv']!;
    expect(differenceWords(few, null)).toBe('too few patients to tell a difference');
    expect(verdictOf(comparison, 'npv', few)).toBeNull();
    expect(differenceWords(difference(null, null), null)).toBe('no difference can be worked out');
  });

  it('say on what, against what, and how often the test part was opened', () => {
    const said = comparisonSentence(comparison, 'image');
    expect(said).toContain('the same 40 test images of 30 patients');
    expect(said).toContain('from image');
    expect(said).toContain('opened 2 times; comparing did not open it');
    expect(said).not.toContain('Holm');
  });
});

describe('the picture of differences', () => {
  const rows = forestRows(comparison, ['image', 'both']);

  it('leaves out the reference and what too few patients stand behind', () => {
    expect(rows.map(({ label }) => label)).toEqual(['AUC: both', 'Brier score (less is better): both']);
    expect(forestTable(rows).rows[0]!.slice(1, 4).map(Number)).toEqual([0.1, 0.08, 0.12000000000000001]);
  });

  it('has the line of no difference in it', () => {
    const { xAxis } = forestOption(rows, { colors: ['#fff'], axis: 'difference' }) as {
      xAxis: { min: (of: object) => number; max: (of: object) => number };
    };
    expect([xAxis.min({ min: 0.2, max: 0.3 }), xAxis.max({ min: -0.3, max: -0.2 })]).toEqual([0, 0]);
  });
});
