import type { EpochRecord } from '../../../contract/events.ts';
import type { LearningTask } from '../../../contract/learning-task.ts';
import type { LossId } from '../../../contract/recipe.ts';
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

type CurveKey = 'loss' | 'valLoss' | 'accuracy' | 'valAccuracy' | 'valMae' | 'valDice' | 'learningRate';
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

const lossAxes: Readonly<Record<LossId, string>> = {
  crossEntropy: 'cross-entropy, nats',
  focal: 'focal cross-entropy',
  dice: '1 − Dice',
  diceCrossEntropy: 'cross-entropy + 1 − Dice',
  squared: 'squared error, standardised',
  huber: 'Huber, standardised',
  absolute: 'absolute error, standardised',
};
/**
 * The validation part is judged by cross-entropy, a number by the squared error, whatever is trained by.
 *
 * @param loss null: that of recipes which leave it open
 */
export function lossChart(loss: LossId | null): ChartKind {
  const validation = loss === 'huber' || loss === 'absolute' ? 'squared error' : 'cross-entropy';
  const isSame = loss === null || loss === 'crossEntropy' || loss === 'squared';
  return {
    title: 'Loss',
    axis: `${lossAxes[loss ?? 'crossEntropy']}${isSame ? '' : `; validation: ${validation}`}`,
    curves: [
      { key: 'loss', name: 'training' },
      { key: 'valLoss', name: 'validation' },
    ],
    share: false,
  };
}
/** How well a task is done, epoch by epoch. */
export function resultChart(task: LearningTask): ChartKind {
  if (task.kind === 'regression')
    return {
      title: 'Mean absolute error',
      axis: task.unit === '' ? 'of the number' : task.unit,
      curves: [{ key: 'valMae', name: 'validation' }],
      share: false,
    };
  if (task.kind === 'segmentation')
    return {
      title: 'Pooled Dice of all pixels',
      axis: 'Dice and share of pixels',
      curves: [
        { key: 'valDice', name: 'pooled Dice' },
        { key: 'valAccuracy', name: 'pixels right' },
      ],
      share: true,
    };
  return {
    title: 'Accuracy',
    axis: task.kind === 'multiLabel' ? 'share of labels right' : 'share decided rightly',
    curves: [
      { key: 'accuracy', name: 'training' },
      { key: 'valAccuracy', name: 'validation' },
    ],
    share: true,
  };
}
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

/** From the last curve, the validation's, on. */
const dashes = ['solid', 'dashed', 'dotted'] as const;
const legendLinePx = 18;
/** How much higher a chart is where so many runs are named above it, in pixels. */
export const legendHeight = (courses: number): number => (courses > 1 ? courses * legendLinePx : 0);

/** A chart's title, where several runs are told apart by colour with the kinds of line that tell their curves apart. */
export function curveTitle({ title, curves }: ChartKind, courses: readonly Course[]): string {
  if (courses.length < 2 || curves.length < 2) return title;
  const kinds = curves.map(({ name }, index) => `${name} ${dashes[curves.length - 1 - index]!}`);
  return `${title}: ${kinds.toReversed().join(', ')}`;
}

/** One or several runs in one chart: curves of one differ by colour, of several by the line's kind, runs by colour. */
export function curveOption(
  { axis: valueAxis, curves, share }: ChartKind,
  courses: readonly Course[],
  { colors, smooth, epochs, steps = [] }: Look,
): ChartOption {
  const several = courses.length > 1;
  const axis: Axis = { min: steps.length > 0 ? 0 : Math.min(1, epochs), max: Math.max(epochs, 2) };
  const series: object[] = courses.flatMap((course, runIndex) =>
    curves.flatMap(({ key, name }, curveIndex) => {
      const color = colors[(several ? runIndex : curveIndex) % colors.length]!;
      const told = valuesOf(course, key);
      const raw = told.map(({ epoch, value }) => [epoch, value]);
      const line = {
        type: 'line',
        showSymbol: raw.length === 1,
        symbolSize: 6,
        color,
      };
      const label = several ? `${course.name}, ${name}` : name;
      const means = smoothed(told.map(({ value }) => value));
      const shown = smooth ? told.map(({ epoch }, index) => [epoch, means[index]!]) : raw;
      const main = {
        ...line,
        name: label,
        data: shown,
        lineStyle: { width: 2, type: dashes[several ? curves.length - 1 - curveIndex : 0] },
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
    grid: { left: 54, right: several ? 16 : 74, top: 28 + legendHeight(courses.length), bottom: 36 },
    legend: several ? runLegend(courses, curves) : { show: false },
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

/** A line a run, so that no name is cut off by the width of the chart before its end. */
function runLegend(courses: readonly Course[], curves: readonly Curve[]): ChartOption['legend'] {
  const told = `, ${curves.at(-1)!.name}`;
  return {
    show: true,
    top: 0,
    left: 0,
    orient: 'vertical',
    itemWidth: 22,
    itemHeight: 8,
    itemGap: 4,
    selectedMode: false,
    data: courses.map(({ name }) => `${name}${told}`),
    formatter: (entry) => entry.slice(0, -told.length),
    textStyle: { width: 320, overflow: 'truncate' },
  };
}

/** Lines that end nearer to each other than this share of the axis have names that would meet. */
const nearEnds = 0.1;

/** The epochs that have a value. Records of before there were several tasks lack some. */
function valuesOf({ history }: Course, key: CurveKey): { epoch: number; value: number }[] {
  return history.flatMap((record) => {
    const value = record[key] as number | null | undefined;
    return value == null ? [] : [{ epoch: record.epoch, value }];
  });
}

/** Where a curve's name is drawn at its end: above or below it where the other line ends near it. */
function besideLine(
  course: Course,
  curves: readonly Curve[],
  key: CurveKey,
  isShare: boolean,
): 'top' | 'middle' | 'bottom' {
  const told = curves.map((curve) => ({ key: curve.key, values: valuesOf(course, curve.key) }));
  const ends = told.flatMap(({ key: of, values }) =>
    values.length === 0 ? [] : [{ key: of, value: values.at(-1)!.value }],
  );
  if (ends.length < 2) return 'middle';
  const values = isShare ? [0, 1] : told.flatMap((curve) => curve.values.map(({ value }) => value));
  const axis = values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
  const [highest, lowest] = [
    Math.max(...ends.map(({ value }) => value)),
    Math.min(...ends.map(({ value }) => value)),
  ];
  if (highest - lowest > nearEnds * axis) return 'middle';
  // Of equal ones the first stands above.
  return ends.find(({ value }) => value === highest)?.key === key ? 'bottom' : 'top';
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
        ...curves.map(({ key }) => record[key] ?? null),
      ]),
    ),
  };
}
