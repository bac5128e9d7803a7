import type { Comparison } from '../../../contract/comparison.ts';
import { isTooFew, unitOfMetric } from '../../../contract/evaluation.ts';
import { quantity } from '../../../core/figures.ts';
import type { ChartOption, ChartTable } from '../../ui/chart-types.ts';
import { comparedName, differenceWords } from './comparison-words.ts';

/** One difference as the picture draws it. */
interface ForestRow {
  readonly label: string;
  /** Place of the run among those that are compared. */
  readonly run: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly p: number | null;
  readonly words: string;
}

const mostMetrics = 6;

/** The main metrics that are measured as the first one is, of every run but the reference. */
export function forestRows(comparison: Comparison, labels: readonly string[]): ForestRow[] {
  const { metrics, runs } = comparison;
  const unit = metrics.length === 0 ? null : unitOfMetric(comparison, metrics[0]!);
  const alike = metrics.filter((key) => unitOfMetric(comparison, key) === unit).slice(0, mostMetrics);
  return alike.flatMap((key) =>
    runs.flatMap(({ differences }, run): ForestRow[] => {
      const difference = differences?.[key];
      if (difference === undefined || difference.value === null || isTooFew(difference)) return [];
      const { value, low, high, pHolm } = difference;
      const label = `${comparedName(comparison, key)}: ${labels[run]!}`;
      return [{ label, run, value, low, high, p: pHolm, words: differenceWords(difference, unit) }];
    }),
  );
}

/** Differences as points with their intervals as lines, beside the line of no difference. */
export function forestOption(
  rows: readonly ForestRow[],
  { colors, axis }: { readonly colors: readonly string[]; readonly axis: string },
): ChartOption {
  const colorOf = (run: number): string => colors[run % colors.length]!;
  const runs = [...new Set(rows.map(({ run }) => run))];
  const whiskers = runs.map((run) => ({
    type: 'line' as const,
    color: colorOf(run),
    showSymbol: false,
    silent: true,
    lineStyle: { width: 3, opacity: 0.5 },
    tooltip: { show: false },
    data: rows.flatMap(({ run: of, low, high }, place) =>
      of !== run || low === null || high === null
        ? []
        : [
            [low, place],
            [high, place],
            ['-', place],
          ],
    ),
  }));
  const points = runs.map((run, index) => ({
    type: 'scatter' as const,
    color: colorOf(run),
    symbolSize: 9,
    data: rows.flatMap(({ run: of, value }, place) => (of === run ? [[value, place]] : [])),
    ...(index === 0 && {
      markLine: {
        symbol: 'none',
        silent: true,
        lineStyle: { type: 'dashed' as const, width: 1, color: '#8d969f' },
        label: { show: false },
        data: [{ xAxis: 0 }],
      },
    }),
  }));
  return {
    animation: false,
    grid: { left: 8, right: 24, top: 8, bottom: 40, containLabel: true },
    legend: { show: false },
    tooltip: {
      trigger: 'item',
      formatter: (point) => {
        const [one] = [point].flat();
        const row = rows[Number((one?.value as number[] | undefined)?.[1])];
        return row === undefined ? '' : `${row.label}\n${row.words}`;
      },
    },
    xAxis: {
      type: 'value',
      name: axis,
      nameLocation: 'middle',
      nameGap: 24,
      // No difference is always in the picture.
      min: ({ min }) => Math.min(0, min),
      max: ({ max }) => Math.max(0, max),
      axisLabel: { formatter: (value: number) => quantity(value) },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map(({ label }) => label),
      axisLabel: { width: 230, overflow: 'truncate' },
    },
    series: [...whiskers, ...points],
  };
}

/** The same figures as a table. */
export function forestTable(rows: readonly ForestRow[]): ChartTable {
  return {
    columns: ['metric and run', 'difference', 'low', 'high', 'p'],
    rows: rows.map(({ label, value, low, high, p }) => [label, value, low, high, p]),
  };
}
