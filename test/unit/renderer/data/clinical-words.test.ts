import { expect, it } from 'vitest';

import { columnSummary } from '../../../../src/core/clinical-summary.ts';
import { columnChart } from '../../../../src/renderer/features/data/clinical-charts.ts';
import {
  columnTitle,
  missingShare,
  outliersInWords,
  valueBars,
  valuesInWords,
} from '../../../../src/renderer/features/data/clinical-words.ts';

const keys = (n: number): string[] => Array.from({ length: n }, (_, at) => `P${at}`);
const age = { kind: 'number', name: 'age', unit: 'years' } as const;
const ages = columnSummary(age, [...Array.from({ length: 20 }, (_, at) => 50 + at), 230, null], keys(22));
const smoker = { kind: 'yesNo', name: 'smoker' } as const;
const smokers = columnSummary(smoker, [true, false, false], keys(3));
const stage = { kind: 'category', name: 'stage', categories: ['I', 'II'] } as const;
const stages = columnSummary({ ...stage, categories: ['I', 'II'] }, ['I', 'II', 'I'], keys(3));

it('says how values of each kind lie, and which lie far out and of whom', () => {
  expect(valuesInWords(age, ages)).toBe('50 to 230, median 60');
  expect(outliersInWords(ages)).toBe('1 far out: 230 (P20)');
  expect(valuesInWords(smoker, smokers)).toBe('1 yes, 2 no');
  expect(valuesInWords({ ...stage, categories: ['I', 'II'] }, stages)).toBe('I (2), II (1)');
  expect(outliersInWords(smokers)).toBe('');
  expect(columnTitle(age)).toBe('age (years)');
  expect(columnTitle({ ...age, unit: '' })).toBe('age');
});

it('draws nothing where there is no value, instead of failing', () => {
  const none = columnSummary(age, [null, null], keys(2));
  expect([valuesInWords(age, none), valueBars(none), missingShare(none)]).toEqual(['no value', [], 1]);
  expect(missingShare(columnSummary(age, [], []))).toBe(0);
  expect(columnChart(age, none).table.rows).toEqual([['missing', 2]]);
});

it('hands out with the chart what it shows, and the missing ones, which no bar stands for', () => {
  const { rows } = columnChart(age, ages).table;
  expect(rows.at(-1)).toEqual(['missing', 1]);
  expect(rows.slice(0, -1).reduce((sum, [, n]) => sum + Number(n), 0)).toBe(21);
});

// Would catch: bars called 40–50 and 50–60, of which nobody knows which holds the 50.
it('says of a bar which of its ends belong to it', () => {
  const whole = valueBars(
    columnSummary(
      age,
      Array.from({ length: 40 }, (_, at) => 40 + at),
      keys(40),
    ),
  );
  expect(whole.slice(0, 2).map(({ label }) => label)).toEqual(['40–43', '44–47']);
  const halves = valueBars(
    columnSummary(
      age,
      Array.from({ length: 40 }, (_, at) => at / 2),
      keys(40),
    ),
  );
  expect(halves[0]!.label).toMatch(/^0 to < [\d.]+$/);
  expect(halves.at(-1)!.label).toMatch(/^[\d.]+ to 19\.5$/);
});
