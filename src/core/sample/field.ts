import type { Random } from '../random.ts';

/**
 * Square float pictures and the few drawing rules that the sample films need.
 *
 * Everything here is made of additions, multiplications, divisions and square roots, which IEEE 754 rounds
 * alike on every machine; no library function such as `Math.sin` or `Math.exp` takes part. A seed therefore
 * gives the same pixels everywhere.
 */

/** Edge in pixels of a picture where no other is given. */
export const filmSize = 512;

/** edge × edge values, rows top down. */
export type Field = Float32Array<ArrayBuffer>;

/** A place in shares of the picture's edge: (0, 0) is the upper left corner. */
export type Point = readonly [x: number, y: number];

/** An empty picture. */
export function createField(edge = filmSize): Field {
  return new Float32Array(edge * edge);
}

const edgeOf = (field: Field): number => Math.sqrt(field.length);

/** `value` held between 0 and 1. */
export function unit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** 0 below `from`, 1 above `to`, with a level start and end (3t² − 2t³). */
export function smoothStep(from: number, to: number, value: number): number {
  const t = unit((value - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/** A value between `low` and `high`, all equally likely. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A bell-shaped value of mean 0 and deviation 1 (the sum of four uniform ones, so never beyond ±3.47). */
export function bell(random: Random): number {
  return (random.uniform() + random.uniform() + random.uniform() + random.uniform() - 2) * 1.7320508;
}

/**
 * Sine and cosine of a small angle in radians by their power series to the seventh order: good to 1e-6 below 0.8.
 */
export function rotationOf(angle: number): { sine: number; cosine: number } {
  const square = angle * angle;
  return {
    sine: angle * (1 - (square / 6) * (1 - (square / 20) * (1 - square / 42))),
    cosine: 1 - (square / 2) * (1 - (square / 12) * (1 - (square / 30) * (1 - square / 56))),
  };
}

/** Sine and cosine of any angle between −2π and 2π in radians, by doubling those of an eighth of it. */
export function directionOf(angle: number): { sine: number; cosine: number } {
  let { sine, cosine } = rotationOf(angle / 8);
  for (let doubling = 0; doubling < 3; doubling += 1)
    [sine, cosine] = [2 * sine * cosine, cosine * cosine - sine * sine];
  return { sine, cosine };
}

/** Smooth noise between −1 and 1 whose blobs are about `cell` pixels wide, at any pixel of the picture. */
export function smoothNoise(
  random: Random,
  cell: number,
  size = filmSize,
): (column: number, row: number) => number {
  const edge = Math.ceil((1.5 * size) / cell) + 3;
  const lattice = new Float32Array(edge * edge);
  for (let i = 0; i < lattice.length; i += 1) lattice[i] = 2 * random.uniform() - 1;
  // The lattice stands askew, so that its own directions do not show beside those of the film.
  const { sine, cosine } = rotationOf(0.3 + 0.4 * random.uniform());
  const shift = sine * size;
  return (column, row) => {
    const x = (column * cosine - row * sine + shift) / cell;
    const y = (column * sine + row * cosine) / cell;
    const left = x | 0;
    const top = y | 0;
    let u = x - left;
    let v = y - top;
    u *= u * (3 - 2 * u);
    v *= v * (3 - 2 * v);
    const at = top * edge + left;
    const above = lattice[at]! + (lattice[at + 1]! - lattice[at]!) * u;
    const below = lattice[at + edge]! + (lattice[at + edge + 1]! - lattice[at + edge]!) * u;
    return above + (below - above) * v;
  };
}

/** Mean over a (2·radius + 1)² square, done twice, which is near a bell-shaped blur; edges repeat. */
export function blur(field: Field, radius: number): Field {
  let source = field;
  for (let pass = 0; pass < 2; pass += 1) source = boxRows(boxRows(source, radius), radius);
  return source;
}

/** Box mean along rows, written transposed, so that two calls are one square blur. */
function boxRows(field: Field, radius: number): Field {
  const edge = edgeOf(field);
  const result = createField(edge);
  const share = 1 / (2 * radius + 1);
  const last = edge - 1;
  for (let y = 0; y < edge; y += 1) {
    const row = y * edge;
    let sum = 0;
    for (let x = -radius; x <= radius; x += 1) sum += field[row + Math.min(last, Math.max(0, x))]!;
    for (let x = 0; x < edge; x += 1) {
      result[x * edge + y] = sum * share;
      sum += field[row + Math.min(last, x + radius + 1)]! - field[row + Math.max(0, x - radius)]!;
    }
  }
  return result;
}

/** What a stroke adds at share q (0 the centre line, 1 its border) of its half-width. */
export type StrokeProfile = (q: number) => number;

/** A rounded cord: vessels, wires. */
export const cord: StrokeProfile = (q) => 1 - q * q;

/** A hollow bone: its cortex, near the border, is denser than its marrow. */
export const bone: StrokeProfile = (q) => (1 - smoothStep(0.82, 1, q)) * (0.62 + 0.55 * q * q * q);

/** A point of a stroke with its half-width in shares of the edge and the strength that is added there. */
export interface StrokePoint {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly strength: number;
}

const untouched = 4;

/** Draws polylines of changing width onto pictures of one size; holds the scratch memory they need. */
export function createBrush(
  edge = filmSize,
): (field: Field, points: readonly StrokePoint[], profile: StrokeProfile) => void {
  const nearest = createField(edge).fill(untouched);
  const strength = createField(edge);
  return (field, points, profile) => {
    let [left, top, right, bottom] = [edge, edge, -1, -1];
    for (let i = 1; i < points.length; i += 1) {
      const box = markSegment(nearest, strength, points[i - 1]!, points[i]!);
      left = Math.min(left, box[0]);
      top = Math.min(top, box[1]);
      right = Math.max(right, box[2]);
      bottom = Math.max(bottom, box[3]);
    }
    for (let y = top; y <= bottom; y += 1) {
      for (let x = left; x <= right; x += 1) {
        const at = y * edge + x;
        const q = nearest[at]!;
        if (q === untouched) continue;
        if (q < 1) field[at]! += profile(q) * strength[at]!;
        nearest[at] = untouched;
      }
    }
  };
}

/** Notes for each pixel near a segment how far it is, in half-widths; returns the pixels looked at. */
function markSegment(
  nearest: Field,
  strength: Field,
  a: StrokePoint,
  b: StrokePoint,
): [number, number, number, number] {
  const edge = edgeOf(nearest);
  const reach = Math.max(a.halfWidth, b.halfWidth);
  const clamp = (value: number): number => Math.min(edge - 1, Math.max(0, value));
  const left = clamp(Math.floor((Math.min(a.x, b.x) - reach) * edge));
  const right = clamp(Math.ceil((Math.max(a.x, b.x) + reach) * edge));
  const top = clamp(Math.floor((Math.min(a.y, b.y) - reach) * edge));
  const bottom = clamp(Math.ceil((Math.max(a.y, b.y) + reach) * edge));
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const squareLength = dx * dx + dy * dy || 1e-12;
  for (let row = top; row <= bottom; row += 1) {
    const y = row / edge - a.y;
    for (let column = left; column <= right; column += 1) {
      const x = column / edge - a.x;
      const along = unit((x * dx + y * dy) / squareLength);
      const offX = x - along * dx;
      const offY = y - along * dy;
      const halfWidth = a.halfWidth + along * (b.halfWidth - a.halfWidth);
      const q = Math.sqrt(offX * offX + offY * offY) / halfWidth;
      const at = row * edge + column;
      if (q < nearest[at]!) {
        nearest[at] = q;
        strength[at] = a.strength + along * (b.strength - a.strength);
      }
    }
  }
  return [left, top, right, bottom];
}

/** Points of a smooth curve (quadratic Bézier) from `start` over `bend` to `end`. */
export function curve(start: Point, bend: Point, end: Point, steps: number): Point[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps;
    const [p, q, r] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
    return [p * start[0] + q * bend[0] + r * end[0], p * start[1] + q * bend[1] + r * end[1]];
  });
}
