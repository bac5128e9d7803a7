import type { ChartOption, ChartTable } from '../../ui/chart-types.ts';
import type { AgreementPair } from './agreement-figures.ts';

/** Differences over means with the mean difference and its 95 % limits (Bland, Altman 1986). */
export function differenceChart(
  {
    points: pairs,
    readers: [first, second],
    difference,
  }: Pick<AgreementPair, 'points' | 'readers'> & { difference: NonNullable<AgreementPair['difference']> },
  unit: string,
  /** Of the lines and their words. */
  color: string,
): { option: ChartOption; table: ChartTable } {
  const inUnit = (title: string): string => (unit === '' ? title : `${title}, ${unit}`);
  const meanTitle = inUnit(`Mean of ${first} and ${second}`);
  const differenceTitle = inUnit(`${second} − ${first}`);
  const line = (name: string, yAxis: number, type: 'solid' | 'dashed') => ({
    name,
    yAxis,
    lineStyle: { type, color },
    label: {
      formatter: `${name} ${yAxis.toFixed(2)}`,
      position: 'insideEndTop' as const,
      fontSize: 11,
      color,
      textBorderWidth: 0,
    },
  });
  const limits = { mean: difference.mean.value, low: difference.lower.value, high: difference.upper.value };
  const across = axisEnds(pairs.map((pair) => (pair.first + pair.second) / 2));
  const upwards = axisEnds([limits.low, limits.high, ...pairs.map((pair) => pair.second - pair.first)]);
  return {
    option: {
      grid: { left: 58, right: 18, top: 14, bottom: 40 },
      tooltip: { trigger: 'item' },
      xAxis: { type: 'value', name: meanTitle, nameLocation: 'middle', nameGap: 28, ...across },
      yAxis: { type: 'value', name: differenceTitle, nameLocation: 'middle', nameGap: 40, ...upwards },
      series: [
        {
          type: 'scatter',
          symbolSize: 7,
          data: pairs.map((pair) => [(pair.first + pair.second) / 2, pair.second - pair.first]),
          markLine: {
            silent: true,
            symbol: 'none',
            data: [
              line('mean', limits.mean, 'solid'),
              line('upper limit', limits.high, 'dashed'),
              line('lower limit', limits.low, 'dashed'),
            ],
          },
        },
      ],
    },
    table: {
      columns: ['Image', first, second, meanTitle, differenceTitle],
      rows: pairs.map((pair) => [
        ...[pair.image, pair.first, pair.second],
        ...[(pair.first + pair.second) / 2, pair.second - pair.first],
      ]),
    },
  };
}

/** Ends of an axis with room beside the outermost values: whole numbers for one of tens, hundredths for one of tenths. */
function axisEnds(values: readonly number[]): { min: number; max: number } {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const span = highest - lowest || 1;
  const margin = span / 10;
  const step = 10 ** Math.floor(Math.log10(span));
  const rounded = (to: (value: number) => number, value: number): number =>
    Number((to(value / step) * step).toPrecision(12));
  return { min: rounded(Math.floor, lowest - margin), max: rounded(Math.ceil, highest + margin) };
}
