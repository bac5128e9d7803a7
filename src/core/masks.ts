import type { MaskShape } from '../contract/annotation.ts';

/** A rectangle in a picture's coordinates: (0, 0) is the upper left corner of the upper left pixel. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A place in a picture's coordinates: the middle of a pixel is at .5. */
export type Vertex = readonly [x: number, y: number];

/** Pixels of a picture: `data` holds a byte for each pixel of the box, row by row, 1 inside and 0 outside. */
export interface Mask extends Box {
  readonly data: Uint8Array;
}

/** A mask of nothing in a box of whole pixels. */
export const emptyMask = ({ x, y, width, height }: Box): Mask => ({
  ...{ x, y, width, height },
  data: new Uint8Array(width * height),
});

/** @throws RangeError unless the runs fill the box */
export function maskFromRuns({ x, y, width, height, runs }: Box & { runs: readonly number[] }): Mask {
  const total = runs.reduce((sum, run) => sum + run, 0);
  if (total !== width * height)
    throw new RangeError(`${total} pixels in runs of a box of ${width * height} pixels`);
  const data = new Uint8Array(total);
  let at = 0;
  for (const [index, run] of runs.entries()) {
    if (index % 2 === 1) data.fill(1, at, at + run);
    at += run;
  }
  return { x, y, width, height, data };
}

/** Runs of a mask's box, row by row: outside, inside, outside, …; the first may be 0. */
export function runsFromMask({ data }: Mask): number[] {
  const runs: number[] = [];
  let start = 0;
  for (let at = 0; at < data.length;) {
    const end = data.indexOf(runs.length % 2 === 0 ? 1 : 0, at);
    at = end < 0 ? data.length : end;
    runs.push(at - start);
    start = at;
  }
  return runs;
}

/** A mask as an annotation's shape, in the smallest box; null for a mask of nothing. */
export function shapeOfMask(mask: Mask): MaskShape | null {
  const tight = tightMask(mask);
  if (!tight) return null;
  const { x, y, width, height } = tight;
  return { kind: 'mask', x, y, width, height, runs: runsFromMask(tight) };
}

/** How many pixels are inside. */
export function maskArea({ data }: Mask): number {
  let area = 0;
  for (let at = 0; at < data.length; at += 1) area += data[at]!;
  return area;
}

/** The smallest box of whole pixels around what is inside; null where nothing is. */
export function tightBox({ x, y, width, height, data }: Mask): Box | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let row = 0; row < height; row += 1) {
    const line = data.subarray(row * width, (row + 1) * width);
    const first = line.indexOf(1);
    if (first < 0) continue;
    left = Math.min(left, first);
    right = Math.max(right, line.lastIndexOf(1));
    top = Math.min(top, row);
    bottom = row;
  }
  if (right < 0) return null;
  return { x: x + left, y: y + top, width: right - left + 1, height: bottom - top + 1 };
}

/** The mask in its smallest box; null where nothing is inside. */
export function tightMask(mask: Mask): Mask | null {
  const box = tightBox(mask);
  return box && maskInBox(mask, box);
}

/** What of a mask lies in a box of whole pixels. */
export function maskInBox(mask: Mask, box: Box): Mask {
  const result = emptyMask(box);
  const shared = intersection(mask, box);
  if (shared) {
    for (let y = shared.y; y < shared.y + shared.height; y += 1) {
      result.data.set(rowOf(mask, y, shared), (y - box.y) * box.width + shared.x - box.x);
    }
  }
  return result;
}

/** A mask in the whole of its picture. */
export const maskOfPicture = (mask: Mask, { width, height }: Pick<Box, 'width' | 'height'>): Mask =>
  maskInBox(mask, { x: 0, y: 0, width, height });

/** What is in one of two masks or in both. */
export function unionMask(a: Mask, b: Mask): Mask {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  const height = Math.max(a.y + a.height, b.y + b.height) - y;
  const result = maskInBox(a, { x, y, width, height });
  forShared(result, b, (data, at, other) => void (data[at]! |= other));
  return result;
}

