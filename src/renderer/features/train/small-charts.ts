import type { EpochRecord, StepPoint } from '../../../contract/events.ts';
import { quantity } from '../../../core/figures.ts';
import { share } from '../../../core/words.ts';
import { formatBytes } from '../../format.ts';
import { rateWords } from '../../run-words.ts';
import type { ChartOption, ChartTable } from '../../ui/chart-types.ts';

/** What a small chart is drawn of: steps, or epochs with their number as `at`. */
export type ChartRow = { readonly at: number } & Readonly<Record<string, number | null>>;

/** A small chart of values that may be missing. */
export interface SmallChart {
  readonly title: string;
  readonly curves: readonly { readonly key: string; readonly name: string }[];
  /** `power`: by powers of ten where the values reach over more than two; `zero`: from zero; `share`: from 0 to 1. */
  readonly axis: 'power' | 'zero' | 'share';
  say(value: number): string;
}

/** The learning rate, of steps or of a schedule that is still to run. */
export const rateChart: SmallChart = {
  title: 'Learning rate',
  curves: [{ key: 'learningRate', name: 'learning rate' }],
  axis: 'zero',
  say: rateWords,
};

export const stepCharts: readonly SmallChart[] = [
  {
    title: 'Gradient norm',
    curves: [{ key: 'gradientNorm', name: 'gradient norm' }],
    axis: 'power',
    say: (value) => quantity(value, 3),
  },
  rateChart,
  {
    title: 'Memory of the trainer',
    curves: [
      { key: 'memoryBytes', name: 'all' },
      { key: 'tensorBytes', name: 'tensors' },
    ],
    axis: 'zero',
    say: formatBytes,
  },
];

export const metricChart: SmallChart = {
  title: 'Validation metrics',
  curves: [
    { key: 'valAuc', name: 'AUC' },
    { key: 'valF1', name: 'macro F1' },
    { key: 'valBalancedAccuracy', name: 'balanced accuracy' },
  ],
  axis: 'share',
  say: (value) => share(value),
};

export const stepRows = (points: readonly StepPoint[]): ChartRow[] => points.map((point) => ({ ...point }));
export const epochRows = (history: readonly EpochRecord[]): ChartRow[] =>
  history.map((record) => ({ ...record, at: record.epoch }));

/** The curves of a chart that have values, and the points that do. */
function told({ curves }: SmallChart, rows: readonly ChartRow[]) {
  return curves.flatMap(({ key, name }) => {
    const data = rows.flatMap((row) => (row[key] == null ? [] : [[row.at, row[key]]]));
    return data.length === 0 ? [] : [{ key, name, data }];
  });
}

/** Whether there is anything to draw. */
export function hasValues(chart: SmallChart, rows: readonly ChartRow[]): boolean {
  return told(chart, rows).length > 0;
}

/** @param epochs right end of the axis: it does not move while a training goes on */
export function smallOption(
  chart: SmallChart,
  rows: readonly ChartRow[],
  { colors, epochs }: { readonly colors: readonly string[]; readonly epochs: number },
): ChartOption {
  const curves = told(chart, rows);
  return {
    animation: false,
    grid: { left: 58, right: 14, top: curves.length > 2 ? 34 : curves.length > 1 ? 24 : 10, bottom: 36 },
    legend: {
      show: curves.length > 1,
      top: 0,
      right: 0,
      icon: 'roundRect',
      itemWidth: 12,
      itemHeight: 3,
    },
    tooltip: { trigger: 'axis', valueFormatter: (value) => chart.say(Number(value)) },
    xAxis: {
      type: 'value',
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 22,
      min: 0,
      max: epochs,
      minInterval: epochs < 2 ? 0 : 1,
      splitNumber: 4,
      axisLine: { onZero: false },
      axisPointer: { label: { show: false } },
      splitLine: { show: false },
    },
    yAxis: {
      type: chart.axis === 'power' && reachesOverPowers(curves.flatMap(({ data }) => data)) ? 'log' : 'value',
      splitNumber: 3,
      scale: chart.axis === 'power',
      ...(chart.axis === 'share' && { min: 0, max: 1, interval: 0.25 }),
      axisLabel: { formatter: chart.axis === 'share' ? String : chart.say },
    },
    series: curves.map(({ name, data }, index) => ({
      type: 'line',
      name,
      data,
      showSymbol: data.length === 1,
      symbolSize: 5,
      color: colors[index % colors.length]!,
      lineStyle: { width: 1.5 },
    })),
  };
}

function reachesOverPowers(data: readonly (readonly number[])[]): boolean {
  const values = data.map(([, value]) => value!);
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  return least > 0 && values.reduce((a, b) => Math.max(a, b), 0) / least > 100;
}

/** The same figures as a table. */
export function smallTable({ curves }: SmallChart, rows: readonly ChartRow[]): ChartTable {
  return {
    columns: ['epoch', ...curves.map(({ name }) => name)],
    rows: rows
      .filter((row) => curves.some(({ key }) => row[key] != null))
      .map((row) => [Number(row.at.toPrecision(6)), ...curves.map(({ key }) => row[key] ?? null)]),
  };
}
