import { describe, expect, it } from 'vitest';

import type { PictureDisplay } from '../../../../src/contract/decode.ts';
import type { Pixels } from '../../../../src/renderer/viewer/pixels.ts';
import { inSamples, inValues } from '../../../../src/renderer/viewer/values.ts';
import {
  defaultWindow,
  dragWindow,
  fullWindow,
  sameWindow,
  shades,
  usualWindow,
  windowBounds,
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

  it('of a file comes first; without one all of the range that samples have is shown', () => {
    const samples = picture(new Uint16Array([5, 1000, 30_000]));
    const display: PictureDisplay = {
      slope: 1,
      intercept: -1024,
      unit: 'HU',
      windows: [{ name: '', low: 900, high: 1300, curve: 'sigmoid' }],
      spacing: null,
    };
    expect(usualWindow(samples, display)).toEqual({ centre: 1100, width: 400, curve: 'sigmoid' });
    expect(windowBounds(usualWindow(samples, { ...display, windows: [] }))).toEqual({ low: 5, high: 30_000 });
    expect(usualWindow(samples, null)).toEqual(defaultWindow(samples));
    expect(fullWindow(picture(new Uint8Array([7, 7])))).toEqual({ centre: 7, width: 1 });
  });

  it('may be a sigmoid, as PS3.3 C.11.2.1.3.1 has it', () => {
    const table = shades({ centre: 100, width: 40, curve: 'sigmoid' }, false, 255);
    const share = (value: number): number => 1 / (1 + Math.exp((-4 * (value - 100)) / 40));
    for (const value of [0, 80, 100, 110, 255]) expect(table[value]).toBe(Math.round(255 * share(value)));
    expect(shades({ centre: 100, width: 40, curve: 'sigmoid' }, true, 255)[110]).toBe(255 - table[110]!);
  });

  it('is dragged in proportion to the usual window, and never to nothing', () => {
    const usual = { centre: 20_000, width: 8000 };
    expect(dragWindow(usual, usual, 65_535, { x: 40, y: -20 })).toEqual({ width: 8800, centre: 19_600 });
    expect(dragWindow(usual, usual, 65_535, { x: -9999, y: -9999 })).toEqual({ width: 1, centre: 0 });
  });

  it('is the same as one that was kept in values, and no more the same once it was dragged', () => {
    const meaning = { slope: 0.1, intercept: -1024.3, unit: 'HU' };
    const window = { centre: 1063.5, width: 79 };
    expect(sameWindow(window, inSamples(meaning, inValues(meaning, window)))).toBe(true);
    expect(sameWindow(window, dragWindow(window, { centre: 500, width: 400 }, 4095, { x: 1, y: 0 }))).toBe(
      false,
    );
    expect(sameWindow(window, dragWindow(window, { centre: 500, width: 400 }, 4095, { x: 0, y: 1 }))).toBe(
      false,
    );
    expect(sameWindow(window, { ...window, curve: 'sigmoid' })).toBe(false);
  });
});
