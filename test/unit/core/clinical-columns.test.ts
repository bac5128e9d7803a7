import { describe, expect, it } from 'vitest';

import type { ColumnChoice } from '../../../src/contract/table.ts';
import {
  headerParts,
  numberOfText,
  typedColumn,
  withDistinctNames,
} from '../../../src/core/clinical-columns.ts';

const read = (header: string, cells: (string | null)[], choice?: ColumnChoice) =>
  typedColumn({ header, cells }, choice);

describe('numbers', () => {
  it.each([
    ['12', 12],
    ['-3.5', -3.5],
    ['3,5', 3.5],
    ['.5', 0.5],
    [',25', 0.25],
    ['1e-3', 0.001],
    ['\u22124', -4],
    ['1.', 1],
  ])('%s is read', (text, value) => expect(numberOfText(text)).toBe(value));

  it.each(['', 'unknown', '12 mg', '<0.5', '1.234,5', '1,234.5', '0x1f', 'Infinity', '1e999', '12.5.2020'])(
    '"%s" is none: JavaScript or a spreadsheet would make one of it',
    (text) => expect(numberOfText(text)).toBeNull(),
  );

  it('have their unit in brackets behind the name, which units with a slash and whole names survive', () => {
    expect(headerParts('crp (mg/l)')).toEqual({ name: 'crp', unit: 'mg/l' });
    expect(headerParts('temperature [°C]')).toEqual({ name: 'temperature', unit: '°C' });
    expect(headerParts('crp_mg_l')).toEqual({ name: 'crp_mg_l', unit: '' });
    expect(headerParts('(mg)')).toEqual({ name: '(mg)', unit: '' });
  });
});

describe('a column', () => {
  it('of ages of which one is text is one of numbers, and that cell is refused, not the column', () => {
    const { column, refused, values } = read('age (years)', ['61', 'unknown', '58', '70', '44']);
    expect(column).toEqual({ kind: 'number', name: 'age', unit: 'years' });
    expect([refused, values]).toEqual([[1], [61, null, 58, 70, 44]]);
  });

  it('of ages that are all text cannot be made one of numbers', () => {
    const texts = ['sixty', 'fifty', 'forty'];
    expect(read('age', texts)).toMatchObject({
      column: null,
      leftOut: expect.stringContaining('3 different texts') as string,
    });
    expect(read('age', texts, { kind: 'number' })).toMatchObject({
      column: null,
      leftOut: 'No cell of it is a number.',
    });
  });

  it.each([
    ['yes or no in any words', ['yes', 'No', null, 'TRUE', '0'], { kind: 'yesNo', name: 'x' }],
    ['0 and 1', ['0', '1', '1', '0'], { kind: 'yesNo', name: 'x' }],
    [
      'a few texts, in natural order',
      ['T10', 'T2', 'T2', 'T10', 'T1', 'T1'],
      { kind: 'category', name: 'x', categories: ['T1', 'T2', 'T10'] },
    ],
    ['codes', ['1', '2', '3', '1'], { kind: 'number', name: 'x', unit: '' }],
  ])('of %s is taken as that', (_, cells, column) => {
    expect(read('x', cells)).toMatchObject({ column, refused: [], leftOut: '' });
  });

  it.each([
    ['names', ['Ada', 'Ben', 'Cem', 'Dan'], '4 different texts in 4 cells'],
    ['dates', ['2026-01-05', '2026-02-11', '2026-01-05', '2026-02-11'], 'dates'],
    ['nothing', [null, null], 'no value'],
  ])('of %s is left out with its reason', (_, cells, why) => {
    expect(read('x', cells)).toMatchObject({
      column: null,
      leftOut: expect.stringContaining(why) as string,
      values: [],
    });
  });

  it('is what it is said to be, with the unit that is said', () => {
    expect(read('stage', ['1', '2', '1', '2'], { kind: 'category' }).column).toEqual({
      ...{ kind: 'category', name: 'stage', categories: ['1', '2'] },
    });
    expect(read('crp (mg/dl)', ['1', '2'], { unit: 'mg/l' }).column).toMatchObject({
      name: 'crp',
      unit: 'mg/l',
    });
    expect(read('crp', ['1', '2'], { kind: 'leaveOut' })).toMatchObject({ column: null });
    expect(
      read(
        'code',
        Array.from({ length: 200 }, (_, at) => `c${at}`),
        { kind: 'category' },
      ),
    ).toMatchObject({
      column: null,
      leftOut: expect.stringContaining('100 at most') as string,
    });
  });

  it('says what may be misread: commas for thousands, one value only, categories that differ by case', () => {
    expect(read('platelets', ['1,234', '980', '760']).warnings.join()).toContain('"1,234" is read as 1.234');
    expect(read('site', ['A', 'A', 'A', 'A'], { kind: 'category' }).warnings.join()).toContain(
      'every value is "A"',
    );
    expect(read('sex', ['M', 'm', 'F', 'F', 'M', 'm']).warnings.join()).toContain(
      '"M" and "m" differ by case',
    );
    expect(read('age', ['61', '58']).warnings).toEqual([]);
  });
});

it('keeps whole headers where names alone would be the same: the second would hide the first', () => {
  const columns = withDistinctNames([read('crp (mg/l)', ['1', '2']), read('crp (mg/dl)', ['3', '4'])]);
  expect(columns.map(({ column }) => column?.name)).toEqual(['crp (mg/l)', 'crp (mg/dl)']);
});