/** What is in `a` and not in `b`, in the box of `a`. */
export function subtractMask(a: Mask, b: Mask): Mask {
  const result: Mask = { ...a, data: a.data.slice() };
  forShared(result, b, (data, at, other) => {
    if (other === 1) data[at] = 0;
  });
  return result;
}

/** Pixels that two masks share, as a share of those in either; 0 for two masks of nothing. */
export function maskIou(a: Mask, b: Mask): number {
  let shared = 0;
  forShared(a, b, (data, at, other) => void (shared += data[at]! & other));
  const either = maskArea(a) + maskArea(b) - shared;
  return either === 0 ? 0 : shared / either;
}

/**
 * Paints, or erases, the way of a disc from one place to another: pixels whose middle it covers. Changes the mask, as
 * far as its box reaches, so give it one of the whole picture (`maskOfPicture`). From a radius of √½ on a disc covers
 * a pixel wherever it stands.
 * @returns the box of pixels that may have changed, for what is to be drawn again; null where the mask was not met
 */
export function paintDisc(
  mask: Mask,
  from: Vertex,
  to: Vertex,
  radius: number,
  paint: 'inside' | 'outside' = 'inside',
): Box | null {
  const least = (axis: 0 | 1): number => Math.floor(Math.min(from[axis], to[axis]) - radius);
  const most = (axis: 0 | 1): number => Math.ceil(Math.max(from[axis], to[axis]) + radius);
  const reach = { x: least(0), y: least(1), width: most(0) - least(0), height: most(1) - least(1) };
  const box = intersection(mask, reach);
  if (!box) return null;
  const value = paint === 'inside' ? 1 : 0;
  for (let y = box.y; y < box.y + box.height; y += 1) {
    const span = wayOfDisc(from, to, radius, y + 0.5);
    if (!span) continue;
    // Middles of pixels, as far as they lie in the span.
    const first = Math.max(box.x, Math.ceil(span[0] - 0.5));
    const last = Math.min(box.x + box.width - 1, Math.floor(span[1] - 0.5));
    const row = (y - mask.y) * mask.width - mask.x;
    if (last >= first) mask.data.fill(value, row + first, row + last + 1);
  }
  return box;
}

/** From where to where a disc's way covers a horizontal line: it is convex, so this is one span. */
function wayOfDisc(from: Vertex, to: Vertex, radius: number, y: number): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  const include = (x: number): void => {
    low = Math.min(low, x);
    high = Math.max(high, x);
  };
  for (const [x, middle] of [from, to]) {
    const half = radius ** 2 - (y - middle) ** 2;
    if (half < 0) continue;
    include(x - Math.sqrt(half));
    include(x + Math.sqrt(half));
  }
  // Between the two discs lies a rectangle, whose long edges are the way moved to both sides.
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length > 0) {
    const [sideX, sideY] = [(-dy / length) * radius, (dx / length) * radius];
    for (const side of [-1, 1]) {
      const share = (y - from[1] - side * sideY) / dy;
      if (share >= 0 && share <= 1) include(from[0] + side * sideX + share * dx);
    }
  }
  return low <= high ? [low, high] : null;
}

/** What two boxes share; null for nothing. */
export function intersection(a: Box, b: Box): Box | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

function rowOf(mask: Mask, y: number, { x, width }: Box): Uint8Array {
  const start = (y - mask.y) * mask.width + x - mask.x;
  return mask.data.subarray(start, start + width);
}

/** Visits the pixels in both boxes: `at` in `mask.data`, with what `other` holds there. */
function forShared(
  mask: Mask,
  other: Mask,
  visit: (data: Uint8Array, at: number, other: number) => void,
): void {
  const shared = intersection(mask, other);
  if (!shared) return;
  for (let y = shared.y; y < shared.y + shared.height; y += 1) {
    const start = (y - mask.y) * mask.width + shared.x - mask.x;
    const line = rowOf(other, y, shared);
    for (let x = 0; x < line.length; x += 1) visit(mask.data, start + x, line[x]!);
  }
}
