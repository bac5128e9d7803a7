import type { Shape, ShapeKind } from '../../../../contract/annotation.ts';
import { outlineArea } from '../../../../core/mask-outlines.ts';
import { count } from '../../../../core/words.ts';
import type { Spacing } from '../../../viewer/viewer-context.ts';

/** What shapes are called. */
export const kindNames: Record<ShapeKind, string> = {
  box: 'Box',
  polygon: 'Polygon',
  freehand: 'Outline',
  mask: 'Mask',
  point: 'Point',
};

const measured = (value: number): string =>
  value < 9.95 ? value.toFixed(2) : value < 99.5 ? value.toFixed(1) : count(value);

/** How large a shape is, in millimetres where their number is known, else in pixels: `12.3 × 8.40 mm`, `96.0 mm²`. */
export function sizeWords(shape: Shape, spacing: Spacing | null): string {
  if (shape.kind === 'point') return `at ${count(shape.x)}, ${count(shape.y)}`;
  const where = spacing?.at === 'detector' ? ' at the detector' : '';
  const { row, column } = spacing ?? { row: 1, column: 1 };
  const shown = spacing === null ? count : measured;
  const unit = spacing === null ? 'px' : 'mm';
  if (shape.kind === 'box')
    return `${shown(shape.width * column)} × ${shown(shape.height * row)} ${unit}${where}`;
  return `${shown(areaOf(shape) * row * column)} ${unit}²${where}`;
}

function areaOf(shape: Exclude<Shape, { kind: 'point' | 'box' }>): number {
  if (shape.kind !== 'mask') return outlineArea(shape.points);
  return shape.runs.reduce((sum, run, index) => (index % 2 === 1 ? sum + run : sum), 0);
}
