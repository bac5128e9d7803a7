import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  DatasetComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  MarkPointComponent,
  TitleComponent,
  TooltipComponent,
} from 'echarts/components';
import { init, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';

import type { ChartOption, ChartTable } from './chart-types.ts';

export type { ChartOption, ChartTable };

use([
  BarChart,
  LineChart,
  ScatterChart,
  AriaComponent,
  DatasetComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  MarkPointComponent,
  TitleComponent,
  TooltipComponent,
  LabelLayout,
  CanvasRenderer,
  SVGRenderer,
]);

const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The series colours of the theme in force. */
export const chartColors = (): string[] => [1, 2, 3, 4, 5, 6].map((index) => token(`--chart-${index}`));

/** One look for all charts, from the tokens in force. */
function themeNow(): object {
  const text = token('--text-muted');
  const line = token('--chart-grid');
  const axis = {
    axisLine: { lineStyle: { color: token('--border-strong') } },
    axisTick: { lineStyle: { color: token('--border-strong') } },
    axisLabel: { color: text, fontSize: 11 },
    nameTextStyle: { color: text, fontSize: 11 },
    splitLine: { lineStyle: { color: line } },
  };
  return {
    color: chartColors(),
    backgroundColor: 'transparent',
    textStyle: { fontFamily: 'Inter Variable, sans-serif', color: token('--text') },
    legend: { textStyle: { color: text, fontSize: 11 }, inactiveColor: token('--border-strong') },
    tooltip: {
      // Markup with styles of its own would break the page's policy.
      renderMode: 'richText',
      backgroundColor: token('--ground-overlay'),
      borderColor: token('--border'),
      textStyle: { color: token('--text'), fontSize: 12 },
      confine: true,
    },
    categoryAxis: axis,
    valueAxis: axis,
    logAxis: axis,
    // With a colour of their own labels get no outline.
    bar: { label: { color: token('--text') } },
    line: { label: { color: token('--text') } },
    scatter: { label: { color: token('--text') } },
  };
}

/** A live chart in an element. */
export const createChart = (element: HTMLElement) => init(element, themeNow(), { renderer: 'canvas' });

/** The same chart as an SVG file's text, on the theme's ground. */
export function chartAsSvg(option: ChartOption, width: number, height: number): string {
  const chart = init(null, themeNow(), { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ ...option, animation: false, backgroundColor: token('--ground-raised') });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** A table as CSV: quotes where they are needed, and no cell that a spreadsheet would take for a formula. */
export function tableAsCsv({ columns, rows }: ChartTable): string {
  const cell = (value: string | number | null): string => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** Hands a file to the user. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
