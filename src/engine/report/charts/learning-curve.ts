import { share } from '../../../core/words.ts';
import { type Markup, markup } from '../markup.ts';
import { type Plot, chart, linePath, niceTicks, place, spread } from './frame.ts';
import { colour, seriesStyle } from './palette.ts';

export interface LearningCurve {
  readonly title: string;
  /** With its unit, e.g. `loss (nats)`. */
  readonly yLabel: string;
  /** Draw from 0 to 1, for shares. */
  readonly unitRange: boolean;
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Counted from 1; marked in the drawing. */
  readonly bestEpoch: number | null;
}

/** One value an epoch, unsmoothed, each line named at its end. */
export function learningCurve({ title, yLabel, unitRange, series, bestEpoch }: LearningCurve): string {
  const epochs = Math.max(1, ...series.map(({ values }) => values.length));
  const values = series.flatMap((one) => one.values).filter(Number.isFinite);
  const lowest = Math.min(...values, Infinity);
  const unitLow = Number.isFinite(lowest) ? Math.max(0, Math.floor(lowest * 10 - 0.5) / 10) : 0;
  const [low, high] = unitRange ? [Math.min(unitLow, 0.9), 1] : [0, Math.max(...values, 1e-3) * 1.05];
  const ends = series.map(({ name, values: line }) => `${name} ${lastOf(line)}`).join(', ');
  return chart(
    {
      title,
      description: `${epochs} epochs; at the end: ${ends}.${bestEpoch === null ? '' : ` Kept: epoch ${bestEpoch}.`}`,
      rightMargin: 80,
      x: { label: 'epoch', low: 1, high: Math.max(2, epochs), ticks: epochTicks(epochs) },
      y: { label: yLabel, low, high, ticks: niceTicks(low, high, 5) },
    },
    (plot) => [
      ...(bestEpoch === null ? [] : [bestLine(plot, bestEpoch)]),
      ...series.map(({ values: line }, i) => curve(plot, line, i)),
      ...names(plot, series),
    ],
  );
}

function lastOf(values: readonly number[]): string {
  const last = values.at(-1) ?? NaN;
  return Number.isFinite(last) ? share(last) : 'none';
}

function epochTicks(epochs: number): number[] {
  if (epochs <= 8) return Array.from({ length: Math.max(2, epochs) }, (_, i) => i + 1);
  return [1, ...niceTicks(0, epochs, 6).filter((tick) => tick > 1 && Number.isInteger(tick))];
}

function curve(plot: Plot, values: readonly number[], index: number): Markup {
  const { stroke } = seriesStyle(index);
  const points = values.map((y, i) => ({ x: i + 1, y })).filter((point) => Number.isFinite(point.y));
  const dots = points.length > 40 ? [] : points;
  return markup`<path d="${linePath(points, plot)}" fill="none" stroke="${stroke}" stroke-width="2" stroke-linejoin="round"/>${dots.map(
    ({ x, y }) =>
      markup`<circle cx="${place(plot.x(x))}" cy="${place(plot.y(y))}" r="2.2" fill="${stroke}"/>`,
  )}`;
}

function names(plot: Plot, series: LearningCurve['series']): Markup[] {
  const wanted = series.map(({ values }) => plot.y(values.findLast(Number.isFinite) ?? 0));
  const placed = spread(wanted, 15, plot.top + 6, plot.bottom - 4);
  return series.map(
    ({ name }, i) =>
      markup`<text x="${plot.right + 8}" y="${place(placed[i]! + 4)}" fill="${seriesStyle(i).stroke}">${name}</text>`,
  );
}

function bestLine(plot: Plot, epoch: number): Markup {
  const at = plot.x(epoch);
  const nearRight = at > (plot.left + plot.right) / 2;
  return markup`<line x1="${place(at)}" x2="${place(at)}" y1="${plot.top}" y2="${plot.bottom}" stroke="${colour('muted')}" stroke-dasharray="3 3"/><text x="${place(at + (nearRight ? -5 : 5))}" y="${plot.top + 11}" text-anchor="${nearRight ? 'end' : 'start'}" fill="${colour('muted')}">kept: epoch ${epoch}</text>`;
}
