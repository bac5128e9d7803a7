import type { EvaluationCurves } from '../../../contract/run.ts';
import type { ChartOption, ChartTable } from '../../ui/chart-types.ts';

export interface DrawnChart {
  readonly title: string;
  readonly option: ChartOption;
  readonly table: ChartTable;
}
export type ClassCurves = EvaluationCurves['classes'][number];
export type Series = NonNullable<ChartOption['series']>;

const unitAxis = (name: string, gap: number) => ({
  type: 'value' as const,
  name,
  nameLocation: 'middle' as const,
  nameGap: gap,
  min: 0,
  max: 1,
});
export const frame = (x: string, y: string, legend: boolean): ChartOption => ({
  animation: false,
  grid: { left: 52, right: 18, top: legend ? 34 : 14, bottom: 40 },
  legend: legend ? { show: true, top: 0, left: 0, type: 'scroll', itemHeight: 8 } : { show: false },
  tooltip: { trigger: 'item' },
  xAxis: unitAxis(x, 24),
  yAxis: unitAxis(y, 36),
});

/** What chance, or a perfect calibration, would give. */
export const diagonal = {
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
