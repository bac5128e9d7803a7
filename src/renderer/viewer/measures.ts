import type { Point, Size } from './camera.ts';
import type { Sample, Spacing } from './viewer-context.ts';
import { shownValue, type Meaning } from './values.ts';

export type MeasureKind = 'ruler' | 'angle' | 'probe';

/** Something measured in a picture; the angle is the one at its second point. */
export interface Measure {
  readonly id: number;
  readonly kind: MeasureKind;
  /** In pixels of the picture: 2 of a ruler, 3 of an angle (2 until its second arm is drawn), 1 of a probe. */
  readonly points: readonly Point[];
}

/** A way along columns and rows in millimetres, or in pixels where no spacing is known. */
function inSpace(from: Point, to: Point, spacing: Spacing | null): Point {
  return {
    x: (to.x - from.x) * (spacing?.column ?? 1),
    y: (to.y - from.y) * (spacing?.row ?? 1),
  };
}

/** In millimetres, or in pixels where no spacing is known. */
export function lengthOf(from: Point, to: Point, spacing: Spacing | null): number {
  const way = inSpace(from, to, spacing);
  return Math.hypot(way.x, way.y);
}

/** Degrees from 0 to 180 at `corner`, as they are in the patient where pixels are not square. */
export function angleAt(one: Point, corner: Point, other: Point, spacing: Spacing | null): number {
  const a = inSpace(corner, one, spacing);
  const b = inSpace(corner, other, spacing);
  const degrees = (Math.atan2(a.x * b.y - a.y * b.x, a.x * b.x + a.y * b.y) * 180) / Math.PI;
  return Math.abs(degrees);
}

/** `42.3 mm`, `42.3 mm at the detector`, `120.0 px`. */
export function lengthWords(from: Point, to: Point, spacing: Spacing | null): string {
  const length = lengthOf(from, to, spacing).toFixed(1);
  if (spacing === null) return `${length} px`;
  return spacing.at === 'detector' ? `${length} mm at the detector` : `${length} mm`;
}

/** `45 HU`, `128`, `R 12 G 40 B 200`; empty outside of the picture. */
export function sampleWords(sample: Sample | null, meaning: Meaning): string {
  if (sample === null) return '';
  const shown = sample.values.map((value) => shownValue(value, meaning));
  const text = shown.length === 3 ? `R ${shown[0]} G ${shown[1]} B ${shown[2]}` : shown.join(' ');
  return sample.unit === '' ? text : `${text} ${sample.unit}`;
}

export const insidePicture = ({ x, y }: Point, { width, height }: Size): Point => ({
  x: Math.min(width, Math.max(0, x)),
  y: Math.min(height, Math.max(0, y)),
});

export const withPoint = (measure: Measure, index: number, point: Point): Measure => ({
  ...measure,
  points: measure.points.map((other, at) => (at === index ? point : other)),
});
