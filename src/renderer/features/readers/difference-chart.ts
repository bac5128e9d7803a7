import type { ChartOption, ChartTable } from '../../ui/chart-types.ts';

/** Two readers' numbers of one image. */
export interface NumberPair {
  readonly image: string;
  readonly first: number;
  readonly second: number;
}

/** Differences over means with the mean difference and its 95 % limits (Bland, Altman 1986). */
export function differenceChart(
  pairs: readonly NumberPair[],
  [first, second]: readonly [string, string],
  limits: { readonly mean: number; readonly low: number; readonly high: number },
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
  const shown = [limits.low, limits.high, ...pairs.map((pair) => pair.second - pair.first)];
  const [lowest, highest] = [Math.min(...shown), Math.max(...shown)];
  const margin = (highest - lowest || 1) / 10;
  return {
    option: {
      grid: { left: 58, right: 18, top: 14, bottom: 40 },
      tooltip: { trigger: 'item' },
      xAxis: { type: 'value', scale: true, name: meanTitle, nameLocation: 'middle', nameGap: 28 },
      yAxis: {
        ...{ type: 'value', name: differenceTitle, nameLocation: 'middle', nameGap: 40 },
        min: Math.floor(lowest - margin),
        max: Math.ceil(highest + margin),
      },
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
