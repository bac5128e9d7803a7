import { count } from '../../../core/words.ts';
import { markup } from '../markup.ts';
import { chart, niceTicks, place, unitTicks } from './frame.ts';
import { seriesStyle } from './palette.ts';

/** How many images have which Dice of a class, in bins of equal width from 0 to 1. */
export function diceHistogram(name: string, bins: readonly number[], index: number): string {
  const most = Math.max(1, ...bins) * 1.08;
  const total = bins.reduce((sum, n) => sum + n, 0);
  const { stroke } = seriesStyle(index);
  return chart(
    {
      title: `Dice of ${name} by image`,
      description: `${count(total)} images in ${bins.length} bins from 0 to 1: ${bins.map(count).join(', ')}.`,
      x: { label: `Dice of ${name}`, low: 0, high: 1, ticks: unitTicks },
      y: {
        label: 'images',
        low: 0,
        high: most,
        ticks: niceTicks(0, most, 5).filter(Number.isInteger),
        format: count,
      },
    },
    (plot) =>
      bins.map((n, bin) => {
        const [left, right] = [plot.x(bin / bins.length) + 1, plot.x((bin + 1) / bins.length) - 1];
        const top = plot.y(n);
        return markup`<rect x="${place(left)}" y="${place(top)}" width="${place(right - left)}" height="${place(plot.bottom - top)}" fill="${stroke}" opacity="0.8"><title>${count(n)} images</title></rect>`;
      }),
  );
}
