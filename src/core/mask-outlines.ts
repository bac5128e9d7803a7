import { type Box, emptyMask, intersection, type Mask, type Vertex } from './masks.ts';

/**
 * The pixels of a picture whose middle lies inside of a closed outline, by the even-odd rule. In the smallest box
 * around the outline that lies in the picture; null where they do not meet.
 */
export function polygonToMask(
  points: readonly Vertex[],
  picture: Pick<Box, 'width' | 'height'>,
): Mask | null {
  const box = intersection(outlineBox(points), { x: 0, y: 0, ...picture });
  if (!box) return null;
  const mask = emptyMask(box);
  const edges = points
    .map((point, index) => [point, points[(index + 1) % points.length]!] as const)
    .map(([a, b]) => (a[1] <= b[1] ? { top: a, end: b } : { top: b, end: a }))
    .sort((a, b) => a.top[1] - b.top[1]);
  let next = 0;
  let crossed: typeof edges = [];
  for (let row = 0; row < box.height; row += 1) {
    const y = box.y + row + 0.5;
    while (next < edges.length && edges[next]!.top[1] <= y) crossed.push(edges[next++]!);
    crossed = crossed.filter(({ end }) => end[1] > y);
    const places = crossed.map(({ top, end }) => crossing(top, end, y)).sort((a, b) => a - b);
    for (let at = 0; at + 1 < places.length; at += 2) {
      const first = Math.max(0, Math.ceil(places[at]! - 0.5) - box.x);
      const behind = Math.min(box.width, Math.ceil(places[at + 1]! - 0.5) - box.x);
      if (behind > first) mask.data.fill(1, row * box.width + first, row * box.width + behind);
    }
  }
  return mask;
}

/** The smallest box of whole pixels around points. */
function outlineBox(points: readonly Vertex[]): Box {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const [x, y] = [Math.floor(left), Math.floor(top)];
  return { x, y, width: Math.ceil(right) - x, height: Math.ceil(bottom) - y };
}

const crossing = (top: Vertex, end: Vertex, y: number): number =>
  top[0] + ((y - top[1]) * (end[0] - top[0])) / (end[1] - top[1]);

/** Steps to the right, down, to the left and up. */
const steps = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;
/** The pixels ahead of a corner, to the right and to the left of each of these steps. */
const aheadRight = [
  [0, 0],
  [-1, 0],
  [-1, -1],
  [0, -1],
] as const;
const aheadLeft = [
  [0, -1],
  [0, 0],
  [-1, 0],
  [-1, -1],
] as const;

/**
 * The outer outlines of what is inside, along the edges of pixels: one for each part of pixels that share edges,
 * clockwise, without points in the middle of a straight line. What is left out inside of a part is covered too.
 */
export function maskToPolygons(mask: Mask): [number, number][][] {
  const { x, y, width, height, data } = mask;
  const isInside = (column: number, row: number): boolean =>
    column >= 0 && row >= 0 && column < width && row < height && data[row * width + column] === 1;
  // Of pixels by whose upper edge an outline went: every outline has such an edge.
  const done = new Uint8Array(data.length);
  const outlines: [number, number][][] = [];

  /** Goes along an outline, with what is inside on the right. */
  function follow(startColumn: number, startRow: number): [number, number][] {
    const corners: [number, number][] = [];
    let [column, row, direction] = [startColumn, startRow, 0];
    do {
      if (direction === 0) done[row * width + column] = 1;
      column += steps[direction]![0];
      row += steps[direction]![1];
      const turned = turnAt(column, row, direction);
      if (turned !== direction) corners.push([x + column, y + row]);
      direction = turned;
    } while (column !== startColumn || row !== startRow || direction !== 0);
    return corners;
  }

  function turnAt(column: number, row: number, direction: number): number {
    const lies = ([dx, dy]: readonly [number, number]): boolean => isInside(column + dx, row + dy);
    if (!lies(aheadRight[direction]!)) return (direction + 1) % 4;
    return lies(aheadLeft[direction]!) ? (direction + 3) % 4 : direction;
  }

  // Looked at for every pixel: without a call or a division for most of them.
  for (let at = 0; at < data.length; at += 1) {
    if (data[at] !== 1 || done[at] === 1 || (at >= width && data[at - width] === 1)) continue;
    const outline = follow(at % width, Math.floor(at / width));
    if (signedArea(outline) > 0) outlines.push(outline);
  }
  return outlines;
}

/** Of a closed outline, in pixels; positive where it goes clockwise. */
function signedArea(points: readonly Vertex[]): number {
  let sum = 0;
  for (const [index, [x, y]] of points.entries()) {
    const next = points[(index + 1) % points.length]!;
    sum += x * next[1] - next[0] * y;
  }
  return sum / 2;
}

/** What a closed outline that does not cross itself encloses, in square pixels. */
export const outlineArea = (points: readonly Vertex[]): number => Math.abs(signedArea(points));
