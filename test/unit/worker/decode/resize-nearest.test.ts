import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import type { Picture } from '../../../../src/worker/decode/picture.ts';
import { resizeNearest } from '../../../../src/worker/decode/resize-nearest.ts';
import { pattern } from '../../../support/picture-files.ts';

/** Which samples of an edge a resized one takes. */
function taken(from: number, to: number): number[] {
  const samples = Uint16Array.from({ length: from }, (_, i) => i);
  const edge: Picture = { width: from, height: 1, channels: 1, bitDepth: 16, samples, display: null };
  return [...resizeNearest(edge, { width: to, height: 1 }).samples];
}

it('takes the sample in whose middle the new one lies, with Pillow’s rounding between two of them', () => {
  expect(taken(8, 4)).toEqual([1, 3, 5, 7]);
  expect(taken(9, 3)).toEqual([1, 4, 7]);
  expect(taken(3, 7)).toEqual([0, 0, 1, 1, 1, 2, 2]);
  // Just between two samples; Pillow 13 gives these, the exact fraction would give the one after.
  expect(taken(1616, 430)[107]).toBe(403);
  expect(taken(1736, 1644)[1438]).toBe(1518);
});

it('gives the indices of Pillow 13 for 256 pairs of edges', () => {
  const hash = createHash('sha256');
  for (let i = 1; i <= 256; i += 1)
    hash.update(taken(((i * 7919) % 3001) + 1, ((i * 104729) % 601) + 1).join(' '));
  expect(hash.digest('hex')).toBe('75184b84f3a0e4b660bc1cda18d02517f5b7e5d6626b52a3d21a422d81428b0d');
});

it('takes whole pixels, in rows and columns, of 8 and 16 bit, and leaves a picture of that size alone', () => {
  const samples = Uint8Array.from(pattern(5 * 4 * 3));
  const colour: Picture = { width: 5, height: 4, channels: 3, bitDepth: 8, samples, display: null };
  const small = resizeNearest(colour, { width: 2, height: 2 });
  const pixel = (x: number, y: number): number[] => [
    ...samples.subarray((y * 5 + x) * 3, (y * 5 + x) * 3 + 3),
  ];
  expect([...small.samples]).toEqual([pixel(1, 1), pixel(3, 1), pixel(1, 3), pixel(3, 3)].flat());
  expect(small).toMatchObject({ width: 2, height: 2, channels: 3, bitDepth: 8 });
  expect(resizeNearest(colour, { width: 5, height: 4 })).toBe(colour);
});
