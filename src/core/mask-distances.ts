import { quantileOfSorted } from './statistics.ts';

/** From pixel to pixel, centre to centre: `row` down a column, `column` along a row. */
export interface PixelSpacing {
  readonly row: number;
  readonly column: number;
}

/** A picture of one byte a pixel, row by row; not 0 is inside. */
export interface Region {
  readonly width: number;
  readonly height: number;
  readonly inside: Uint8Array;
}

/** Pixels inside that are at the picture's edge or share a side with one outside: the boundary, one pixel wide. */
export function boundaryOf({ width, height, inside }: Region): Region {
  const edge = new Uint8Array(inside.length);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      if (!inside[at]) continue;
      const isInner =
        x > 0 &&
        x < width - 1 &&
        y > 0 &&
        y < height - 1 &&
        inside[at - 1] &&
        inside[at + 1] &&
        inside[at - width] &&
        inside[at + width];
      if (!isInner) edge[at] = 1;
    }
  return { width, height, inside: edge };
}

/**
 * Squared Euclidean distance of every pixel to the nearest one inside, exact, in the spacing's unit squared; Infinity
 * where nothing is inside. Felzenszwalb, Huttenlocher 2012: first down the columns, then along each row the lower
 * envelope of parabolas.
 */
export function squaredDistancesTo(region: Region, spacing: PixelSpacing): Float64Array {
  const { width, height } = region;
  const squares = columnSquares(region, spacing.row);
  const lower = envelopeOf(width, spacing.column);
  for (let y = 0; y < height; y++) lower(squares.subarray(y * width, (y + 1) * width));
  return squares;
}

/**
 * The 95 % Hausdorff distance of two regions: of the distances from each pixel of one boundary to the nearest of the
 * other, the 95th percentile (interpolated), and of the two directions the greater. That is the definition of Metrics
 * Reloaded (Maier-Hein, Reinke et al. 2024); tools that pool both directions before the percentile give another value.
 * Null where one of the regions is empty.
 */
export function hausdorff95(first: Region, second: Region, spacing: PixelSpacing): number | null {
  const [a, b] = [boundaryOf(first), boundaryOf(second)];
  if (!a.inside.includes(1) || !b.inside.includes(1)) return null;
  return Math.max(percentile95(a, b, spacing), percentile95(b, a, spacing));
}

function percentile95(from: Region, to: Region, spacing: PixelSpacing): number {
  const squares = squaredDistancesTo(to, spacing);
  const distances: number[] = [];
  from.inside.forEach((isEdge, at) => {
    if (isEdge) distances.push(Math.sqrt(squares[at]!));
  });
  return quantileOfSorted(Float64Array.from(distances).sort(), 0.95);
}

/** Squared distances along each column alone, gone through by rows, for that is how pixels lie in memory. */
function columnSquares({ width, height, inside }: Region, step: number): Float64Array {
  const squares = new Float64Array(width * height);
  for (let at = 0; at < squares.length; at++)
    squares[at] = inside[at] ? 0 : at < width ? Infinity : squares[at - width]! + 1;
  for (let at = squares.length - 1; at >= 0; at--) {
    const below = at + width < squares.length ? squares[at + width]! + 1 : Infinity;
    if (below < squares[at]!) squares[at] = below;
  }
  for (let at = 0; at < squares.length; at++) squares[at] = (squares[at]! * step) ** 2;
  return squares;
}

/**
 * Puts in place of each value of a row the least of value(q) + (p − q)² over all places q, p and q `step` units apart:
 * the lower envelope of parabolas, gone through once to make it and once to read it.
 */
function envelopeOf(length: number, step: number): (row: Float64Array) => void {
  const values = new Float64Array(length);
  // In places squared, so that a crossing takes one division.
  const heights = new Float64Array(length);
  // Of the envelope's parabolas, from left to right: their places, and from where on each is the lowest.
  const places = new Int32Array(length);
  const starts = new Float64Array(length);
  const crossing = (left: number, right: number): number =>
    ((heights[right]! - heights[left]!) / (right - left) + right + left) / 2;
  return (row) => {
    values.set(row);
    for (let place = 0; place < length; place++) heights[place] = values[place]! / (step * step);
    let count = 0;
    for (let place = 0; place < length; place++) {
      if (values[place] === Infinity) continue;
      let start = -Infinity;
      for (; count > 0; count--) {
        start = crossing(places[count - 1]!, place);
        if (start > starts[count - 1]!) break;
        start = -Infinity;
      }
      places[count] = place;
      starts[count++] = start;
    }
    if (count === 0) return;
    for (let place = 0, current = 0; place < length; place++) {
      while (current + 1 < count && starts[current + 1]! < place) current++;
      const away = (place - places[current]!) * step;
      row[place] = away * away + values[places[current]!]!;
    }
  };
}
