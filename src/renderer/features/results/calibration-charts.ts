import type { Evaluation, EvaluationCurves } from '../../../contract/run.ts';
import { quantity } from '../../../core/figures.ts';
import { count, counted, pluralOf } from '../../../core/words.ts';
import { type ClassCurves, diagonal, type DrawnChart, frame, type Series } from './chart-frame.ts';

type Judged = Pick<Evaluation, 'task' | 'positive' | 'level'>;

function axesOf({ task, positive, level }: Judged): { predicted: string; observed: string } {
  if (task === 'multiLabel')
    return {
      predicted: 'predicted probability of a label',
      observed: `share of ${pluralOf(level)} that have it`,
    };
  return positive === null
    ? { predicted: 'highest predicted probability', observed: 'share decided rightly' }
    : { predicted: `predicted probability of ${positive}`, observed: `share that is ${positive}` };
}

/** Predicted against observed; bins of too few are in the table and hollow in the chart. */
export function reliabilityChart(
  reliability: EvaluationCurves['reliability'],
  judged: Judged,
  colors: readonly string[],
): DrawnChart {
  const { predicted, observed } = axesOf(judged);
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
      ...frame(predicted, observed, false),
      series: [
        {
          type: 'scatter',
          name: 'bins',
          labelLayout: { hideOverlap: true },
          data: reliability.map(point),
          symbolSize: 10,
          color: colors[0],
          label: {
            show: true,
            position: 'top',
            fontSize: 11,
            color: colors[0],
            // Bins of few lie side by side at the ends, where longer words would meet.
            formatter: ({ data }: { data: { n: number } }) => count(data.n),
            lineHeight: 14,
          },
          tooltip: {
            formatter: ({ data }: { data: { value: [number, number]; n: number; tooFew: boolean } }) =>
              `predicted ${quantity(data.value[0], 3)}\nobserved ${quantity(data.value[1], 3)}\n${counted(data.n, judged.level)}${data.tooFew ? ', too few to judge' : ''}`,
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

/** Images, studies or patients by probability of a class; bars of both kinds lie on each other. */
export function histogramChart(
  { name, histogram }: ClassCurves,
  threshold: number | null,
  level: Evaluation['level'],
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
      yAxis: { type: 'value', name: pluralOf(level), nameLocation: 'middle', nameGap: 36, minInterval: 1 },
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
