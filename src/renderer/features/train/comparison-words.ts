import type { ComparedRun, Comparison, MetricDifference } from '../../../contract/comparison.ts';
import { isTooFew, unitOfMetric } from '../../../contract/evaluation.ts';
import { metricInterval, metricValue } from '../../../core/figures.ts';
import { namedMetrics } from '../../../core/metric-names.ts';
import { counted, share } from '../../../core/words.ts';

/** One metric of one run, as a table shows it. */
export interface ComparedCell {
  readonly value: string;
  readonly interval: string | null;
  /** `+0.050 (0.010–0.090), p 0.012`; null of the reference. */
  readonly difference: string | null;
  readonly verdict: Verdict | null;
}
export type Verdict = 'better' | 'worse' | 'not told apart';

export interface ComparedRow {
  readonly key: string;
  readonly name: string;
  /** In the order of the comparison's runs. */
  readonly cells: readonly ComparedCell[];
}

/** What a metric is called, with the end that is better where that is not the upper one. */
export function comparedName({ runs, lessIsBetter }: Comparison, key: string): string {
  const { name } = namedMetrics({ [key]: runs[0]!.metrics[key]! })[0]!;
  return lessIsBetter.includes(key) ? `${name} (less is better)` : name;
}

/** The tested metrics with every run's value and difference. */
export function comparedRows(comparison: Comparison): ComparedRow[] {
  return comparison.metrics.map((key) => ({
    key,
    name: comparedName(comparison, key),
    cells: comparison.runs.map((run) => cellOf(comparison, run, key)),
  }));
}

function cellOf(comparison: Comparison, { metrics, differences }: ComparedRun, key: string): ComparedCell {
  const unit = unitOfMetric(comparison, key);
  const difference = differences?.[key];
  return {
    value: metricValue(metrics[key], unit),
    interval: metricInterval(metrics[key], unit),
    difference: difference === undefined ? null : differenceWords(difference, unit),
    verdict: difference === undefined ? null : verdictOf(comparison, key, difference),
  };
}

/** @param unit of the metric, see `unitOfMetric` */
export function differenceWords(difference: MetricDifference, unit: string | null): string {
  const { value, pHolm } = difference;
  if (isTooFew(difference)) return 'too few patients to tell a difference';
  if (value === null) return 'no difference can be worked out';
  const interval = metricInterval(difference, unit);
  const sign = value > 0 ? '+' : '';
  const said = `${sign}${metricValue(difference, unit)}`;
  return [`${said} (${interval ?? 'no interval'})`, pHolm === null ? null : `p ${pWords(pHolm)}`]
    .filter((part) => part !== null)
    .join(', ');
}

const pWords = (p: number): string => (p < 0.001 ? '< 0.001' : share(p));

/** Told apart where p, corrected for the number of runs, is below .05; null where nothing can be said. */
export function verdictOf(
  { lessIsBetter }: Pick<Comparison, 'lessIsBetter'>,
  key: string,
  difference: MetricDifference,
): Verdict | null {
  const { value, pHolm } = difference;
  if (isTooFew(difference) || value === null || pHolm === null) return null;
  if (pHolm >= 0.05) return 'not told apart';
  return value > 0 !== lessIsBetter.includes(key) ? 'better' : 'worse';
}

/** On what runs are compared, and how p is to be read. */
export function comparisonSentence(comparison: Comparison, reference: string): string {
  const { split, level, n, patients, runs, testOpenings } = comparison;
  const others = runs.length - 1;
  return [
    `All were judged on the same ${counted(n, `${split === 'test' ? 'test' : 'validation'} ${level}`)} of ${counted(patients, 'patient')}.`,
    `Differences are from ${reference}, with 95 % intervals of a paired bootstrap over patients.`,
    others > 1
      ? `p is two-sided and corrected for the ${others} runs that are compared (Holm); intervals are not, and metrics are not corrected for each other.`
      : 'p is two-sided; metrics are not corrected for each other.',
    split === 'test'
      ? `The test part has been opened ${testOpenings === 1 ? 'once' : `${testOpenings} times`}; comparing did not open it.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}
