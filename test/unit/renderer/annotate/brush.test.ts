import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { maskArea, maskFromRuns } from '../../../../src/core/masks.ts';
import { beginStroke, sampleOf, sampleRange } from '../../../../src/renderer/features/read/annotate/brush.ts';
import type { Pixels } from '../../../../src/renderer/viewer/pixels.ts';

/** 100 on the left half, 1,000 on the right. */
const width = 40;
const height = 30;
const picture: Pixels = {
  ...{ width, height, channels: 1 },
  samples: Uint16Array.from({ length: width * height }, (_, at) => (at % width < 20 ? 100 : 1000)),
};
const stroke = { picture, on: null, radius: 5, range: null, paint: 'inside' } as const;
const plain = { slope: 1, intercept: 0, unit: '' };

describe('a stroke', () => {
  it('covers its way, and tells which pixels it changed', () => {
    const start = { x: 10, y: 15 };
    const painted = beginStroke({ ...stroke, start });
    painted.to(start);
    const box = painted.to({ x: 30, y: 15 });
    expect(box).toMatchObject({ x: 5, y: 10, width: 30, height: 10 });
    const shape = painted.end()!;
    expect(shape).toMatchObject({ kind: 'mask', x: 5, y: 10, width: 30, height: 10 });
    // A disc and a rectangle between its halves.
    expect(maskArea(maskFromRuns(shape))).toBeGreaterThan(0.95 * (Math.PI * 25 + 200));
    expect(maskArea(maskFromRuns(shape))).toBeLessThan(1.05 * (Math.PI * 25 + 200));
  });

  it('goes on with a mask that is there', () => {
    const first = beginStroke({ ...stroke, start: { x: 10, y: 15 } });
    first.to({ x: 10, y: 15 });
    const on = first.end();
    const second = beginStroke({ ...stroke, on, start: { x: 30, y: 15 } });
    second.to({ x: 30, y: 15 });
    const shape = second.end()!;
    expect(maskArea(maskFromRuns(shape))).toBe(2 * maskArea(maskFromRuns(on!)));
  });

  it('of the eraser leaves nothing of what it covers', () => {
    const first = beginStroke({ ...stroke, start: { x: 10, y: 15 } });
    first.to({ x: 10, y: 15 });
    const on = first.end();
    const half = beginStroke({ ...stroke, on, start: { x: 5, y: 15 }, paint: 'outside' });
    half.to({ x: 5, y: 15 });
    expect(maskArea(maskFromRuns(half.end()!))).toBeLessThan(maskArea(maskFromRuns(on!)));
    const whole = beginStroke({ ...stroke, on, start: { x: 10, y: 15 }, radius: 6, paint: 'outside' });
    whole.to({ x: 10, y: 15 });
    expect(whole.end()).toBeNull();
  });

  it('with a threshold changes only pixels in range, and the same ones otherwise', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            x: fc.double({ min: -10, max: 50, noNaN: true }),
            y: fc.double({ min: -10, max: 40, noNaN: true }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        fc.double({ min: 0.71, max: 12, noNaN: true }),
        (places, radius) => {
          const free = beginStroke({ ...stroke, radius, start: places[0]! });
          const bound = beginStroke({
            ...stroke,
            radius,
            start: places[0]!,
            range: { low: 500, high: 2000 },
          });
          for (const place of places) {
            free.to(place);
            bound.to(place);
          }
          const expected = free.mask.data.map((inside, at) => (picture.samples[at]! >= 500 ? inside : 0));
          expect(bound.mask.data).toEqual(expected);
        },
      ),
    );
  });
});

describe('thresholds', () => {
  it('are in values, also where these fall as samples rise', () => {
    const ct = { slope: 1, intercept: -1024, unit: 'HU' };
    expect(sampleRange({ kind: 'none' }, ct, 5)).toBeNull();
    const bone = sampleRange({ kind: 'between', low: 300, high: 2000 }, ct, 0)!;
    expect([bone.low, bone.high].map(Math.round)).toEqual([1324, 3024]);
    const inverse = sampleRange(
      { kind: 'between', low: 0, high: 100 },
      { slope: -1, intercept: 4095, unit: '' },
      0,
    )!;
    expect([inverse.low, inverse.high].map(Math.round)).toEqual([3995, 4095]);
  });

  it('hold their own bounds whatever the slope', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65535 }),
        fc.double({ min: 0.001, max: 10, noNaN: true }),
        (sample, slope) => {
          const meaning = { slope, intercept: -1024, unit: 'HU' };
          const value = slope * sample - 1024;
          const range = sampleRange({ kind: 'between', low: value, high: value }, meaning, 0)!;
          expect(range.low <= sample && sample <= range.high).toBe(true);
        },
      ),
    );
  });

  it('take values like the one at the start', () => {
    expect(sampleRange({ kind: 'like', tolerance: 10 }, plain, 100)!.high).toBeCloseTo(110, 2);
    expect(sampleRange({ kind: 'like', tolerance: 10 }, plain, 100)!.low).toBeCloseTo(90, 2);
  });

  it('take the mean of colours', () => {
    const colours: Pixels = { width: 2, height: 1, channels: 3, samples: Uint8Array.of(0, 0, 0, 30, 60, 90) };
    expect([sampleOf(colours, 0), sampleOf(colours, 1)]).toEqual([0, 60]);
  });
});
