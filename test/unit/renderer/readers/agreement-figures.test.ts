import { describe, expect, it } from 'vitest';

import type { RoundAgreement } from '../../../../src/contract/round.ts';
import {
  agreementTable,
  differenceText,
  type Measure,
  measureText,
} from '../../../../src/renderer/features/readers/agreement-figures.ts';
import { differenceChart } from '../../../../src/renderer/features/readers/difference-chart.ts';

const measure = (of: Partial<Measure>): Measure => ({
  ...{ id: 'cohen', value: 0.812, low: 0.6, high: 0.94, units: 24, patients: 12, method: 'Cohen’s kappa' },
  ...of,
});

const difference = {
  mean: { value: 1, low: -0.5, high: 2.5 },
  lower: { value: -2, low: null, high: null },
  upper: { value: 4, low: null, high: null },
  ...{ units: 24, patients: 12, method: 'mean difference ± 1.96 standard deviations' },
};

const figure = (value: number) => ({ value, low: null, high: null });

describe('figures of agreement', () => {
  it('stand with their interval, and say when they are not defined', () => {
    expect(measureText(measure({}))).toBe('0.81 (0.60–0.94)');
    expect(measureText(measure({ value: 0.1, low: -0.1, high: 0.34 }))).toBe('0.10 (−0.10 to 0.34)');
    expect(measureText(measure({ id: 'percent', value: 0.925, low: null, high: null }))).toBe('92.5 %');
    expect(measureText(measure({ id: 'percent', value: 0.7, low: 0.5, high: 0.875 }))).toBe(
      '70.0 % (50.0–87.5 %)',
    );
    expect(measureText(measure({ value: 0.34, low: -0.001, high: 0.61 }))).toBe('0.34 (0.00–0.61)');
    expect(measureText(measure({ value: null, low: null, high: null }))).toBe('not defined');
  });

  it('give differences their sign', () => {
    expect(differenceText(difference.mean)).toBe('1.00 (−0.50 to 2.50)');
    expect(differenceText(difference.lower)).toBe('−2.00');
    expect(differenceText({ value: -0.001, low: null, high: null })).toBe('0.00');
  });

  it('go into a table with all readers first, then each pair', () => {
    const agreement: RoundAgreement = {
      round: 'r',
      parts: [
        {
          ...{ class: 'NODULE', scale: 'nominal', group: [measure({ id: 'krippendorff' })] },
          pairs: [
            {
              ...{ readers: ['Ada', 'Ben'], measures: [measure({})], categories: [], cells: [] },
              ...{ difference, points: [] },
            },
          ],
        },
      ],
    };
    const { columns, rows } = agreementTable(agreement);
    expect(rows.map((row) => row.slice(0, 4))).toEqual([
      ['NODULE', 'all', 'Krippendorff’s alpha', 0.812],
      ['NODULE', 'Ada and Ben', 'Cohen’s kappa', 0.812],
      ['NODULE', 'Ada and Ben', 'Mean difference', 1],
      ['NODULE', 'Ada and Ben', 'Lower limit of agreement', -2],
      ['NODULE', 'Ada and Ben', 'Upper limit of agreement', 4],
    ]);
    expect(rows.every((row) => row.length === columns.length)).toBe(true);
  });
});

it('differences stand over means, with the mean difference and its limits', () => {
  const { option, table } = differenceChart(
    { points: [{ image: 'i', first: 10, second: 14 }], readers: ['Ada', 'Ben'], difference },
    'mm',
    '#f0a13c',
  );
  // Both limits are on the axis.
  expect(option.yAxis).toMatchObject({ min: -3, max: 5 });
  // No point lies on the axis' end, where half of it would be cut off.
  const two = [
    { image: 'i', first: 10, second: 10 },
    { image: 'j', first: 90, second: 90 },
  ];
  const wide = differenceChart({ points: two, readers: ['Ada', 'Ben'], difference }, 'mm', '#f0a13c');
  expect(wide.option.xAxis).toMatchObject({ min: 0, max: 100 });
  const small = { ...difference, lower: figure(-0.02), mean: figure(0.01), upper: figure(0.04) };
  const narrow = differenceChart(
    { points: [{ image: 'i', first: 0.1, second: 0.13 }], readers: ['Ada', 'Ben'], difference: small },
    ...(['mm', '#f0a13c'] as const),
  );
  expect(narrow.option.yAxis).toMatchObject({ min: -0.03, max: 0.05 });
  const [series] = option.series as { data: number[][]; markLine: { data: { yAxis: number }[] } }[];
  expect(series!.data).toEqual([[12, 4]]);
  expect(series!.markLine.data.map(({ yAxis }) => yAxis)).toEqual([1, 4, -2]);
  expect(table.columns.at(-1)).toBe('Ben − Ada, mm');
  expect(table.rows).toEqual([['i', 10, 14, 12, 4]]);
});
