import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { InputGeometry } from '../../../src/contract/decode.ts';
import { notJudged } from '../../../src/contract/learning-task.ts';
import { fitMasks, fittedSpacing } from '../../../src/core/fit-masks.ts';
import { type Mask, maskOfPicture } from '../../../src/core/masks.ts';
import { shapeMask } from '../../../src/core/shapes.ts';
import { fitInput } from '../../../src/worker/decode/fit-input.ts';

const geometry = (more: Partial<InputGeometry> = {}): InputGeometry => ({
  ...{ size: 16, channels: 1, fit: 'pad', kernel: 'nearest' },
  ...more,
});

const picture = (width: number, height: number, samples: Uint8Array) =>
  ({ width, height, channels: 1, bitDepth: 8, samples, display: null }) as const;

/** A mask as a picture of its place + 1. */
function drawn(masks: readonly { place: number; mask: Mask }[], width: number, height: number): Uint8Array {
  const samples = new Uint8Array(width * height);
  for (const { place, mask } of masks)
    maskOfPicture(mask, { width, height }).data.forEach((inside, at) => {
      if (inside === 1) samples[at] = place + 1;
    });
  return samples;
}

const edge = fc.integer({ min: 3, max: 70 });
const scene = fc.record({ width: edge, height: edge }).chain(({ width, height }) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    boxes: fc.array(
      fc.record({
        x: fc.integer({ min: 0, max: width - 2 }),
        y: fc.integer({ min: 0, max: height - 2 }),
        width: fc.integer({ min: 1, max: width }),
        height: fc.integer({ min: 1, max: height }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    size: fc.integer({ min: 4, max: 40 }),
    fit: fc.constantFrom('stretch' as const, 'pad' as const),
  }),
);

describe('fitMasks', () => {
  it('gives what a picture of the mask becomes in the input cache, whatever its size', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ width, height, boxes, size, fit }) => {
        const whole = { width, height };
        const masks = boxes.flatMap((box, place) => {
          const held = {
            ...box,
            width: Math.min(box.width, width - box.x),
            height: Math.min(box.height, height - box.y),
          };
          const mask = shapeMask({ kind: 'box', ...held }, whole);
          return mask ? [{ place, mask }] : [];
        });
        const asPicture = await fitInput(
          picture(width, height, drawn(masks, width, height)),
          geometry({ size, fit }),
        );
        const fitted = fitMasks([...masks].reverse(), whole, geometry({ size, fit }));
        // A mistaken half pixel, or bars on the other side, would show here.
        expect(fitted.map((value) => (value === notJudged ? 0 : value))).toEqual(asPicture);
      }),
      { numRuns: 150 },
    );
  });

  it('judges the picture and nothing beside it', () => {
    const fitted = fitMasks([], { width: 30, height: 11 }, geometry({ size: 10 }));
    const rows = Array.from({ length: 10 }, (_, y) => fitted[y * 10]);
    expect(rows).toEqual([255, 255, 255, 0, 0, 0, 0, 255, 255, 255]);
    expect(fitMasks([], { width: 30, height: 11 }, geometry({ fit: 'stretch' })).every((v) => v === 0)).toBe(
      true,
    );
  });

  it('lies on a picture that was resized smoothly: the lighter half of its border pixels is inside', async () => {
    const [width, height] = [90, 61];
    const points = [
      [10.2, 5.1],
      [70.7, 8],
      [33, 55.5],
    ] as [number, number][];
    const mask = shapeMask({ kind: 'polygon', points }, { width, height })!;
    const white = drawn([{ place: 0, mask }], width, height).map((value) => value * 255);
    for (const kernel of ['linear', 'cubic', 'lanczos3'] as const)
      for (const fit of ['pad', 'stretch'] as const) {
        const at = geometry({ size: 32, kernel, fit });
        const pixels = await fitInput(picture(width, height, white), at);
        const fitted = fitMasks([{ place: 0, mask }], { width, height }, at);
        const sums = [0, 0, 0, 0];
        fitted.forEach((value, index) => {
          const [x, y] = [index % 32, Math.floor(index / 32)];
          if (value === 1) {
            sums[0]! += x;
            sums[1]! += y;
          }
          sums[2]! += (pixels[index]! / 255) * x;
          sums[3]! += (pixels[index]! / 255) * y;
        });
        const inside = fitted.filter((value) => value === 1).length;
        const light = pixels.reduce((sum, value) => sum + value / 255, 0);
        // Centres of mass: a shift of a pixel, or of half of one, would be seen.
        expect(Math.abs(sums[0]! / inside - sums[2]! / light)).toBeLessThan(0.2);
        expect(Math.abs(sums[1]! / inside - sums[3]! / light)).toBeLessThan(0.2);
      }
  });

  it('tells what a pixel of the input measures, apart for rows and columns where they are stretched', () => {
    const spacing = { row: 0.5, column: 0.25 };
    expect(fittedSpacing(spacing, { width: 64, height: 32 }, geometry({ size: 32 }))).toEqual({
      row: 1,
      column: 0.5,
    });
    expect(fittedSpacing(spacing, { width: 64, height: 32 }, geometry({ size: 32, fit: 'stretch' }))).toEqual(
      { row: 0.5, column: 0.5 },
    );
  });
});
