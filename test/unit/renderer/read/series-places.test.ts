import { describe, expect, it } from 'vitest';

import {
  followed,
  sameLevel,
  type SeriesPlaces,
} from '../../../../src/renderer/features/read/series-places.ts';

const axial = [0, 0, 1];
/** Slices from `start`, each `step` millimetres on. */
const series = (
  count: number,
  start: number,
  step: number,
  normal: number[] | null = axial,
): SeriesPlaces => ({
  positions: Array.from({ length: count }, (_, at) => start + at * step),
  normal,
});

describe('the slice at the same level', () => {
  it('is the nearest by millimetres, whichever way the other series counts', () => {
    const thick = series(16, 0, 5);
    expect(sameLevel(thick, 5, series(24, -20, 3))).toBe(15);
    expect(sameLevel(thick, 5, series(24, -49, 3, [0, 0, -1]))).toBe(8);
    expect(sameLevel(thick, 15, series(5, 0, 5))).toBe(4);
  });

  it('is the same share of the way where places are not known, unlike or far from each other', () => {
    const thick = series(16, 0, 5);
    expect(sameLevel(thick, 5, series(31, 0, 1, null))).toBe(10);
    expect(sameLevel(thick, 5, series(31, 0, 1, [1, 0, 0]))).toBe(10);
    expect(sameLevel(thick, 5, series(31, 900, 1))).toBe(10);
    expect(sameLevel(thick, 5, { positions: [null, null, null, 3], normal: axial })).toBe(1);
    expect(sameLevel({ positions: [null], normal: null }, 0, thick)).toBe(0);
  });
});

describe('scrolling along', () => {
  const scroll = (
    from: SeriesPlaces,
    steps: readonly number[],
    to: SeriesPlaces,
    start: number,
  ): number[] => {
    let at = { slice: start, beside: 0 };
    return steps.slice(1).map((now, step) => {
      at = followed(from, [steps[step]!, now], to, at);
      return at.slice;
    });
  };

  it('goes by millimetres, from wherever the other series stands, and loses nothing to rounding', () => {
    const [thick, thin] = [series(16, 0, 5), series(24, 300, 3)];
    expect(scroll(thick, [5, 6, 7, 8, 7, 6, 5], thin, 10)).toEqual([12, 13, 15, 13, 12, 10]);
    expect(scroll(thick, [5, 6, 7], series(24, -400, 3, [0, 0, -1]), 10)).toEqual([8, 7]);
  });

  it('stays at an end until the other one comes back', () => {
    expect(scroll(series(16, 0, 5), [5, 9, 7, 6, 5], series(8, 0, 5), 5)).toEqual([7, 7, 6, 5]);
  });

  it('goes by the share of the way where millimetres are not known', () => {
    expect(scroll(series(11, 0, 5, null), [0, 1, 2, 5], series(21, 0, 1, null), 4)).toEqual([6, 8, 14]);
  });
});
