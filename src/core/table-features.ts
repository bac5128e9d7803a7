import type { ClinicalColumn, ClinicalValue } from '../contract/table.ts';
import type { FeatureColumn, TableFeatures } from '../contract/table-features.ts';
import { standardScale } from './statistics.ts';

/** Rows of a clinical table: a value for each column, in their order; null for a patient of whom it says nothing. */
export type TableRows = readonly (readonly ClinicalValue[] | null)[];

/**
 * How rows become features, by training rows alone: numbers standardised, categories one feature each, what is missing
 * said beside numbers and yes/no where training rows miss it. Columns without a value there, and categories that do not
 * occur there, make no feature.
 *
 * @param rows of training patients, one each: a patient with several pictures counts once
 * @param missing words that counted as missing when the table was read, which are kept with the features
 * @returns null where no column has a value
 */
export function tableFeatures(
  columns: readonly ClinicalColumn[],
  rows: TableRows,
  missing?: readonly string[],
): TableFeatures | null {
  const made = columns.flatMap((column, at): FeatureColumn[] => {
    const values = rows.map((row) => row?.[at] ?? null);
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? [] : [featureColumn(column, known, known.length < values.length)];
  });
  if (made.length === 0) return null;
  return { columns: made, features: made.flatMap(featureNames), ...(missing && { missing: [...missing] }) };
}

function featureColumn(
  column: ClinicalColumn,
  known: readonly NonNullable<ClinicalValue>[],
  saysMissing: boolean,
): FeatureColumn {
  const { name } = column;
  switch (column.kind) {
    case 'number': {
      const { unit, kind } = column;
      return { kind, column: name, unit, ...standardScale(known as number[]), saysMissing };
    }
    case 'yesNo': {
      const share = known.filter((value) => value === true).length / known.length;
      return { kind: column.kind, column: name, share, saysMissing };
    }
    case 'category': {
      const seen = new Set(known);
      return {
        kind: column.kind,
        column: name,
        categories: column.categories.filter((category) => seen.has(category)),
      };
    }
  }
}

function featureNames(column: FeatureColumn): string[] {
  const { column: name } = column;
  if (column.kind === 'category') return column.categories.map((category) => `${name} = ${category}`);
  const whole = column.kind === 'number' && column.unit !== '' ? `${name} (${column.unit})` : name;
  return column.saysMissing ? [whole, `${name} is missing`] : [whole];
}

/** What is not as in training; the features are as if it were missing. */
export interface UnfitValue {
  /** Place of the row. */
  row: number;
  column: string;
  /** A category that training rows do not have, or a value of another kind; null: missing where no training row misses it. */
  value: ClinicalValue;
}

/** Features of rows: `width` numbers a row, one row after the other. */
export interface FeatureRows {
  width: number;
  values: Float32Array;
  unfit: UnfitValue[];
}

/**
 * Features of rows, each computed in double precision and rounded to float32 once. What a row or the table lacks is
 * missing.
 * @param columns names of the columns that the rows have, in any order
 */
export function featureRows(
  { columns: made, features }: TableFeatures,
  columns: readonly string[],
  rows: TableRows,
): FeatureRows {
  const width = features.length;
  const values = new Float32Array(rows.length * width);
  const unfit: UnfitValue[] = [];
  let offset = 0;
  for (const column of made) {
    const at = columns.indexOf(column.column);
    const size = featureNames(column).length;
    for (const [row, cells] of rows.entries()) {
      const value = cells?.[at] ?? null;
      const fits = featureValues(column, value);
      values.set(fits ?? featureValues(column, null)!, row * width + offset);
      if (fits === null || (value === null && !expectsMissing(column)))
        unfit.push({ row, column: column.column, value });
    }
    offset += size;
  }
  return { width, values, unfit };
}

/** Of a category nothing says whether training rows missed it. */
const expectsMissing = (column: FeatureColumn): boolean => column.kind === 'category' || column.saysMissing;

/** Null for what is no value of the column. */
function featureValues(column: FeatureColumn, value: ClinicalValue): number[] | null {
  if (column.kind === 'category') {
    if (value !== null && !column.categories.some((category) => category === value)) return null;
    return column.categories.map((category) => Number(category === value));
  }
  const said = valueOf(column, value);
  if (said === null) return null;
  return column.saysMissing ? [said, Number(value === null)] : [said];
}

function valueOf(column: Exclude<FeatureColumn, { kind: 'category' }>, value: ClinicalValue): number | null {
  if (column.kind === 'yesNo') {
    if (value === null) return column.share;
    return typeof value === 'boolean' ? Number(value) : null;
  }
  if (value === null) return 0;
  if (typeof value !== 'number') return null;
  return column.deviation === 0 ? 0 : (value - column.mean) / column.deviation;
}
