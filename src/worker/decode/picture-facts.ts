import type { PictureFacts } from '../../contract/decode.ts';
import type { Picture } from './picture.ts';

type QualityFacts = Pick<PictureFacts, 'mean' | 'deviation' | 'sharpness' | 'differenceHash'>;

/** Grey values from 0 to 1, rows top down. */
export interface Plane {
  width: number;
  height: number;
  values: Float32Array;
}

const hashEdge = 16;
/**
 * Of the range of the cells: less is no difference. Without it, the black around a film would give other bits
 * after each lossy compression.
 */
const leastDifference = 1 / 256;

/** Where the cells along an edge begin, and where the last one ends. */
function bordersOf(pixels: number, cells: number): Int32Array {
  const borders = new Int32Array(cells + 1);
  for (let cell = 0; cell <= cells; cell += 1) borders[cell] = Math.ceil((cell * pixels) / cells);
  return borders;
}

/** The means of cells of samples. Every import goes through each of its pixels here: plain loops. */
function reduce(samples: Picture['samples'], columns: Int32Array, rows: Int32Array, highest: number): Plane {
  const width = columns.length - 1;
  const height = rows.length - 1;
  const edge = columns[width]!;
  const values = new Float32Array(width * height);
  // At most 65,535 × the rows of one cell, far below 2³¹: "| 0" keeps the sums whole numbers, which are faster.
  const line = new Int32Array(edge);
  for (let row = 0, cell = 0; row < height; row += 1) {
    line.fill(0);
    let y = rows[row]!;
    const end = rows[row + 1]!;
    for (; y + 1 < end; y += 2) {
      const first = y * edge;
      const second = first + edge;
      for (let x = 0; x < edge; x += 1) line[x] = (line[x]! + samples[first + x]! + samples[second + x]!) | 0;
    }
    if (y < end) for (let x = 0; x < edge; x += 1) line[x] = (line[x]! + samples[y * edge + x]!) | 0;
    const scale = 1 / ((rows[row + 1]! - rows[row]!) * highest);
    for (let column = 0, x = 0; column < width; column += 1, cell += 1) {
      const start = x;
      let sum = 0;
      for (; x < columns[column + 1]!; x += 1) sum += line[x]!;
      values[cell] = (sum * scale) / (x - start);
    }
  }
  return { width, height, values };
}

function spread(values: Float32Array): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  // An iterator would make an object of each value.
  for (let i = 0; i < values.length; i += 1) {
    sum += values[i]!;
    squares += values[i]! * values[i]!;
  }
  const mean = sum / values.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) };
}

/** ITU-R BT.601-7 luma, rounded to whole sample values. */
function greySamples({ channels, samples, width, height }: Picture): Picture['samples'] {
  if (channels === 1) return samples;
  const grey =
    samples instanceof Uint8Array ? new Uint8Array(width * height) : new Uint16Array(width * height);
  for (let i = 0, from = 0; i < grey.length; i += 1, from += 3)
    grey[i] = (299 * samples[from]! + 587 * samples[from + 1]! + 114 * samples[from + 2]! + 500) / 1000;
  return grey;
}

/** Variance of the 4-neighbour Laplacian (Pech-Pacheco et al., 2000); 0 for what is too small to have one. */
function sharpnessOf({ width, height, values }: Plane): number {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at += 1) {
      const around = values[at - 1]! + values[at + 1]! + values[at - width]! + values[at + width]!;
      const laplacian = around - 4 * values[at]!;
      n += 1;
      sum += laplacian;
      squares += laplacian * laplacian;
    }
  }
  return n === 0 ? 0 : Math.max(0, squares / n - (sum / n) ** 2);
}

/** What each pixel along one edge gives to each cell, cells being as wide as they fall, enlarged ones too. */
function overlaps(pixels: number, cells: number): { pixel: number; cell: number; weight: number }[] {
  const list: { pixel: number; cell: number; weight: number }[] = [];
  const size = pixels / cells;
  for (let cell = 0; cell < cells; cell += 1) {
    const end = (cell + 1) * size;
    for (let pixel = Math.floor(cell * size); pixel < end && pixel < pixels; pixel += 1) {
      const weight = Math.min(pixel + 1, end) - Math.max(pixel, cell * size);
      if (weight > 0) list.push({ pixel, cell, weight: weight / size });
    }
  }
  return list;
}

function shrink({ width, height, values }: Plane, toWidth: number, toHeight: number): Float64Array {
  const low = new Float64Array(width * toHeight);
  for (const { pixel, cell, weight } of overlaps(height, toHeight))
    for (let x = 0; x < width; x += 1) low[cell * width + x]! += weight * values[pixel * width + x]!;
  const cells = new Float64Array(toWidth * toHeight);
  for (const { pixel, cell, weight } of overlaps(width, toWidth))
    for (let y = 0; y < toHeight; y += 1) cells[y * toWidth + cell]! += weight * low[y * width + pixel]!;
  return cells;
}

/**
 * 256 bits row by row, the first one highest: whether a cell of 17×16 is darker than its right neighbour (Krawetz,
 * 2013, with four times as many cells: 9×8 take most chest films for the same).
 */
function differenceHashOf(fitted: Plane): string {
  const cells = shrink(fitted, hashEdge + 1, hashEdge);
  let lowest = Infinity;
  let highest = -Infinity;
  for (const cell of cells) {
    lowest = Math.min(lowest, cell);
    highest = Math.max(highest, cell);
  }
  // What is left of a flat picture is rounding.
  const least = Math.max((highest - lowest) * leastDifference, 1e-6);
  let hash = '';
  for (let y = 0; y < hashEdge; y += 1) {
    let bits = 0;
    for (let x = 0; x < hashEdge; x += 1) {
      const at = y * (hashEdge + 1) + x;
      bits = bits * 2 + (cells[at + 1]! - cells[at]! > least ? 1 : 0);
    }
    hash += bits.toString(16).padStart(hashEdge / 4, '0');
  }
  return hash;
}

/** A picture's grey fitted into an edge by averaging, never enlarged. 16-bit samples are shares of 65,535. */
export function fittedGrey(picture: Picture, edge: number): Plane {
  const { width, height } = picture;
  const scale = Math.min(1, edge / Math.max(width, height));
  const columns = bordersOf(width, Math.max(1, Math.round(width * scale)));
  const rows = bordersOf(height, Math.max(1, Math.round(height * scale)));
  return reduce(greySamples(picture), columns, rows, picture.bitDepth === 16 ? 65535 : 255);
}

/** What an image's quality and likeness are judged by, from its `fittedGrey` of 256 pixels. */
export function pictureFacts(fitted: Plane): QualityFacts {
  return {
    ...spread(fitted.values),
    sharpness: sharpnessOf(fitted),
    differenceHash: differenceHashOf(fitted),
  };
}
