import { quantity } from '../../../core/figures.ts';
import { counted } from '../../../core/words.ts';
import { type Markup, markup } from '../markup.ts';
import { type Axis, chart, niceTicks, type Plot, place } from './frame.ts';
import { colour, seriesStyle } from './palette.ts';

/** A predicted number beside the true one. */
export interface NumberPoint {
  readonly truth: number;
  readonly predicted: number;
}

/** Predicted over true numbers with the line on which both are the same. @param unit empty: none */
export function predictedChart(points: readonly NumberPoint[], unit: string): string {
  const range = rangeOf(points.flatMap(({ truth, predicted }) => [truth, predicted]));
  return chart(
    {
      title: 'Predicted and true numbers',
      description: `${counted(points.length, 'point')}; true numbers from ${ends(points.map(({ truth }) => truth))}, predicted ones from ${ends(points.map(({ predicted }) => predicted))}. The dashed line is where both are the same.`,
      x: { label: withUnit('true', unit), ...range },
      y: { label: withUnit('predicted', unit), ...range },
    },
    (plot) => [
      markup`<line x1="${place(plot.left)}" y1="${place(plot.bottom)}" x2="${place(plot.right)}" y2="${place(plot.top)}" stroke="${colour('faint')}" stroke-dasharray="4 4"/>`,
      ...dots(
        points.map(({ truth, predicted }) => ({ x: truth, y: predicted })),
        plot,
      ),
    ],
  );
}

/** The mean error and the limits within which 95 % of errors lie if they are normally distributed; null where not known. */
export interface Limits {
  readonly bias: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Bland and Altman 1986: error over the mean of predicted and true number, with bias and limits of agreement. */
export function blandAltmanChart(points: readonly NumberPoint[], unit: string, limits: Limits): string {
  const places = points.map(({ truth, predicted }) => ({ x: (truth + predicted) / 2, y: predicted - truth }));
  const lines = [
    { name: 'bias', value: limits.bias, dash: '' },
    { name: 'upper limit', value: limits.upper, dash: '4 4' },
    { name: 'lower limit', value: limits.lower, dash: '4 4' },
  ].flatMap(({ value, ...line }) => (value === null ? [] : [{ ...line, value }]));
  const heights = [...places.map(({ y }) => y), ...lines.map(({ value }) => value), 0];
  return chart(
    {
      title: 'Errors over the mean of both numbers',
      description: `${counted(points.length, 'point')}; errors from ${ends(places.map(({ y }) => y))}. ${lines.map(({ name, value }) => `${name} ${quantity(value)}`).join(', ')}.`,
      rightMargin: 104,
      x: { label: withUnit('mean of predicted and true', unit), ...rangeOf(places.map(({ x }) => x)) },
      y: { label: withUnit('predicted − true', unit), ...rangeOf(heights) },
    },
    (plot) => [
      ...dots(places, plot),
      ...lines.map(({ name, value, dash }) => {
        const y = place(plot.y(value));
        return markup`<line x1="${plot.left}" x2="${plot.right}" y1="${y}" y2="${y}" stroke="${seriesStyle(1).stroke}" stroke-width="1.5" stroke-dasharray="${dash}"/><text x="${plot.right + 6}" y="${place(plot.y(value) + 4)}" fill="${colour('ink')}">${name}</text>`;
      }),
    ],
  );
}

function dots(points: readonly { readonly x: number; readonly y: number }[], plot: Plot): Markup[] {
  const { stroke } = seriesStyle(0);
  return points.map(
    ({ x, y }) =>
      markup`<circle cx="${place(plot.x(x))}" cy="${place(plot.y(y))}" r="3" fill="${stroke}" fill-opacity="0.45"/>`,
  );
}

/** An axis that holds all values, with a little room at both ends. */
function rangeOf(values: readonly number[]): Omit<Axis, 'label'> {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const room = (most - least) * 0.05 || Math.max(1e-6, Math.abs(most) * 0.05);
  const [low, high] = [least - room, most + room];
  return { low, high, ticks: niceTicks(low, high, 5), format: (value) => quantity(value, 4) };
}

function ends(values: readonly number[]): string {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return `${quantity(least)} to ${quantity(most)}`;
}

const withUnit = (text: string, unit: string): string => (unit === '' ? text : `${text} (${unit})`);
