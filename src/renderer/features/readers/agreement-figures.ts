import type { NumberDifference, RoundAgreement } from '../../../contract/round.ts';
import { percent } from '../../../core/words.ts';
import type { ChartTable } from '../../ui/chart-types.ts';

type Part = RoundAgreement['parts'][number];
export type AgreementPair = Part['pairs'][number];
export type Measure = Part['group'][number];

export const measureNames: Readonly<Record<Measure['id'], string>> = {
  percent: 'Same label',
  within: 'Within the tolerance',
  icc: 'Intraclass correlation',
  cohen: 'Cohen’s kappa',
  cohenLinear: 'Weighted kappa, linear',
  cohenQuadratic: 'Weighted kappa, quadratic',
  fleiss: 'Fleiss’ kappa',
  krippendorff: 'Krippendorff’s alpha',
};

const figure = (id: Measure['id'], value: number): string =>
  id === 'percent' || id === 'within'
    ? percent(value)
    : value
        .toFixed(2)
        .replace(/^-(?!0\.00$)/, '−')
        .replace('-', '');

/** `0.81`, `92.5 %`; `not defined`. */
export const measureValue = ({ id, value }: Measure): string =>
  value === null ? 'not defined' : figure(id, value);

/** `0.62–0.94`, `50.0–87.5 %`, `−0.10 to 0.34`; null without an interval. */
export function measureInterval({ id, low, high }: Measure): string | null {
  if (low === null || high === null) return null;
  const from = figure(id, low);
  // One sign of percent is enough.
  return `${from.replace(' %', '')}${from.startsWith('−') ? ' to ' : '–'}${figure(id, high)}`;
}

/** `0.81 (0.62–0.94)`. */
export function measureText(measure: Measure): string {
  const interval = measureInterval(measure);
  return measureValue(measure) + (interval === null ? '' : ` (${interval})`);
}

/** `−2.1 (−20.4 to 15.7)`: a difference, with its interval where there is one. */
export function differenceText({ value, low, high }: NumberDifference['mean']): string {
  const interval = low === null || high === null ? '' : ` (${signed(low)} to ${signed(high)})`;
  return signed(value) + interval;
}

const signed = (value: number): string =>
  value
    .toFixed(2)
    .replace(/^-0\.00$/, '0.00')
    .replace('-', '−');

export const pairTitle = ({ readers }: AgreementPair): string => readers.join(' and ');

export const differenceNames = {
  mean: 'Mean difference',
  lower: 'Lower limit of agreement',
  upper: 'Upper limit of agreement',
} as const;
export const differenceFigures = Object.keys(differenceNames) as (keyof typeof differenceNames)[];

function differenceRows({ class: ofClass }: Part, pair: AgreementPair): ChartTable['rows'] {
  const { difference } = pair;
  if (difference === null) return [];
  const { units, patients, method } = difference;
  return differenceFigures.map((figure) => {
    const { value, low, high } = difference[figure];
    const readers = pairTitle(pair);
    return [ofClass ?? '', readers, differenceNames[figure], value, low, high, units, patients, method];
  });
}

/** Every measure of a round, for a spreadsheet. */
export function agreementTable({ parts }: RoundAgreement): ChartTable {
  const columns = ['Class', 'Readers', 'Measure', 'Value', 'Low', 'High', 'Units', 'Patients', 'Method'];
  const lines = (part: Part, readers: string, measures: readonly Measure[]) =>
    measures.map(({ id, value, low, high, units, patients, method }) => [
      ...[part.class ?? '', readers, measureNames[id], value, low, high, units, patients, method],
    ]);
  return {
    columns,
    rows: parts.flatMap((part) => [
      ...lines(part, 'all', part.group),
      ...part.pairs.flatMap((pair) => [
        ...lines(part, pairTitle(pair), pair.measures),
        ...differenceRows(part, pair),
      ]),
    ]),
  };
}
