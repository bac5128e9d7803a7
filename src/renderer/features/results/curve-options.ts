import type { EvaluationCurves } from '../../../contract/run.ts';
import { quantity } from '../../../core/figures.ts';
import type { ChartOption, ChartTable } from '../../ui/chart-types.ts';

export interface DrawnChart {
  readonly title: string;
  readonly option: ChartOption;
  readonly table: ChartTable;
}
type ClassCurves = EvaluationCurves['classes'][number];
type Series = NonNullable<ChartOption['series']>;

const unitAxis = (name: string, gap: number) => ({
  type: 'value' as const,
  name,
  nameLocation: 'middle' as const,
  nameGap: gap,
  min: 0,
  max: 1,
});
const frame = (x: string, y: string, legend: boolean): ChartOption => ({
  animation: false,
  grid: { left: 52, right: 18, top: legend ? 34 : 14, bottom: 40 },
  legend: legend ? { show: true, top: 0, left: 0, type: 'scroll', itemHeight: 8 } : { show: false },
  tooltip: { trigger: 'item' },
  xAxis: unitAxis(x, 24),
  yAxis: unitAxis(y, 36),
});

const diagonal = {
  type: 'line',
  name: 'chance',
  data: [
    [0, 0],
    [1, 1],
  ],
  showSymbol: false,
  silent: true,
  lineStyle: { width: 1, type: 'dashed', opacity: 0.6 },
  color: '#8d969f',
  tooltip: { show: false },
};
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

/** Predicted against observed; bins with too few images are in the table and hollow in the chart. */
export function reliabilityChart(
  reliability: EvaluationCurves['reliability'],
  positive: string | null,
  colors: readonly string[],
): DrawnChart {
  const point = (bin: EvaluationCurves['reliability'][number]) => ({
    value: [bin.predicted, bin.observed],
    n: bin.n,
    tooFew: bin.tooFew,
    label: { position: bin.observed > 0.5 ? 'bottom' : 'top' },
    ...(bin.tooFew && { itemStyle: { color: 'transparent', borderColor: colors[0], borderWidth: 1.5 } }),
  });
  const sure = reliability.filter(({ tooFew }) => !tooFew);
  return {
    title: 'Calibration',
    option: {
      ...frame(
        positive === null ? 'highest predicted probability' : `predicted probability of ${positive}`,
        positive === null ? 'share decided rightly' : `share that is ${positive}`,
        false,
      ),
      series: [
        {
          type: 'scatter',
          name: 'bins',
          data: reliability.map(point),
          symbolSize: 10,
          color: colors[0],
          label: {
            show: true,
            position: 'top',
            fontSize: 11,
            color: colors[0],
            formatter: ({ data }: { data: { n: number; tooFew: boolean } }) =>
              `n = ${data.n}${data.tooFew ? ', too few' : ''}`,
          },
          tooltip: {
            formatter: ({ data }: { data: { value: [number, number]; n: number; tooFew: boolean } }) =>
              `predicted ${quantity(data.value[0], 3)}\nobserved ${quantity(data.value[1], 3)}\n${data.n} images${data.tooFew ? ', too few to judge' : ''}`,
          },
        },
        {
          type: 'line',
          name: 'calibration',
          data: sure.map(({ predicted, observed }) => [predicted, observed]),
          showSymbol: false,
          silent: true,
          color: colors[0],
          lineStyle: { width: 2 },
          tooltip: { show: false },
        },
        diagonal,
      ] as Series,
    },
    table: {
      columns: ['mean predicted', 'observed', 'n', 'too few'],
      rows: reliability.map(({ predicted, observed, n, tooFew }) => [
        predicted,
        observed,
        n,
        tooFew ? 'yes' : 'no',
      ]),
    },
  };
}

/** Images by probability of a class; bars of both kinds lie on each other. */
export function histogramChart(
  { name, histogram }: ClassCurves,
  threshold: number | null,
  colors: readonly string[],
): DrawnChart {
  const bins = histogram.positives.length;
  const edges = histogram.positives.map((_, index) => [index / bins, (index + 1) / bins] as const);
  const label = ([from, to]: readonly [number, number]): string => `${quantity(from, 2)}–${quantity(to, 2)}`;
  const bars = (series: string, values: readonly number[], color: string | undefined): object => ({
    type: 'bar',
    stack: 'images',
    name: series,
    data: [...values],
    color,
    barCategoryGap: '8%',
  });
  return {
    title: 'Probabilities',
    option: {
      animation: false,
      grid: { left: 52, right: 18, top: 34, bottom: 40 },
      legend: { show: true, top: 0, left: 0, itemHeight: 8, itemWidth: 14 },
      tooltip: { trigger: 'axis' },
      xAxis: {
        type: 'category',
        data: edges.map(label),
        name: `probability of ${name}`,
        nameLocation: 'middle',
        nameGap: 26,
        axisLabel: { interval: Math.max(0, Math.round(bins / 5) - 1) },
      },
      yAxis: { type: 'value', name: 'images', nameLocation: 'middle', nameGap: 36, minInterval: 1 },
      series: [
        bars(`truth ${name}`, histogram.positives, colors[1]),
        {
          ...bars('truth other', histogram.negatives, colors[0]),
          ...(threshold !== null && {
            markLine: {
              symbol: 'none',
              silent: true,
              lineStyle: { type: 'dotted', width: 1 },
              label: { formatter: 'threshold', fontSize: 11, color: colors[0], textBorderWidth: 0 },
              data: [{ xAxis: Math.min(bins - 1, Math.floor(threshold * bins)) }],
            },
          }),
        },
      ] as Series,
    },
    table: {
      columns: ['from', 'to', `truth ${name}`, 'truth other'],
      rows: edges.map(([from, to], index) => [
        from,
        to,
        histogram.positives[index]!,
        histogram.negatives[index]!,
      ]),
    },
  };
}
