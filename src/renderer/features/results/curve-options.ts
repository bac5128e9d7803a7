import type { EvaluationCurves } from '../../../contract/run.ts';
import { quantity } from '../../../core/figures.ts';
import { type ClassCurves, diagonal, type DrawnChart, frame } from './chart-frame.ts';

const pointLabel = (threshold: number): string => `operating point, ${quantity(threshold, 3)}`;

const thresholdWords = (threshold: number | null): string =>
  threshold === null ? 'no image' : `from probability ${quantity(threshold, 3)}`;

function cutSeries(
  name: string,
  points: readonly { x: number; y: number; threshold: number | null }[],
  color: string | undefined,
  words: { x: string; y: string },
): object {
  return {
    type: 'line',
    name,
    data: points.map(({ x, y, threshold }) => ({ value: [x, y], threshold })),
    symbolSize: 7,
    showSymbol: points.length <= 60,
    triggerLineEvent: true,
    color,
    lineStyle: { width: 2 },
    tooltip: {
      formatter: ({ data }: { data: { value: [number, number]; threshold: number | null } }) =>
        `${name}\n${words.x} ${quantity(data.value[0], 3)}\n${words.y} ${quantity(data.value[1], 3)}\n${thresholdWords(data.threshold)}`,
    },
  };
}

function chosenPoint(x: number, y: number, threshold: number, color: string | undefined): object {
  return {
    type: 'scatter',
    name: 'operating point',
    data: [[x, y]],
    symbol: 'diamond',
    symbolSize: 13,
    color,
    z: 5,
    label: {
      show: true,
      formatter: pointLabel(threshold),
      position: x > 0.6 ? 'left' : 'right',
      // Beside the line rather than on it.
      offset: [0, 14],
      fontSize: 11,
      color: 'inherit',
    },
    tooltip: { formatter: () => pointLabel(threshold) },
  };
}

/** ROC with its band where one class is drawn. Series 0 to `classes.length - 1` are the classes. */
export function rocChart(
  classes: readonly ClassCurves[],
  operatingPoint: EvaluationCurves['operatingPoint'],
  colors: readonly string[],
): DrawnChart {
  const drawn = classes.filter(({ roc }) => roc !== null);
  const [only] = drawn;
  const series: object[] = drawn.map(({ name, roc }, index) =>
    cutSeries(name, roc!, colors[index % colors.length], { x: 'false positives', y: 'sensitivity' }),
  );
  if (drawn.length === 1 && only?.rocBand) series.push(...bandSeries(only.rocBand, colors[0]));
  if (drawn.length === 1 && operatingPoint?.specificity != null && operatingPoint.sensitivity !== null)
    series.push(
      chosenPoint(
        1 - operatingPoint.specificity,
        operatingPoint.sensitivity,
        operatingPoint.threshold,
        colors[1],
      ),
    );
  series.push(diagonal);
  return {
    title: 'ROC curve',
    option: {
      ...frame('false positive rate (1 − specificity)', 'sensitivity', drawn.length > 1),
      series: series,
    },
    table: {
      columns: ['class', 'false positive rate', 'sensitivity', 'threshold'],
      rows: drawn.flatMap(({ name, roc }) => roc!.map(({ x, y, threshold }) => [name, x, y, threshold])),
    },
  };
}

/** A band as two lines that stand on each other: the lower one unseen, the upper one's height filled. */
function bandSeries(
  band: readonly { x: number; low: number; high: number }[],
  color: string | undefined,
): object[] {
  const common = {
    type: 'line',
    stack: 'band',
    stackStrategy: 'all',
    silent: true,
    showSymbol: false,
    lineStyle: { opacity: 0 },
    tooltip: { show: false },
    z: 1,
  };
  return [
    { ...common, name: 'band, low', data: band.map(({ x, low }) => [x, low]) },
    {
      ...common,
      name: '95 % band',
      data: band.map(({ x, low, high }) => [x, high - low]),
      color,
      areaStyle: { opacity: 0.18 },
    },
  ];
}

export function precisionRecallChart(
  classes: readonly ClassCurves[],
  operatingPoint: EvaluationCurves['operatingPoint'],
  colors: readonly string[],
): DrawnChart {
  const drawn = classes.filter(({ precisionRecall }) => precisionRecall !== null);
  const [only] = drawn;
  const series: object[] = drawn.map(({ name, precisionRecall }, index) =>
    cutSeries(name, precisionRecall!, colors[index % colors.length], { x: 'sensitivity', y: 'precision' }),
  );
  if (drawn.length === 1 && operatingPoint?.precision != null && operatingPoint.sensitivity !== null)
    series.push(
      chosenPoint(operatingPoint.sensitivity, operatingPoint.precision, operatingPoint.threshold, colors[1]),
    );
  if (drawn.length === 1 && only !== undefined) {
    const prevalence = only.positives / Math.max(1, only.positives + only.negatives);
    series.push({
      ...diagonal,
      data: [
        [0, prevalence],
        [1, prevalence],
      ],
    });
  }
  return {
    title: 'Precision and recall',
    option: {
      ...frame('recall (sensitivity)', 'precision', drawn.length > 1),
      series: series,
    },
    table: {
      columns: ['class', 'recall', 'precision', 'threshold'],
      rows: drawn.flatMap(({ name, precisionRecall }) =>
        precisionRecall!.map(({ x, y, threshold }) => [name, x, y, threshold]),
      ),
    },
  };
}
