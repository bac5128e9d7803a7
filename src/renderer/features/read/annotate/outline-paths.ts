import type { MaskShape, Shape } from '../../../../contract/annotation.ts';
import { maskToPolygons } from '../../../../core/mask-outlines.ts';
import { maskFromRuns, type Vertex } from '../../../../core/masks.ts';
import { isOutline } from './shape-geometry.ts';

/** An outline of more runs than this is more noise than line, and slow to draw. */
const mostRuns = 40_000;
const outlines = new WeakMap<MaskShape, string>();

/** Points of a path, in pixels of the picture. */
export const linePath = (points: readonly Vertex[]): string => points.map(([x, y]) => `${x},${y}`).join('L');

/** The border of a mask as an SVG path; '' for one that is too torn to be drawn so. */
function maskPath(shape: MaskShape): string {
  const found = outlines.get(shape);
  if (found !== undefined) return found;
  const polygons = shape.runs.length > mostRuns ? [] : maskToPolygons(maskFromRuns(shape));
  const path = polygons.map((points) => `M${linePath(points)}Z`).join('');
  outlines.set(shape, path);
  return path;
}

/** The border of a shape that encloses something as an SVG path; null for a point. */
export function outlinePath(shape: Shape): string | null {
  if (isOutline(shape)) return `M${linePath(shape.points)}Z`;
  if (shape.kind === 'box') return `M${shape.x},${shape.y}h${shape.width}v${shape.height}h${-shape.width}Z`;
  return shape.kind === 'mask' ? maskPath(shape) : null;
}
