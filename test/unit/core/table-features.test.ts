import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { ClinicalColumn, ClinicalValue } from '../../../src/contract/table.ts';
import { tableFeaturesSchema } from '../../../src/contract/table-features.ts';
import { featureRows, tableFeatures } from '../../../src/core/table-features.ts';

const columns: ClinicalColumn[] = [
  { kind: 'number', name: 'age', unit: 'years' },
  { kind: 'number', name: 'crp', unit: 'mg/l' },
  { kind: 'yesNo', name: 'smoker' },
  { kind: 'category', name: 'stage', categories: ['I', 'II', 'III'] },
];
const names = columns.map(({ name }) => name);
const training: ClinicalValue[][] = [
  [60, 5, true, 'I'],
  [70, null, false, 'II'],
  [80, 15, null, 'II'],
  [50, 10, true, null],
];

it('makes features as written: standardised numbers, one a category, one that says missing where training misses', () => {
  const made = tableFeatures(columns, training)!;
  expect(made.features).toEqual([
    ...['age (years)', 'crp (mg/l)', 'crp is missing', 'smoker', 'smoker is missing'],
    ...['stage = I', 'stage = II'],
  ]);
  const { width, values, unfit } = featureRows(made, names, training);
  expect([width, unfit]).toEqual([7, []]);
  const age = Math.fround(-5 / Math.sqrt(125));
  const crp = Math.fround(-5 / Math.sqrt(50 / 3));
  expect([...values.subarray(0, 7)]).toEqual([age, crp, 0, 1, 0, 1, 0]);
  expect([...values.subarray(7, 14)]).toEqual([-age, 0, 1, 0, 0, 0, 1]);
  // Yes or no is as likely as in training.
  expect([...values.subarray(14, 21)].slice(3)).toEqual([Math.fround(2 / 3), 1, 0, 1]);
  expect([...values.subarray(21, 28)].slice(5)).toEqual([0, 0]);
});

it('are made of training rows only: no change of another row changes anything', () => {
  const cell = (column: ClinicalColumn): fc.Arbitrary<ClinicalValue> => {
    const kinds: Record<ClinicalColumn['kind'], fc.Arbitrary<ClinicalValue>> = {
      number: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
      yesNo: fc.boolean(),
      category: fc.constantFrom('I', 'II', 'III'),
    };
    return fc.option(kinds[column.kind]);
  };
  const row = fc.tuple(...columns.map(cell));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), row, row, (rows, test, other) => {
      const made = tableFeatures(columns, rows);
      if (made === null) return;
      const before = featureRows(made, names, [...rows, test]);
      // What the table knows of categories comes of all its rows, test patients among them.
      const widened = columns.map((column) =>
        column.kind === 'category' ? { ...column, categories: [...column.categories, 'IV'] } : column,
      );
      expect(tableFeatures(widened, rows)).toEqual(made);
      const after = featureRows(made, names, [...rows, other]);
      const own = rows.length * before.width;
      expect(after.values.subarray(0, own)).toEqual(before.values.subarray(0, own));
    }),
  );
});

it('standardises training numbers to mean 0 and deviation 1', () => {
  const rows = Array.from({ length: 50 }, (_, at): ClinicalValue[] => [40 + ((at * 7) % 31)]);
  const made = tableFeatures([columns[0]!], rows)!;
  const { values } = featureRows(made, ['age'], rows);
  const mean = values.reduce((sum, value) => sum + value, 0) / 50;
  expect(mean).toBeCloseTo(0, 6);
  expect(values.reduce((sum, value) => sum + value * value, 0) / 50).toBeCloseTo(1, 6);
});

it('makes nothing of columns without a value in training, and 0 of those with one value only', () => {
  const rows: ClinicalValue[][] = [
    [60, null, null, null],
    [60, null, null, null],
  ];
  const made = tableFeatures(columns, rows)!;
  expect(made.features).toEqual(['age (years)']);
  // A deviation of 0 would make infinities of the first other value.
  expect([...featureRows(made, names, [[99, 1, true, 'I']]).values]).toEqual([0]);
  expect(
    tableFeatures(columns, [
      [null, null, null, null],
      [null, null, null, null],
    ]),
  ).toBeNull();
});

// Would catch: a spread that only rounding made. The mean of ten times 36.6 is not 36.6, and 36.97 became 5e13.
it.each([36.6, -0.1, 1e-7, 3.3e8])('makes 0 of a column that is %d in all of training', (value) => {
  const rows = Array.from({ length: 10 }, (): ClinicalValue[] => [value]);
  const made = tableFeatures([columns[0]!], rows)!;
  expect(made.columns).toMatchObject([{ deviation: 0 }]);
  expect([...featureRows(made, ['age'], [[value * 1.01]]).values]).toEqual([0]);
});

it('takes what training did not have as missing, and says so', () => {
  const made = tableFeatures(columns, training)!;
  const { values, unfit } = featureRows(made, names, [['old', 10, 'maybe', 'III'], null]);
  expect([...values.subarray(0, 7)]).toEqual([0, 0, 0, Math.fround(2 / 3), 1, 0, 0]);
  expect(unfit).toEqual([
    { row: 0, column: 'age', value: 'old' },
    { row: 1, column: 'age', value: null },
    { row: 0, column: 'smoker', value: 'maybe' },
    { row: 0, column: 'stage', value: 'III' },
  ]);
});

it('finds columns by their names, in whatever order a later table has them', () => {
  const made = tableFeatures(columns, training)!;
  const turned = training.map((row) => [...row].reverse());
  expect(featureRows(made, [...names].reverse(), turned)).toEqual(featureRows(made, names, training));
  const { unfit } = featureRows(made, ['stage'], [['I']]);
  expect(unfit).toEqual([{ row: 0, column: 'age', value: null }]);
});

it('goes through a file unchanged: a model that is loaded makes the same features', () => {
  const made = tableFeatures(columns, training)!;
  const loaded = tableFeaturesSchema.parse(JSON.parse(JSON.stringify(made)));
  expect(featureRows(loaded, names, training)).toEqual(featureRows(made, names, training));
});
