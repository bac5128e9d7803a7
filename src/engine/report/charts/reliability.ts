import { type ReliabilityBin, calibrationBins, widthBin } from '../../../core/calibration.ts';
import { count } from '../../../core/words.ts';
import { markup } from '../markup.ts';
import { chart, linePath, place, unitTicks } from './frame.ts';
import { colour, seriesStyle } from './palette.ts';

/** Predicted against observed frequency in equal-width bins, with the number of rows of each bin beneath; bins of too few are hollow. */
export function reliabilityChart(
  bins: readonly ReliabilityBin[],
  labels: { readonly x: string; readonly y: string },
): string {
  const points = bins.map((bin) => ({ x: bin.predicted, y: bin.observed, n: bin.n, tooFew: bin.tooFew }));
  const enough = points.filter((point) => !point.tooFew);
  const largest = Math.max(1, ...bins.map((bin) => bin.n));
  const { stroke } = seriesStyle(0);
  return chart(
    {
      title: 'Reliability',
      description: points
        .map(({ x, y, n }) => `predicted ${x.toFixed(2)}, observed ${y.toFixed(2)}, n ${n}`)
        .join('; '),
      x: { label: labels.x, low: 0, high: 1, ticks: unitTicks },
      y: { label: labels.y, low: 0, high: 1, ticks: unitTicks },
    },
    (plot) => [
      ...bins.map((bin) => {
        const height = (bin.n / largest) * (plot.bottom - plot.top) * 0.16;
        const start = widthBin(bin.predicted) / calibrationBins;
        return markup`<rect x="${place(plot.x(start) + 1)}" y="${place(plot.bottom - height)}" width="${place((plot.right - plot.left) / calibrationBins - 2)}" height="${place(height)}" fill="${colour('faint')}" opacity="0.45"><title>${count(bin.n)} images</title></rect>`;
      }),
      markup`<line x1="${plot.left}" y1="${plot.bottom}" x2="${plot.right}" y2="${plot.top}" stroke="${colour('faint')}" stroke-dasharray="4 4"/>`,
      markup`<text x="${place(plot.x(0.5) - 8)}" y="${place(plot.y(0.5) - 12)}" text-anchor="end" fill="${colour('muted')}">perfectly calibrated</text>`,
      markup`<path d="${linePath(enough, plot)}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`,
      ...points.map(({ x, y, n, tooFew }) => {
        const fill = tooFew ? colour('surface') : stroke;
        return markup`<circle cx="${place(plot.x(x))}" cy="${place(plot.y(y))}" r="4" fill="${fill}" stroke="${stroke}" stroke-width="1.5"><title>n = ${n}</title></circle>`;
      }),
    ],
  );
}
