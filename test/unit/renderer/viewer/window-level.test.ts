import { describe, expect, it } from 'vitest';

import type { Pixels } from '../../../../src/renderer/viewer/pixels.ts';
import {
  defaultWindow,
  dragWindow,
  shades,
  windowBounds,
  windowFor,
} from '../../../../src/renderer/viewer/window-level.ts';

const picture = (samples: Pixels['samples']): Pixels => ({
  width: samples.length,
  height: 1,
  channels: 1,
  samples,
});

describe('window', () => {
  it('shows an 8-bit picture exactly as it is', () => {
    const table = shades(defaultWindow(picture(new Uint8Array([3, 90]))), false, 255);
    expect([...table]).toEqual(Array.from({ length: 256 }, (_, value) => value));
  });

  it('ignores the few extreme samples of a 16-bit picture, such as a burnt-in letter', () => {
    const samples = Uint16Array.from({ length: 10_000 }, (_, index) => 1000 + (index % 1000));
    samples.fill(65_535, 0, 20);
    samples.fill(0, 20, 40);
    const { low, high } = windowBounds(defaultWindow(picture(samples)));
    expect(low).toBeGreaterThanOrEqual(1000);
    expect(low).toBeLessThan(1010);
    expect(high).toBeGreaterThan(1990);
    expect(high).toBeLessThanOrEqual(1999);
  });

  it('has a width even for a picture of one value, or shades would divide by nothing', () => {
    const window = defaultWindow(picture(new Uint16Array(100).fill(700)));
    expect(window).toEqual({ centre: 700, width: 1 });
    expect(shades(window, false, 65_535)[701]).toBe(255);
  });

  it('clamps outside the window, and inverts', () => {
    const window = { centre: 100, width: 100 };
    const table = shades(window, false, 255);
    expect([table[0], table[50], table[150], table[255]]).toEqual([0, 0, 255, 255]);
    const inverted = shades(window, true, 255);
    expect([inverted[0], inverted[255], inverted[90]]).toEqual([255, 0, 153]);
  });

  it('is dragged in proportion to the usual window, and never to nothing', () => {
    const usual = { centre: 20_000, width: 8000 };
    expect(dragWindow(usual, usual, 65_535, { x: 40, y: -20 })).toEqual({ width: 8800, centre: 19_600 });
    expect(dragWindow(usual, usual, 65_535, { x: -9999, y: -9999 })).toEqual({ width: 1, centre: 0 });
  });

  it('holds when locked, but not for a picture of another range', () => {
    const usual = { centre: 127.5, width: 255 };
    const locked = { window: { centre: 30_000, width: 500 }, greatest: 65_535 };
    expect(windowFor(picture(new Uint16Array(4)), usual, locked)).toBe(locked.window);
    expect(windowFor(picture(new Uint8Array(4)), usual, locked)).toBe(usual);
    expect(windowFor(picture(new Uint8Array(4)), usual, null)).toBe(usual);
  });
});
