import type { MaskShape, Shape } from '../../../../contract/annotation.ts';
import type { Box, Vertex } from '../../../../core/masks.ts';
import type { Point, Size } from '../../../viewer/camera.ts';

/** Places and ways are pixels of the picture throughout. */
type BoxShape = Extract<Shape, { kind: 'box' }>;
type OutlineShape = Extract<Shape, { kind: 'polygon' | 'freehand' }>;

/** Corners and edges of a box by the compass, or the vertex of a polygon by its number. */
type Handle = 'nw' | 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w' | number;

/** Finer places than these say nothing, and take room. */
const perPixel = 100;
const tidy = (value: number): number => Math.round(value * perPixel) / perPixel;
const between = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The nearest place in the picture. */
export const inPicture = ({ x, y }: Point, size: Size): Point => ({
  x: tidy(between(x, 0, size.width)),
  y: tidy(between(y, 0, size.height)),
});

export const isOutline = (shape: Shape): shape is OutlineShape =>
  shape.kind === 'polygon' || shape.kind === 'freehand';

/** The smallest upright rectangle around a shape; of a point without width and height. */
export function boundsOf(shape: Shape): Box {
  if (shape.kind === 'point') return { x: shape.x, y: shape.y, width: 0, height: 0 };
  if (!isOutline(shape)) return { x: shape.x, y: shape.y, width: shape.width, height: shape.height };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of shape.points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The middle of a shape's bounds. */
export function middleOf(shape: Shape): Point {
  const { x, y, width, height } = boundsOf(shape);
  return { x: x + width / 2, y: y + height / 2 };
}

/** A shape moved, as far as it stays in the picture; a mask by whole pixels. */
export function movedBy(shape: Shape, by: Point, size: Size): Shape {
  const bounds = boundsOf(shape);
  const dx = between(by.x, -bounds.x, size.width - bounds.x - bounds.width);
  const dy = between(by.y, -bounds.y, size.height - bounds.y - bounds.height);
  if (shape.kind === 'mask') return { ...shape, x: shape.x + Math.round(dx), y: shape.y + Math.round(dy) };
  if (!isOutline(shape)) return { ...shape, x: tidy(shape.x + dx), y: tidy(shape.y + dy) };
  return { ...shape, points: shape.points.map(([x, y]) => [tidy(x + dx), tidy(y + dy)]) };
}

/** The box between two places, as far as it is in the picture; null where that is less than a pixel wide or high. */
export function boxBetween(a: Point, b: Point, size: Size): BoxShape | null {
  const [from, to] = [inPicture(a, size), inPicture(b, size)];
  const width = tidy(Math.abs(to.x - from.x));
  const height = tidy(Math.abs(to.y - from.y));
  if (width < 1 || height < 1) return null;
  return { kind: 'box', x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width, height };
}

/** What a shape is changed by, and where it is. */
export function handlesOf(shape: Shape): { handle: Handle; at: Point }[] {
  if (isOutline(shape) && shape.kind === 'polygon')
    return shape.points.map(([x, y], handle) => ({ handle, at: { x, y } }));
  if (shape.kind !== 'box') return [];
  const [left, right] = [shape.x, shape.x + shape.width];
  const [top, bottom] = [shape.y, shape.y + shape.height];
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return [
    { handle: 'nw', at: { x: left, y: top } },
    { handle: 'n', at: { x: middle.x, y: top } },
    { handle: 'ne', at: { x: right, y: top } },
    { handle: 'e', at: { x: right, y: middle.y } },
    { handle: 'se', at: { x: right, y: bottom } },
    { handle: 's', at: { x: middle.x, y: bottom } },
    { handle: 'sw', at: { x: left, y: bottom } },
    { handle: 'w', at: { x: left, y: middle.y } },
  ];
}

/** A shape with one of its handles somewhere else; a box that would be less than a pixel stays as it is. */
export function withHandleAt(shape: Shape, handle: Handle, to: Point, size: Size): Shape {
  const place = inPicture(to, size);
  if (typeof handle === 'number') {
    if (!isOutline(shape)) return shape;
    return { ...shape, points: shape.points.with(handle, [place.x, place.y]) };
  }
  if (shape.kind !== 'box') return shape;
  const has = (side: string): boolean => handle.includes(side);
  const fixed = { x: shape.x + (has('w') ? shape.width : 0), y: shape.y + (has('n') ? shape.height : 0) };
  const moving = {
    x: has('w') || has('e') ? place.x : shape.x + shape.width,
    y: has('n') || has('s') ? place.y : shape.y + shape.height,
  };
  return boxBetween(fixed, moving, size) ?? shape;
}

/** A box made wider and higher at its right and lower edge. */
export function grownBy(shape: Shape, by: Point, size: Size): Shape {
  if (shape.kind !== 'box') return shape;
  const corner = { x: shape.x + shape.width + by.x, y: shape.y + shape.height + by.y };
  return corner.x <= shape.x || corner.y <= shape.y ? shape : withHandleAt(shape, 'se', corner, size);
}

/** A polygon with one vertex less; null where that would leave a line. */
export function withoutVertex(shape: Shape, index: number): Shape | null {
  if (!isOutline(shape) || shape.points.length <= 3) return null;
  return { ...shape, points: shape.points.toSpliced(index, 1) };
}

/** A polygon with a vertex more on the edge that is nearest, and that vertex' number; null where none is within reach. */
export function withVertexAt(
  shape: Shape,
  at: Point,
  reach: number,
): { shape: OutlineShape; index: number } | null {
  if (!isOutline(shape)) return null;
  let [nearest, index] = [reach, -1];
  for (const [edge, [from, to]] of edgesOf(shape.points).entries()) {
    const distance = distanceToLine(at, from, to);
    if (distance <= nearest) [nearest, index] = [distance, edge + 1];
  }
  if (index < 0) return null;
  const point: [number, number] = [tidy(at.x), tidy(at.y)];
  return { shape: { ...shape, points: shape.points.toSpliced(index, 0, point) }, index };
}

/** Whether a place is on a shape: inside of it, or within reach of its line. */
export function holds(shape: Shape, at: Point, reach: number): boolean {
  const bounds = boundsOf(shape);
  const near =
    at.x >= bounds.x - reach &&
    at.y >= bounds.y - reach &&
    at.x <= bounds.x + bounds.width + reach &&
    at.y <= bounds.y + bounds.height + reach;
  if (!near) return false;
  if (shape.kind === 'box') return true;
  if (shape.kind === 'point') return Math.hypot(at.x - shape.x, at.y - shape.y) <= reach;
  if (shape.kind === 'mask') return maskHolds(shape, at);
  return (
    isInside(shape.points, at) ||
    edgesOf(shape.points).some(([from, to]) => distanceToLine(at, from, to) <= reach)
  );
}

/** A line with the fewest of its points from which none of the others lies farther than `tolerance` (Douglas and Peucker 1973). */
export function simplified(points: readonly Vertex[], tolerance: number): Vertex[] {
  const kept = new Set([0, points.length - 1]);
  const open: [number, number][] = [[0, points.length - 1]];
  for (let part = open.pop(); part; part = open.pop()) {
    const [first, last] = part;
    let [farthest, index] = [tolerance, -1];
    for (let at = first + 1; at < last; at += 1) {
      const [x, y] = points[at]!;
      const distance = distanceToLine({ x, y }, points[first]!, points[last]!);
      if (distance > farthest) [farthest, index] = [distance, at];
    }
    if (index < 0) continue;
    kept.add(index);
    open.push([first, index], [index, last]);
  }
  return points.filter((_, index) => kept.has(index));
}

function edgesOf(points: readonly Vertex[]): [Vertex, Vertex][] {
  return points.map((from, index) => [from, points[(index + 1) % points.length]!]);
}

function distanceToLine({ x, y }: Point, from: Vertex, to: Vertex): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : between(((x - from[0]) * dx + (y - from[1]) * dy) / length, 0, 1);
  return Math.hypot(x - from[0] - share * dx, y - from[1] - share * dy);
}

function isInside(points: readonly Vertex[], { x, y }: Point): boolean {
  let inside = false;
  for (const [from, to] of edgesOf(points)) {
    const crosses = from[1] > y !== to[1] > y;
    if (crosses && x < from[0] + ((y - from[1]) * (to[0] - from[0])) / (to[1] - from[1])) inside = !inside;
  }
  return inside;
}

function maskHolds({ x, y, width, height, runs }: MaskShape, at: Point): boolean {
  const [column, row] = [Math.floor(at.x) - x, Math.floor(at.y) - y];
  if (column < 0 || row < 0 || column >= width || row >= height) return false;
  const place = row * width + column;
  let end = 0;
  for (const [index, run] of runs.entries()) {
    end += run;
    if (place < end) return index % 2 === 1;
  }
  return false;
}
