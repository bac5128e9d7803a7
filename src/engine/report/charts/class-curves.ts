import type { ClassCurves, CurvePoint } from '../../../core/curves.ts';
import { type Markup, markup } from '../markup.ts';
import { type Plot, chart, fontSize, linePath, place, unitTicks } from './frame.ts';
import { colour, seriesStyle } from './palette.ts';

/** Of more classes only the first ones are drawn; the table beside gives all. */
export const mostCurves = 12;
const legendLength = 22;

export interface ClassCurvesChart {
  readonly curves: readonly ClassCurves[];
  /** Text after each class name, e.g. its AUC. */
  readonly notes: readonly string[];
  /** Where the decision lies, for two classes. */
  readonly operatingPoint: CurvePoint | null;
}

/** Receiver operating characteristic, one line a class. */
export function rocChart(data: ClassCurvesChart): string {
  return drawn(data, (curves) => curves.roc, {
    title: 'Receiver operating characteristic',
    x: 'false positive rate (1 − specificity)',
    y: 'sensitivity',
    reference: [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ],
    referenceText: 'chance',
    legendAt: 'right',
  });
}

/** Precision over recall, one line a class; the reference is the share of positive rows when there is one class. */
export function precisionRecallChart(data: ClassCurvesChart): string {
  const only = data.curves.length === 1 ? data.curves[0] : undefined;
  const prevalence = only ? only.positives / (only.positives + only.negatives || 1) : null;
  return drawn(data, (curves) => curves.precisionRecall, {
    title: 'Precision and recall',
    x: 'recall (sensitivity)',
    y: 'precision (PPV)',
    reference:
      prevalence === null
        ? null
        : [
            { x: 0, y: prevalence },
            { x: 1, y: prevalence },
          ],
    referenceText: 'prevalence',
    legendAt: 'left',
  });
}

interface Wording {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly reference: readonly CurvePoint[] | null;
  readonly referenceText: string;
  /** The side of the empty lower corner. */
  readonly legendAt: 'left' | 'right';
}

function drawn(
  { curves, notes, operatingPoint }: ClassCurvesChart,
  pick: (curves: ClassCurves) => readonly CurvePoint[] | null,
  wording: Wording,
): string {
  const lines = curves
    .slice(0, mostCurves)
    .map((one, i) => ({ name: one.name, note: notes[i] ?? '', points: pick(one) }));
  const legend = lines.length > 1;
  return chart(
    {
      title: wording.title,
      description: lines.map(({ name, note, points }) => `${name} ${points ? note : 'too few'}`).join('; '),
      x: { label: wording.x, low: 0, high: 1, ticks: unitTicks },
      y: { label: wording.y, low: 0, high: 1, ticks: unitTicks },
    },
    (plot) => [
      ...(wording.reference ? [reference(plot, wording.reference, wording.referenceText)] : []),
      ...lines.map(({ points }, i) => (points ? curve(plot, points, i) : markup``)),
      ...(operatingPoint ? [decision(plot, operatingPoint)] : []),
      ...(legend ? [legendBox(plot, lines, wording.legendAt)] : []),
    ],
  );
}

function curve(plot: Plot, points: readonly CurvePoint[], index: number): Markup {
  const { stroke, dash } = seriesStyle(index);
  return markup`<path d="${linePath(points, plot)}" fill="none" stroke="${stroke}" stroke-width="2" stroke-linejoin="round" stroke-dasharray="${dash}"/>`;
}

function reference(plot: Plot, points: readonly CurvePoint[], text: string): Markup {
  const y = points.at(-1)!.y;
  const sloping = points[0]!.y !== y;
  const at = sloping ? { x: 0.8, y: 0.74 } : { x: 0.02, y };
  return markup`<path d="${linePath(points, plot)}" fill="none" stroke="${colour('faint')}" stroke-dasharray="4 4"/><text x="${place(plot.x(at.x) + (sloping ? 4 : 0))}" y="${place(plot.y(at.y) + (sloping ? 8 : -6))}" fill="${colour('muted')}">${text}</text>`;
}

function decision(plot: Plot, point: CurvePoint): Markup {
  const [x, y] = [plot.x(point.x), plot.y(point.y)];
  const right = point.x < 0.6;
  const below = point.y > 0.15;
  return markup`<circle cx="${place(x)}" cy="${place(y)}" r="5" fill="${colour('surface')}" stroke="${colour('ink')}" stroke-width="2"/><text x="${place(x + (right ? 10 : -10))}" y="${place(y + (below ? 18 : -10))}" text-anchor="${right ? 'start' : 'end'}" fill="${colour('ink')}">operating point</text>`;
}

function legendBox(
  plot: Plot,
  lines: readonly { name: string; note: string }[],
  side: 'left' | 'right',
): Markup {
  const rows = lines.map(({ name, note }) => ({
    name: name.length > legendLength ? `${name.slice(0, legendLength - 1)}…` : name,
    note,
  }));
  const step = fontSize + 5;
  // No text can be measured here: 0.62 em a character is more than most take.
  const width =
    42 + Math.max(...rows.map(({ name, note }) => name.length + 1 + note.length)) * fontSize * 0.62;
  const height = rows.length * step + 8;
  const left = side === 'right' ? plot.right - width - 6 : plot.left + 8;
  const top = plot.bottom - height - 8;
  return markup`<rect x="${place(left)}" y="${top}" width="${place(width)}" height="${height}" rx="4" fill="${colour('surface')}" opacity="0.86"/>${rows.map(
    ({ name, note }, i) => {
      const { stroke, dash } = seriesStyle(i);
      const y = top + 16 + i * step;
      return markup`<line x1="${place(left + 6)}" x2="${place(left + 28)}" y1="${y - 4}" y2="${y - 4}" stroke="${stroke}" stroke-width="2" stroke-dasharray="${dash}"/><text x="${place(left + 34)}" y="${y}" fill="${colour('ink')}">${name}<tspan fill="${colour('muted')}"> ${note}</tspan></text>`;
    },
  )}`;
}
