import { count } from '../../../core/words.ts';
import { type Markup, markup } from '../markup.ts';
import { type Plot, chart, niceTicks, place, unitTicks } from './frame.ts';
import { colour, seriesStyle } from './palette.ts';

interface Side {
  readonly name: string;
  /** Images a bin of equal width from 0 to 1. */
  readonly values: readonly number[];
}

export interface HistogramData {
  readonly title: string;
  readonly xLabel: string;
  readonly above: Side;
  readonly below: Side;
  readonly threshold: number | null;
}

/** How a probability lies in two kinds of images: one counted upwards, the other downwards. */
export function histogramChart(data: HistogramData): string {
  const { title, xLabel, above, below, threshold } = data;
  const most = Math.max(1, ...above.values, ...below.values) * 1.08;
  const bins = above.values.length;
  const bars = [
    { values: above.values, sign: 1, style: seriesStyle(1) },
    { values: below.values, sign: -1, style: seriesStyle(0) },
  ];
  const ticks = niceTicks(0, most, 3).filter(Number.isInteger);
  return chart(
    {
      title,
      description: `Images above the line: ${above.name}; below: ${below.name}.`,
      x: { label: xLabel, low: 0, high: 1, ticks: unitTicks },
      y: {
        label: 'images',
        low: -most,
        high: most,
        ticks: [...ticks.filter((tick) => tick > 0).map((tick) => -tick), ...ticks],
        format: (value) => count(Math.abs(value)),
      },
    },
    (plot) => [
      ...bars.flatMap(({ values, sign, style }) =>
        values.map((n, bin) => {
          const [from, to] = [plot.y(0), plot.y(sign * n)];
          const [left, right] = [plot.x(bin / bins) + 1, plot.x((bin + 1) / bins) - 1];
          return markup`<rect x="${place(left)}" y="${place(Math.min(from, to))}" width="${place(right - left)}" height="${place(Math.abs(to - from))}" fill="${style.stroke}" opacity="0.8"><title>${count(n)} images</title></rect>`;
        }),
      ),
      markup`<line x1="${plot.left}" x2="${plot.right}" y1="${place(plot.y(0))}" y2="${place(plot.y(0))}" stroke="${colour('faint')}"/>`,
      ...(threshold === null ? [] : [thresholdLine(plot, threshold)]),
      markup`<text x="${plot.left + 8}" y="${plot.top + 14}" fill="${seriesStyle(1).stroke}">${above.name}</text>`,
      markup`<text x="${plot.right - 6}" y="${plot.bottom - 8}" text-anchor="end" fill="${seriesStyle(0).stroke}">${below.name}</text>`,
    ],
  );
}

function thresholdLine(plot: Plot, threshold: number): Markup {
  const x = plot.x(threshold);
  const right = threshold < 0.6;
  return markup`<line x1="${place(x)}" x2="${place(x)}" y1="${plot.top}" y2="${plot.bottom}" stroke="${colour('ink')}" stroke-dasharray="3 3"/><text x="${place(x + (right ? 5 : -5))}" y="${plot.bottom - 26}" text-anchor="${right ? 'start' : 'end'}" fill="${colour('ink')}">operating point</text>`;
}
