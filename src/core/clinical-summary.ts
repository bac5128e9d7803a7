import type { ClinicalColumn, ClinicalValue, ColumnSummary } from '../contract/table.ts';
import { meanAndDeviation, quantileOfSorted } from './statistics.ts';

type Numbers = NonNullable<ColumnSummary['numbers']>;
type Bins = Numbers['bins'];

const [fewestBins, mostBins] = [10, 20];
const listedOutliers = 5;

/**
 * How values of a column lie.
 * @param patients keys, beside the values
 */
export function columnSummary(
  column: ClinicalColumn,
  values: readonly ClinicalValue[],
  patients: readonly string[],
): ColumnSummary {
  const present = values.filter((value) => value !== null).length;
  const common = { values: present, missing: values.length - present };
  if (column.kind === 'number')
    return { ...common, numbers: present === 0 ? null : numberSummary(values, patients), counts: null };
  const counted = (value: string, is: ClinicalValue) => ({
    value,
    n: values.filter((other) => other === is).length,
  });
  const counts =
    column.kind === 'yesNo'
      ? [counted('yes', true), counted('no', false)]
      : column.categories.map((name) => counted(name, name));
  return { ...common, numbers: null, counts };
}

function numberSummary(values: readonly ClinicalValue[], patients: readonly string[]): Numbers {
  const known = values.flatMap((value, at) =>
    typeof value === 'number' ? [{ value, patient: patients[at]! }] : [],
  );
  const sorted = Float64Array.from(known, ({ value }) => value).sort();
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const [first, median, third] = [0.25, 0.5, 0.75].map((share) => quantileOfSorted(sorted, share));
  const reach = 3 * (third! - first!);
  // Where most values are one, every other would lie far out.
  const distance = (value: number): number =>
    reach === 0 ? 0 : Math.max(first! - reach - value, value - third! - reach);
  const far = known
    .filter(({ value }) => distance(value) > 0)
    .sort((a, b) => distance(b.value) - distance(a.value));
  return {
    ...{ low, high, median: median! },
    ...meanAndDeviation(sorted),
    outliers: far.length,
    farthest: far.slice(0, listedOutliers),
    whole: sorted.every(Number.isInteger),
    bins: histogram(sorted),
  };
}

/** Bins of equal width over ascending values; of whole numbers each holds as many of them, so that none stands out by its width. */
function histogram(sorted: Float64Array): Bins {
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  if (low === high) return [{ from: low, to: high, n: sorted.length }];
  const wanted = Math.min(mostBins, Math.max(fewestBins, Math.ceil(Math.sqrt(sorted.length))));
  const whole = sorted.every(Number.isInteger);
  const width = whole ? Math.ceil((high - low + 1) / wanted) : (high - low) / wanted;
  const bins = whole ? Math.floor((high - low) / width) + 1 : wanted;
  const counts = new Uint32Array(bins);
  for (const value of sorted) counts[Math.min(bins - 1, Math.floor((value - low) / width))]! += 1;
  return Array.from(counts, (n, at) => ({ from: low + at * width, to: low + (at + 1) * width, n }));
}
