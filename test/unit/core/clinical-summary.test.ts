import { expect, it } from 'vitest';

import type { ClinicalValue } from '../../../src/contract/table.ts';
import { columnSummary } from '../../../src/core/clinical-summary.ts';

const age = { kind: 'number', name: 'age', unit: 'years' } as const;
const keys = (values: readonly ClinicalValue[]): string[] => values.map((_, at) => `P${at}`);
const of = (values: ClinicalValue[]) => columnSummary(age, values, keys(values)).numbers!;

it('counts values and missing ones, and gives the figures that Python gives', () => {
  // statistics.mean, median and pstdev of [61, 58, 70, 44, 92, 63]
  expect(columnSummary(age, [61, null, 58, 70, 44, 92, 63], keys(Array(7).fill(0)))).toMatchObject({
    values: 6,
    missing: 1,
    numbers: { low: 44, high: 92, median: 62, outliers: 0 },
    counts: null,
  });
  expect(of([61, 58, 70, 44, 92, 63]).mean).toBeCloseTo(64.66666666666667, 12);
  expect(of([61, 58, 70, 44, 92, 63]).deviation).toBeCloseTo(14.510532573119278, 12);
});

it('keeps the spread of numbers with a large mean, which the difference of squares would lose', () => {
  expect(of([1e9, 1e9 + 1, 1e9 + 2]).deviation).toBeCloseTo(Math.sqrt(2 / 3), 9);
});

it('has every value in a bin, the greatest too', () => {
  for (const values of [
    [1, 2, 3, 4, 5, 6, 7],
    [0.1, 0.25, 3.75, 9.9],
    [7],
    [18, 95, 40, 41, 42, 43, 44, 45, 46],
  ]) {
    const { bins } = of(values);
    expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(values.length);
    expect(bins[0]!.from).toBeLessThanOrEqual(Math.min(...values));
    expect(bins.at(-1)!.to).toBeGreaterThanOrEqual(Math.max(...values));
  }
});

it('of whole numbers gives every bin as many of them: else a flat distribution looks like a comb', () => {
  const values = Array.from({ length: 400 }, (_, at) => at % 50);
  expect(
    new Set(
      of(values)
        .bins.slice(0, -1)
        .map(({ n }) => n),
    ).size,
  ).toBe(1);
});

it('points at values far out with their patients, and at none where most values are one', () => {
  const ages = [...Array.from({ length: 20 }, (_, at) => 50 + at), 230];
  expect(of(ages)).toMatchObject({ outliers: 1, farthest: [{ patient: 'P20', value: 230 }] });
  expect(of([0, 0, 0, 0, 0, 0, 0, 3]).outliers).toBe(0);
});

it('counts yes and no, and categories in their order', () => {
  const smoker = { kind: 'yesNo', name: 'smoker' } as const;
  expect(columnSummary(smoker, [true, null, false, true], keys(Array(4).fill(0)))).toEqual({
    ...{ values: 3, missing: 1, numbers: null },
    counts: [
      { value: 'yes', n: 2 },
      { value: 'no', n: 1 },
    ],
  });
  const stage = { kind: 'category', name: 'stage', categories: ['I', 'II'] } as const;
  const { counts } = columnSummary({ ...stage, categories: [...stage.categories] }, ['II', 'II'], ['a', 'b']);
  expect(counts).toEqual([
    { value: 'I', n: 0 },
    { value: 'II', n: 2 },
  ]);
});
