import type { Evaluation, EvaluationCurves } from '../../../contract/run.ts';
import { metricValue, quantity } from '../../../core/figures.ts';
import { count, counted } from '../../../core/words.ts';
import type { DrawnChart, Series } from './chart-frame.ts';

type Points = NonNullable<EvaluationCurves['numbers']>['points'];

const named = (what: string, unit: string): string => (unit === '' ? what : `${what}, ${unit}`);
const inUnit = (value: number, unit: string): string => `${quantity(value)} ${unit}`.trim();

/** An axis that holds all values, its ends and ticks at round numbers. */
interface Range {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}
function range(values: readonly number[]): Range {
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const rough = (most - least || Math.abs(most) || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const interval = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  // No point lies on the frame, but for zero, below which there may be nothing.
  const room = least === 0 ? 0 : interval / 5;
  const min = Math.floor((least - room) / interval) * interval;
  const max = Math.ceil((most + interval / 5) / interval) * interval;
  return { min: least >= 0 ? Math.max(0, min) : min, max, interval };
}

const axis = (name: string, gap: number, ends: Range) => ({
  type: 'value' as const,
  name,
  nameLocation: 'middle' as const,
  nameGap: gap,
  axisLine: { onZero: false },
  ...ends,
});

/** Points keep the order of `points`, so that a click on the first series tells which one it was. */
function scatter(
  points: Points,
  place: (point: Points[number]) => readonly [x: number, y: number],
  unit: string,
  color: string | undefined,
): object {
  return {
    type: 'scatter',
    name: 'cases',
    data: points.map((point) => ({ value: [...place(point)], of: point })),
    symbolSize: 7,
    color,
    itemStyle: { opacity: 0.6 },
    tooltip: {
      formatter: ({ data }: { data: { of: Points[number] } }) =>
        `truth ${inUnit(data.of.truth, unit)}\npredicted ${inUnit(data.of.predicted, unit)}\nerror ${inUnit(data.of.predicted - data.of.truth, unit)}`,
    },
  };
}

/** Predicted against true numbers with the line of equal ones. */
export function predictedChart(points: Points, unit: string, colors: readonly string[]): DrawnChart {
  const ends = range(points.flatMap(({ truth, predicted }) => [truth, predicted]));
  return {
    title: 'Predicted and true numbers',
    option: {
      animation: false,
      grid: { left: 58, right: 18, top: 14, bottom: 40 },
      tooltip: { trigger: 'item' },
      xAxis: axis(named('true', unit), 24, ends),
      yAxis: axis(named('predicted', unit), 42, ends),
      series: [
        scatter(points, ({ truth, predicted }) => [truth, predicted], unit, colors[0]),
        {
          type: 'line',
          name: 'equal',
          data: [
            [ends.min, ends.min],
            [ends.max, ends.max],
          ],
          showSymbol: false,
          silent: true,
          color: '#8d969f',
          lineStyle: { width: 1, type: 'dashed' },
          tooltip: { show: false },
        },
      ] as Series,
    },
    table: {
      columns: [named('true', unit), named('predicted', unit)],
      rows: points.map(({ truth, predicted }) => [truth, predicted]),
    },
  };
}

/** Bland and Altman 1986: errors over the mean of both numbers, with the bias and the limits of agreement. */
export function errorChart(
  points: Points,
  { metrics, unit: ofNumbers }: Pick<Evaluation, 'metrics' | 'unit'>,
  colors: readonly string[],
): DrawnChart {
  const unit = ofNumbers ?? '';
  const mean = ({ truth, predicted }: Points[number]): number => (truth + predicted) / 2;
  const lines = [
    { key: 'upperLimit', name: 'upper limit', type: 'dashed' },
    { key: 'bias', name: 'bias', type: 'solid' },
    { key: 'lowerLimit', name: 'lower limit', type: 'dashed' },
  ].flatMap(({ key, ...line }) => {
    const value = metrics[key]?.value;
    return value == null ? [] : [{ ...line, value, words: metricValue(metrics[key], unit) }];
  });
  const errors = points.map(({ truth, predicted }) => predicted - truth);
  return {
    title: 'Errors (Bland–Altman)',
    option: {
      animation: false,
      grid: { left: 58, right: 104, top: 14, bottom: 40 },
      tooltip: { trigger: 'item' },
      xAxis: axis(named('mean of predicted and true', unit), 24, range(points.map(mean))),
      yAxis: axis(
        named('predicted − true', unit),
        42,
        range([0, ...errors, ...lines.map(({ value }) => value)]),
      ),
      series: [
        {
          ...scatter(points, (point) => [mean(point), point.predicted - point.truth], unit, colors[0]),
          markLine: {
            symbol: 'none',
            silent: true,
            data: lines.map(({ name, type, value, words }) => ({
              yAxis: value,
              lineStyle: { type, width: 1.5, color: colors[1] },
              label: {
                formatter: `${name}\n${words}`,
                lineHeight: 14,
                position: 'end',
                fontSize: 11,
                color: 'inherit',
                textBorderWidth: 0,
              },
            })),
          },
        },
      ] as Series,
    },
    table: {
      columns: [named('mean of both', unit), named('predicted − true', unit)],
      rows: points.map((point) => [mean(point), point.predicted - point.truth]),
    },
  };
}

/** `All 40 cases.`; of many how those were chosen that are drawn. */
export function drawnWords({ n, points }: NonNullable<EvaluationCurves['numbers']>): string {
  if (points.length === n) return `Every case is drawn: ${count(n)}.`;
  return `${counted(points.length, 'case')} of ${count(n)} are drawn: the largest errors, and an even choice of the others.`;
}
