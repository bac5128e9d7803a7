import type { EpochRecord } from '../../../contract/events.ts';
import type { ChartOption, ChartTable } from '../../ui/chart-types.ts';
import { quantity } from '../../../core/figures.ts';
import { smoothed } from './run-pace.ts';

/** A run's course as the charts draw it. */
export interface Course {
  readonly name: string;
  readonly history: readonly EpochRecord[];
  /** Marked in the chart; null while none is. */
  readonly bestEpoch: number | null;
}

/** A point of the running epoch: place in epochs, loss of the step. */
export type StepPoint = readonly [epoch: number, loss: number];

type CurveKey = 'loss' | 'valLoss' | 'accuracy' | 'valAccuracy' | 'learningRate';
interface Curve {
  readonly key: CurveKey;
  readonly name: string;
}
export interface ChartKind {
  readonly title: string;
  readonly axis: string;
  readonly curves: readonly Curve[];
  readonly share: boolean;
}

export const lossChart: ChartKind = {
  title: 'Loss',
  axis: 'cross-entropy, nats',
  curves: [
    { key: 'loss', name: 'training' },
    { key: 'valLoss', name: 'validation' },
  ],
  share: false,
};
export const accuracyChart: ChartKind = {
  title: 'Accuracy',
  axis: 'share decided rightly',
  curves: [
    { key: 'accuracy', name: 'training' },
    { key: 'valAccuracy', name: 'validation' },
  ],
  share: true,
};
export const learningRateChart: ChartKind = {
  title: 'Learning rate',
  axis: 'at the end of the epoch',
  curves: [{ key: 'learningRate', name: 'learning rate' }],
  share: false,
};

interface Look {
  readonly colors: readonly string[];
  readonly smooth: boolean;
  /** Right end of the axis: it does not move while a training goes on. */
  readonly epochs: number;
  readonly steps?: readonly StepPoint[];
}

const dashes = ['solid', 'dashed', 'dotted'] as const;

/** One or several runs in one chart: curves differ by colour, runs by the line's kind as well. */
export function curveOption(
  { axis: valueAxis, curves, share }: ChartKind,
  courses: readonly Course[],
  { colors, smooth, epochs, steps = [] }: Look,
): ChartOption {
  const several = courses.length > 1;
  const axis: Axis = { min: steps.length > 0 ? 0 : Math.min(1, epochs), max: Math.max(epochs, 2) };
  const series: object[] = courses.flatMap((course, runIndex) =>
    curves.flatMap(({ key, name }, curveIndex) => {
      const color = colors[(several ? runIndex * curves.length + curveIndex : curveIndex) % colors.length]!;
      const raw = course.history.map((record) => [record.epoch, record[key]]);
      const line = {
        type: 'line',
        showSymbol: raw.length === 1,
        symbolSize: 6,
        color,
      };
      const label = several ? `${course.name}, ${name}` : name;
      const means = smoothed(course.history.map((record) => record[key]));
      const shown = smooth ? course.history.map(({ epoch }, index) => [epoch, means[index]!]) : raw;
      const main = {
        ...line,
        name: label,
        data: shown,
        lineStyle: { width: 2, type: dashes[several ? runIndex : 0] },
        endLabel: {
          show: !several,
          formatter: name,
          // Measured by a glyph that not every machine has where it is not given.
          lineHeight: 14,
          verticalAlign: besideLine(course, curves, key, share),
          color,
          fontSize: 11,
        },
        ...(curveIndex === curves.length - 1 && markOf(course, axis)),
      };
      if (!smooth) return [main];
      return [
        {
          ...line,
          name: `${label}, raw`,
          data: raw,
          lineStyle: { width: 1, opacity: 0.4 },
          tooltip: { show: false },
        },
        main,
      ];
    }),
  );
  if (steps.length > 0)
    series.unshift({
      type: 'line',
      name: 'steps',
      data: steps.map((point) => [...point]),
      showSymbol: false,
      color: colors[0],
      lineStyle: { width: 1, opacity: 0.35 },
      tooltip: { show: false },
    });
  return {
    animation: false,
    grid: { left: 54, right: several ? 16 : 74, top: several ? 56 : 28, bottom: 36 },
    legend: several
      ? { show: true, top: 0, left: 0, type: 'scroll', itemWidth: 22, itemHeight: 8 }
      : { show: false },
    tooltip: { trigger: 'axis', valueFormatter: (value) => quantity(Number(value), 4) },
    xAxis: {
      type: 'value',
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 22,
      ...axis,
      minInterval: 1,
      axisLine: { onZero: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      name: valueAxis,
      nameLocation: 'middle',
      nameGap: 40,
      scale: !share,
      ...(share && { min: 0, max: 1 }),
    },
    series: series,
  };
}

/** Lines that end nearer to each other than this share of the axis have names that would meet. */
const nearEnds = 0.1;

/** Where a curve's name is drawn at its end: above or below it where the other line ends near it. */
function besideLine(
  course: Course,
  curves: readonly Curve[],
  key: CurveKey,
  isShare: boolean,
): 'top' | 'middle' | 'bottom' {
  const { history } = course;
  const last = history.at(-1);
  if (last === undefined || curves.length < 2) return 'middle';
  const values = isShare ? [0, 1] : history.flatMap((record) => curves.map((curve) => record[curve.key]));
  const axis = values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
  const ends = curves.map((curve) => last[curve.key]);
  if (Math.max(...ends) - Math.min(...ends) > nearEnds * axis) return 'middle';
  return endsAbove(course, curves, key) ? 'bottom' : 'top';
}

/** Whether a curve ends at or above the others; of equal ones the first does. */
function endsAbove({ history }: Course, curves: readonly Curve[], key: CurveKey): boolean {
  const last = history.at(-1);
  if (last === undefined) return true;
  const highest = Math.max(...curves.map((curve) => last[curve.key]));
  return curves.find((curve) => last[curve.key] === highest)?.key === key;
}

/** Ends of the axis of epochs. */
interface Axis {
  readonly min: number;
  readonly max: number;
}

function markOf({ bestEpoch, history }: Course, { min, max }: Axis): object {
  if (bestEpoch === null || !history.some(({ epoch }) => epoch === bestEpoch)) return {};
  return {
    markLine: {
      symbol: 'none',
      silent: true,
      lineStyle: { type: 'dotted', width: 1 },
      label: {
        formatter: `best: epoch ${bestEpoch}`,
        fontSize: 11,
        position: 'end',
        // Beside the line, away from the axis that is near.
        align: bestEpoch > (min + max) / 2 ? 'right' : 'left',
        color: 'inherit',
        textBorderWidth: 0,
      },
      data: [{ xAxis: bestEpoch }],
    },
  };
}

/** The same figures as a table. */
export function curveTable({ curves }: ChartKind, courses: readonly Course[]): ChartTable {
  const several = courses.length > 1;
  return {
    columns: [...(several ? ['run'] : []), 'epoch', ...curves.map(({ name }) => name)],
    rows: courses.flatMap(({ name, history }) =>
      history.map((record) => [
        ...(several ? [name] : []),
        record.epoch,
        ...curves.map(({ key }) => record[key]),
      ]),
    ),
  };
}
