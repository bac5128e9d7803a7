/**
 * The directions in which the training pixels' colours vary: three rows by falling variance, each a unit
 * eigenvector of the covariance of pixel/255 (red, green, blue) times the root of its eigenvalue.
 */
export type PrincipalColours = readonly (readonly [number, number, number])[];

/** Pictures that are read by position, three bytes a pixel. */
export interface ColourSource {
  readonly count: number;
  read(positions: readonly number[]): Promise<{ readonly pixels: Uint8Array }>;
}

type Vector = [number, number, number];
type Matrix = [Vector, Vector, Vector];

/**
 * The principal components of the colours of all pixels of a source (Krizhevsky 2012, §4.1), by falling variance.
 * The paper multiplies by the eigenvalues; their roots are what its 0.1 fits, and what its successors use: a
 * tenth of the deviation that the colours have in that direction. From sums of whole numbers, so exact and
 * independent of order (up to 2 million pictures of 256 × 256); rounded to float32 once.
 */
export async function principalColours(source: ColourSource, batchSize: number): Promise<PrincipalColours> {
  const sums: ColourSums = { count: 0, first: [0, 0, 0], second: [0, 0, 0, 0, 0, 0] };
  for (let start = 0; start < source.count; start += batchSize) {
    const length = Math.min(batchSize, source.count - start);
    const { pixels } = await source.read(Array.from({ length }, (_, i) => start + i));
    addPixels(sums, pixels);
  }
  return principalComponents(covarianceOf(sums));
}

interface ColourSums {
  count: number;
  /** Of red, green and blue. */
  readonly first: Vector;
  /** Of the products rr, rg, rb, gg, gb, bb. */
  readonly second: [number, number, number, number, number, number];
}

function addPixels(sums: ColourSums, pixels: Uint8Array): void {
  let [r, g, b] = sums.first;
  let [rr, rg, rb, gg, gb, bb] = sums.second;
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i]!;
    const green = pixels[i + 1]!;
    const blue = pixels[i + 2]!;
    r += red;
    g += green;
    b += blue;
    rr += red * red;
    rg += red * green;
    rb += red * blue;
    gg += green * green;
    gb += green * blue;
    bb += blue * blue;
  }
  sums.count += pixels.length / 3;
  sums.first.splice(0, 3, r, g, b);
  sums.second.splice(0, 6, rr, rg, rb, gg, gb, bb);
}

/** Of pixel/255. In whole numbers up to the division: two large squares nearly cancel here. */
function covarianceOf({ count, first, second }: ColourSums): Matrix {
  const n = BigInt(count);
  const divisor = (count * 255) ** 2;
  const between = (a: number, b: number, products: number): number =>
    count === 0 ? 0 : Number(n * BigInt(products) - BigInt(first[a]!) * BigInt(first[b]!)) / divisor;
  const [rr, rg, rb, gg, gb, bb] = second;
  const [redGreen, redBlue, greenBlue] = [between(0, 1, rg), between(0, 2, rb), between(1, 2, gb)];
  return [
    [between(0, 0, rr), redGreen, redBlue],
    [redGreen, between(1, 1, gg), greenBlue],
    [redBlue, greenBlue, between(2, 2, bb)],
  ];
}

/**
 * Unit eigenvectors times the roots of their eigenvalues, largest first; the largest number of each is positive.
 *
 * @param covariance symmetric, no negative eigenvalue but by rounding
 */
export function principalComponents(covariance: Matrix): PrincipalColours {
  const { values, vectors } = eigen(covariance);
  return [0, 1, 2]
    .sort((i, j) => values[j]! - values[i]!)
    .map((i) => {
      const vector = vectors.map((row) => row[i]!) as Vector;
      const largest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      const factor = Math.sign(largest) * Math.sqrt(Math.max(0, values[i]!));
      return vector.map((value) => Math.fround(value * factor)) as Vector;
    });
}

/** Jacobi's method (1846): rotations that make one number beside the diagonal zero after the other. */
function eigen(matrix: Matrix): { values: Vector; vectors: Matrix } {
  const a = matrix.map((row) => [...row]) as Matrix;
  const vectors: Matrix = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const sweeps = 20;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      if (a[p][q] === 0) continue;
      const ratio = (a[q][q] - a[p][p]) / (2 * a[p][q]);
      const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(ratio, 1));
      const cosine = 1 / Math.hypot(tangent, 1);
      const sine = tangent * cosine;
      rotateColumns(a, p, q, cosine, sine);
      rotateRows(a, p, q, cosine, sine);
      rotateColumns(vectors, p, q, cosine, sine);
    }
  }
  return { values: [a[0][0], a[1][1], a[2][2]], vectors };
}

function rotateColumns(m: Matrix, p: number, q: number, cosine: number, sine: number): void {
  for (const row of m) {
    const [left, right] = [row[p]!, row[q]!];
    row[p] = cosine * left - sine * right;
    row[q] = sine * left + cosine * right;
  }
}

function rotateRows(m: Matrix, p: number, q: number, cosine: number, sine: number): void {
  for (let column = 0; column < 3; column++) {
    const [upper, lower] = [m[p]![column]!, m[q]![column]!];
    m[p]![column] = cosine * upper - sine * lower;
    m[q]![column] = sine * upper + cosine * lower;
  }
}
