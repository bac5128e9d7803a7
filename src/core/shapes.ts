import type { Shape } from '../contract/annotation.ts';
import { outlineArea, polygonToMask } from './mask-outlines.ts';
import { type Box, type Mask, maskFromRuns } from './masks.ts';

type Size = Pick<Box, 'width' | 'height'>;

/** The smallest box around a shape; of a point without width and height. */
export function shapeBox(shape: Shape): Box {
  switch (shape.kind) {
    case 'box':
    case 'mask':
      return { x: shape.x, y: shape.y, width: shape.width, height: shape.height };
    case 'point':
      return { x: shape.x, y: shape.y, width: 0, height: 0 };
    case 'polygon':
    case 'freehand': {
      const x = extent(shape.points, 0);
      const y = extent(shape.points, 1);
      return { x: x.low, y: y.low, width: x.high - x.low, height: y.high - y.low };
    }
  }
}

/** Square pixels inside of a shape. */
export function shapeArea(shape: Shape): number {
  switch (shape.kind) {
    case 'box':
      return shape.width * shape.height;
    case 'point':
      return 0;
    case 'mask':
      return shape.runs.reduce((sum, run, index) => sum + (index % 2 === 1 ? run : 0), 0);
    case 'polygon':
    case 'freehand':
      return outlineArea(shape.points);
  }
}

/** The pixels whose middle lies in a shape; null for none, as of a point. */
export function shapeMask(shape: Shape, picture: Size): Mask | null {
  switch (shape.kind) {
    case 'point':
      return null;
    case 'mask':
      return maskFromRuns(shape);
    case 'polygon':
    case 'freehand':
      return polygonToMask(shape.points, picture);
    case 'box': {
      const { x, y, width, height } = shape;
      const corners = [
        [x, y],
        [x + width, y],
        [x + width, y + height],
        [x, y + height],
      ] as const;
      return polygonToMask(corners, picture);
    }
  }
}

/** Why a shape cannot be on a picture, as an end of a sentence about it; null when it can. It may touch the border. */
export function shapeProblem(shape: Shape, picture: Size): string | null {
  const { x, y, width, height } = shapeBox(shape);
  if (x < 0 || y < 0 || x + width > picture.width || y + height > picture.height) {
    return `reaches beyond the picture of ${picture.width} × ${picture.height} pixels`;
  }
  if (shape.kind !== 'mask') return null;
  const pixels = shape.runs.reduce((sum, run) => sum + run, 0);
  if (pixels === width * height) return null;
  return `has runs of ${pixels} pixels in a box of ${width * height}`;
}

function extent(points: readonly (readonly [number, number])[], axis: 0 | 1): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const point of points) {
    low = Math.min(low, point[axis]);
    high = Math.max(high, point[axis]);
  }
  return { low, high };
}
