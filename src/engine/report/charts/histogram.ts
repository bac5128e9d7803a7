import { type Markup, markup } from '../markup.ts';
import { count } from '../numbers.ts';
import { type Plot, chart, niceTicks, place, unitTicks } from './frame.ts';
import { colour, seriesStyle } from './palette.ts';

export interface ProbabilityHistogram {
  readonly positive: string;
  readonly negative: string;
  /** Images a bin of equal width from 0 to 1. */
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
  readonly threshold: number | null;
}

/** How the probability of the positive class lies in either class: upwards the positive, downwards the others. */
export function probabilityHistogram(data: ProbabilityHistogram): string {
  const { positive, negative, positives, negatives, threshold } = data;
  const most = Math.max(1, ...positives, ...negatives) * 1.08;
  const bins = positives.length;
  const bars = [
    { values: positives, sign: 1, style: seriesStyle(1) },
    { values: negatives, sign: -1, style: seriesStyle(0) },
  ];
  const ticks = niceTicks(0, most, 3).filter(Number.isInteger);
  return chart(
    {
      title: 'Probability by truth',
      description: `Images with ${positive} as truth lie above the line, ${negative} below.`,
      x: { label: `predicted probability of ${positive}`, low: 0, high: 1, ticks: unitTicks },
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
      markup`<text x="${plot.left + 8}" y="${plot.top + 14}" fill="${seriesStyle(1).stroke}">truth: ${positive}</text>`,
      markup`<text x="${plot.right - 6}" y="${plot.bottom - 8}" text-anchor="end" fill="${seriesStyle(0).stroke}">truth: ${negative}</text>`,
    ],
  );
}

function thresholdLine(plot: Plot, threshold: number): Markup {
  const x = plot.x(threshold);
  const right = threshold < 0.6;
  return markup`<line x1="${place(x)}" x2="${place(x)}" y1="${plot.top}" y2="${plot.bottom}" stroke="${colour('ink')}" stroke-dasharray="3 3"/><text x="${place(x + (right ? 5 : -5))}" y="${plot.bottom - 26}" text-anchor="${right ? 'start' : 'end'}" fill="${colour('ink')}">operating point</text>`;
}
