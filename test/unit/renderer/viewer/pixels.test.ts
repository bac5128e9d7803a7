import { describe, expect, it } from 'vitest';

import { halving, levelCount, type Pixels } from '../../../../src/renderer/viewer/pixels.ts';

function half(pixels: Pixels, rowsAtOnce = 1000): { pixels: Pixels; pauses: number } {
  const steps = halving(pixels, rowsAtOnce);
  for (let pauses = 0; ; pauses++) {
    const step = steps.next();
    if (step.done === true) return { pixels: step.value, pauses };
  }
}

describe('halving', () => {
  it('takes the mean of each four samples', () => {
    const samples = new Uint8Array([0, 4, 100, 100, 8, 12, 100, 104]);
    expect(half({ width: 4, height: 2, channels: 1, samples }).pixels).toEqual({
      width: 2,
      height: 1,
      channels: 1,
      samples: new Uint8Array([6, 101]),
    });
  });

  it('keeps the last column and row of an odd picture, where reading on would mix in the next row', () => {
    const samples = new Uint16Array([1, 1, 50_000, 1, 1, 60_000, 300, 300, 65_535]);
    const { width, height, samples: found } = half({ width: 3, height: 3, channels: 1, samples }).pixels;
    expect([width, height]).toEqual([2, 2]);
    expect([...found]).toEqual([1, 55_000, 300, 65_535]);
  });

  it('does not overflow 16 bits', () => {
    const samples = new Uint16Array(4).fill(65_535);
    expect([...half({ width: 2, height: 2, channels: 1, samples }).pixels.samples]).toEqual([65_535]);
  });

  it('keeps colours apart', () => {
    const samples = new Uint8Array([10, 20, 30, 20, 30, 40, 10, 20, 30, 20, 30, 40]);
    expect([...half({ width: 2, height: 2, channels: 3, samples }).pixels.samples]).toEqual([15, 25, 35]);
  });

  it('pauses after each share of rows', () => {
    const pixels: Pixels = { width: 2, height: 20, channels: 1, samples: new Uint8Array(40) };
    expect(half(pixels, 3).pauses).toBe(3);
  });

  it('makes as many levels as drawing the whole picture small needs', () => {
    expect(levelCount({ width: 300, height: 512 })).toBe(1);
    expect(levelCount({ width: 1024, height: 10 })).toBe(2);
    expect(levelCount({ width: 3000, height: 2500 })).toBe(4);
  });
});
