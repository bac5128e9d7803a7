import {
  type ClinicalColumn,
  type ColumnKind,
  columnKinds,
  type ColumnSummary,
} from '../../../contract/table.ts';
import { quantity } from '../../../core/figures.ts';
import { count, counted } from '../../../core/words.ts';
import type { Bar } from '../../ui/mini-bars.ts';

const figureDigits = 4;
const figure = (value: number): string => quantity(value, figureDigits);

/** Kinds of columns as people choose them. */
export const columnKindWords: Readonly<Record<ColumnKind, string>> = {
  number: 'Number',
  yesNo: 'Yes or no',
  category: 'Category',
};
export const kindChoices = [
  ...columnKinds.map((value) => ({ value, label: columnKindWords[value] })),
  { value: 'leaveOut' as const, label: 'Left out' },
];

/** `crp (mg/l)` */
export const columnTitle = (column: ClinicalColumn): string =>
  column.kind === 'number' && column.unit !== '' ? `${column.name} (${column.unit})` : column.name;

/** Of more categories only their number is told. */
const toldCategories = 4;

/** `18 to 97, median 63`; `41 yes, 59 no`; `I (12), II (9)`; `7 categories`. */
export function valuesInWords({ kind }: ClinicalColumn, { numbers, counts }: ColumnSummary): string {
  if (numbers !== null)
    return `${figure(numbers.low)} to ${figure(numbers.high)}, median ${figure(numbers.median)}`;
  if (counts === null) return 'no value';
  if (kind === 'yesNo') return counts.map(({ value, n }) => `${count(n)} ${value}`).join(', ');
  return counts.length > toldCategories
    ? counted(counts.length, 'category')
    : counts.map(({ value, n }) => `${value} (${count(n)})`).join(', ');
}

/** Share of patients without a value. */
export const missingShare = ({ values, missing }: ColumnSummary): number =>
  values + missing === 0 ? 0 : missing / (values + missing);

/**
 * The bars of a column's values: of numbers a histogram, else one for each word. A label says which end belongs to its
 * bar: `40–49` of whole numbers, else `4.2 to < 5.1`, of the last bar `5.1 to 6`.
 */
export function valueBars({ numbers, counts }: ColumnSummary): Bar[] {
  if (numbers !== null) {
    const { bins, whole } = numbers;
    return bins.map(({ from, to, n }, at) => {
      const isLast = at === bins.length - 1;
      const ends = whole ? [from, to - 1] : [from, to];
      if (from === to || ends[0] === ends[1]) return { n, label: figure(from) };
      if (whole) return { n, label: `${figure(ends[0]!)}–${figure(ends[1]!)}` };
      return { n, label: `${figure(from)} to ${isLast ? '' : '< '}${figure(to)}` };
    });
  }
  return (counts ?? []).map(({ value, n }) => ({ n, label: value }));
}

/** `2 far out: 230 (P0007), 0 (P0031)`; empty for none. */
export function outliersInWords({ numbers }: ColumnSummary): string {
  if (numbers === null || numbers.outliers === 0) return '';
  const { outliers, farthest } = numbers;
  const some = farthest.map(({ patient, value }) => `${figure(value)} (${patient})`).join(', ');
  return `${count(outliers)} far out: ${some}${outliers > farthest.length ? ', …' : ''}`;
}
