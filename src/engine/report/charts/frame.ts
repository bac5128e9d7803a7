import { type Markup, markup } from '../markup.ts';
import { colour } from './palette.ts';

export interface Axis {
  /** With its unit in brackets where it has one. */
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly format?: (value: number) => string;
}

export interface Plot {
  /** Position in the drawing, in its own units. */
  x(value: number): number;
  y(value: number): number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface ChartOptions {
  readonly title: string;
  /** What a reader who cannot see the drawing is told. */
  readonly description: string;
  readonly width?: number;
  readonly height?: number;
  /** Room for labels to the right of the plot. */
  readonly rightMargin?: number;
  readonly x: Axis;
  readonly y: Axis;
}

export const fontSize = 12;

/** A titled drawing with two labelled axes and a grid; `draw` adds the marks. */
export function chart(options: ChartOptions, draw: (plot: Plot) => readonly Markup[]): string {
  const { title, description, width = 460, height = 340, rightMargin = 18 } = options;
  const plot = makePlot(options, width, height, rightMargin);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="inherit" font-size="${fontSize}">
<title>${title}</title><desc>${description}</desc>
${horizontalAxis(options.x, plot)}
${verticalAxis(options.y, plot)}
${draw(plot)}
</svg>`.text;
}

/** Round ticks from `low` to `high`, about `wanted` of them, at steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, wanted: number): number[] {
  const span = high - low || 1;
  const raw = span / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** `M x y L x y …` through points in data units. */
export function linePath(points: readonly { x: number; y: number }[], plot: Plot): string {
  return points
    .map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${place(plot.x(x))} ${place(plot.y(y))}`)
    .join('');
}

/** A coordinate to a hundredth, so that the same data always writes the same bytes. */
export function place(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export const unitTicks = [0, 0.2, 0.4, 0.6, 0.8, 1] as const;

/** Text positions along one side moved apart to at least `gap`, order kept, centred as well as can be. */
export function spread(positions: readonly number[], gap: number, low: number, high: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]! || a - b);
  const placed = [...positions];
  let previous = low - gap;
  for (const i of order) previous = placed[i] = Math.max(placed[i]!, previous + gap);
  let next = high + gap;
  for (const i of order.reverse()) next = placed[i] = Math.min(placed[i]!, next - gap);
  return placed;
}

function makePlot({ x, y }: ChartOptions, width: number, height: number, rightMargin: number): Plot {
  const [left, right, top, bottom] = [56, width - rightMargin, 12, height - 46];
  return {
    left,
    right,
    top,
    bottom,
    x: (value) => left + ((value - x.low) / (x.high - x.low || 1)) * (right - left),
    y: (value) => bottom - ((value - y.low) / (y.high - y.low || 1)) * (bottom - top),
  };
}

function horizontalAxis(axis: Axis, plot: Plot): Markup {
  const { left, right, top, bottom } = plot;
  const format = axis.format ?? String;
  const ticks = axis.ticks.map((tick) => {
    const at = place(plot.x(tick));
    return markup`<line x1="${at}" x2="${at}" y1="${top}" y2="${bottom}" stroke="${colour('grid')}"/><text x="${at}" y="${bottom + 17}" text-anchor="middle" fill="${colour('muted')}">${format(tick)}</text>`;
  });
  return markup`${ticks}<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${colour('faint')}"/><text x="${(left + right) / 2}" y="${bottom + 38}" text-anchor="middle" fill="${colour('ink')}">${axis.label}</text>`;
}

function verticalAxis(axis: Axis, plot: Plot): Markup {
  const { left, right, top, bottom } = plot;
  const format = axis.format ?? String;
  const middle = (top + bottom) / 2;
  const ticks = axis.ticks.map((tick) => {
    const at = plot.y(tick);
    return markup`<line x1="${left}" x2="${right}" y1="${place(at)}" y2="${place(at)}" stroke="${colour('grid')}"/><text x="${left - 7}" y="${place(at + 4)}" text-anchor="end" fill="${colour('muted')}">${format(tick)}</text>`;
  });
  return markup`${ticks}<line x1="${left}" x2="${left}" y1="${top}" y2="${bottom}" stroke="${colour('faint')}"/><text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle" fill="${colour('ink')}">${axis.label}</text>`;
}
