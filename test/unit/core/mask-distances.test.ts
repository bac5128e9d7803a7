import { describe, expect, it } from 'vitest';

import {
  boundaryOf,
  hausdorff95,
  type PixelSpacing,
  type Region,
  squaredDistancesTo,
} from '../../../src/core/mask-distances.ts';
import { createRandom } from '../../../src/core/random.ts';
import { quantileOfSorted } from '../../../src/core/statistics.ts';

const regionOf = (lines: readonly string[]): Region => ({
  width: lines[0]!.length,
  height: lines.length,
  inside: Uint8Array.from(lines.join(''), (sign) => Number(sign === '#')),
});

const random = createRandom(8, 'regions');
const drawn = (width: number, height: number, share: number): Region => ({
  width,
  height,
  inside: Uint8Array.from({ length: width * height }, () => Number(random.uniform() < share)),
});

/** Every pixel against every pixel inside. */
function bruteSquares({ width, inside }: Region, { row, column }: PixelSpacing): number[] {
  const places = [...inside.keys()];
  const within = places.filter((at) => inside[at]);
  return places.map((at) =>
    Math.min(
      ...within.map(
        (to) =>
          ((Math.floor(at / width) - Math.floor(to / width)) * row) ** 2 +
          (((at % width) - (to % width)) * column) ** 2,
      ),
      Infinity,
    ),
  );
}

describe('distances to a region', () => {
  // A parabola dropped from the envelope, or rows and columns mixed up, would give a greater distance somewhere.
  it('are those of trying every pixel, for any shape and spacing', () => {
    for (let trial = 0; trial < 120; trial++) {
      const [width, height] = [1 + (trial % 13), 1 + ((trial * 7) % 11)];
      const region = drawn(width, height, [0.03, 0.2, 0.6][trial % 3]!);
      const spacing = { row: 0.3 + random.uniform() * 3, column: 0.3 + random.uniform() * 3 };
      const expected = bruteSquares(region, spacing);
      squaredDistancesTo(region, spacing).forEach((square, at) => {
        if (expected[at] === Infinity) expect(square).toBe(Infinity);
        else expect(square).toBeCloseTo(expected[at]!, 9);
      });
    }
  });

  it('are whole squares in pixels, without a rounding error', () => {
    const region = drawn(40, 30, 0.02);
    const squares = squaredDistancesTo(region, { row: 1, column: 1 });
    expect([...squares]).toEqual(bruteSquares(region, { row: 1, column: 1 }));
  });
});

describe('the boundary of a region', () => {
  it('is what touches the outside by a side, the edge of the picture being outside', () => {
    const region = regionOf(['#####', '#####', '#####', '.####', '..###']);
    const expected = regionOf(['#####', '#...#', '#...#', '.#..#', '..###']);
    expect(boundaryOf(region)).toEqual(expected);
  });
});

describe('the 95 % Hausdorff distance', () => {
  it('is the greater of the two directed percentiles, by brute force', () => {
    for (let trial = 0; trial < 60; trial++) {
      const [a, b] = [drawn(14, 11, 0.3), drawn(14, 11, 0.1 + (trial % 5) / 10)];
      const spacing = { row: 0.5 + random.uniform(), column: 0.5 + random.uniform() };
      const directed = (from: Region, to: Region): number => {
        const squares = bruteSquares(boundaryOf(to), spacing);
        const distances = [...boundaryOf(from).inside.keys()]
          .filter((at) => boundaryOf(from).inside[at])
          .map((at) => Math.sqrt(squares[at]!));
        return quantileOfSorted(
          distances.sort((x, y) => x - y),
          0.95,
        );
      };
      const expected = Math.max(directed(a, b), directed(b, a));
      expect(hausdorff95(a, b, spacing)).toBeCloseTo(expected, 9);
      expect(hausdorff95(b, a, spacing)).toBe(hausdorff95(a, b, spacing));
    }
  });

  it('is the shift of a line, by the spacing of its direction', () => {
    const [high, low] = [regionOf(['####', '....', '....']), regionOf(['....', '....', '####'])];
    expect(hausdorff95(high, low, { row: 2.5, column: 0.8 })).toBe(5);
    const [left, right] = [regionOf(['#...', '#...']), regionOf(['...#', '...#'])];
    expect(hausdorff95(left, right, { row: 2.5, column: 0.8 })).toBeCloseTo(2.4, 12);
  });

  it('is 0 for equal regions and null where one is empty', () => {
    const region = drawn(9, 9, 0.4);
    const empty = drawn(9, 9, 0);
    expect(hausdorff95(region, region, { row: 1, column: 1 })).toBe(0);
    expect(hausdorff95(region, empty, { row: 1, column: 1 })).toBeNull();
    expect(hausdorff95(empty, region, { row: 1, column: 1 })).toBeNull();
  });
});
