import type { ClinicalColumn, ColumnSummary } from '../../../contract/table.ts';
import { counted } from '../../../core/words.ts';
import { columnTitle, valueBars } from './clinical-words.ts';
import type { DrawnChart } from './data-charts.ts';

const mostCategoryBars = 30;

/** How the values of a column lie, over patients. */
export function columnChart(column: ClinicalColumn, summary: ColumnSummary): DrawnChart {
  const bars = valueBars(summary);
  const shown = bars.slice(0, mostCategoryBars);
  return {
    height: 260,
    option: {
      grid: { left: 22, right: 12, top: 28, bottom: 34, containLabel: true },
      tooltip: {
        trigger: 'axis',
        axisPointer: { type: 'shadow' },
        valueFormatter: (value) => counted(Number(value), 'patient'),
      },
      xAxis: {
        type: 'category',
        data: shown.map(({ label }) => label),
        name: columnTitle(column),
        nameLocation: 'middle',
        nameGap: 28,
        axisLabel: { width: 110, overflow: 'truncate' },
      },
      yAxis: { type: 'value', minInterval: 1, name: 'Patients' },
      series: [
        {
          name: 'Patients',
          type: 'bar',
          data: shown.map(({ n }) => n),
          barCategoryGap: column.kind === 'number' ? '4%' : '30%',
        },
      ],
    },
    table: {
      columns: [columnTitle(column), 'Patients'],
      rows: [...bars.map(({ label, n }) => [label, n]), ['missing', summary.missing]],
    },
  };
}
