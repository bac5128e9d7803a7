import sharp from 'sharp';
import { expect, it } from 'vitest';

import { hashDistance } from '../../../../src/core/duplicates.ts';
import { fittedGrey, pictureFacts as factsOfFitted } from '../../../../src/worker/decode/picture-facts.ts';
import type { Picture } from '../../../../src/worker/decode/picture.ts';
import { decodeFile } from '../../../support/decoded-file.ts';

const pictureFacts = (picture: Picture) => factsOfFitted(fittedGrey(picture, 256));

/** A picture drawn by a function of the place, each from 0 to 1. */
function draw(
  width: number,
  height: number,
  grey: (x: number, y: number) => number,
  bitDepth: 8 | 16 = 8,
): Picture {
  const highest = bitDepth === 16 ? 65535 : 255;
  const samples = bitDepth === 16 ? new Uint16Array(width * height) : new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      samples[y * width + x] = Math.round(grey((x + 0.5) / width, (y + 0.5) / height) * highest);
  return { width, height, channels: 1, bitDepth, samples, display: null };
}

const blobs = (x: number, y: number): number =>
  0.5 + 0.25 * Math.sin(9 * x + 3 * y) + 0.2 * Math.cos(14 * y - 5 * x);

it('takes mean and deviation as shares of what the depth can hold', () => {
  const half = draw(600, 400, (x) => (x < 0.5 ? 0.2 : 0.8));
  expect(pictureFacts(half).mean).toBeCloseTo(0.5, 2);
  expect(pictureFacts(half).deviation).toBeCloseTo(0.3, 2);
  const dark = draw(40, 30, () => 4095 / 65535, 16);
  expect(pictureFacts(dark).mean).toBeCloseTo(1 / 16, 3);
  expect(pictureFacts(dark).deviation).toBeCloseTo(0, 6);
});

it('weighs colour as luma', () => {
  const samples = Uint8Array.from({ length: 300 }, (_, i) => (i % 3 === 1 ? 255 : 0));
  const facts = pictureFacts({ width: 10, height: 10, channels: 3, bitDepth: 8, samples, display: null });
  expect(facts.mean).toBeCloseTo(0.587, 2);
});

it('finds a blurred picture less sharp, and none sharp that is too small for edges', async () => {
  const film = draw(300, 300, (x, y) => (Math.floor(20 * x) + Math.floor(20 * y)) % 2);
  const raw = { raw: { width: 300, height: 300, channels: 1 as const } };
  const data = await sharp(film.samples as Uint8Array, raw)
    .blur(6)
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const blurred = pictureFacts({ ...film, samples: new Uint8Array(data) });
  expect(blurred.sharpness).toBeLessThan(pictureFacts(film).sharpness / 10);
  expect(pictureFacts(draw(2, 2, blobs)).sharpness).toBe(0);
});

it('hashes whether each of 17×16 cells is darker than its right neighbour, first bit first', () => {
  const staircase = draw(170, 160, (x, y) => (y < 1 / 16 ? Math.floor(17 * x) / 20 : 0));
  expect(pictureFacts(staircase).differenceHash).toBe('ffff'.padEnd(64, '0'));
  const firstStep = draw(17, 16, (x, y) => (y > 15 / 16 && x > 1 / 17 ? 1 : 0));
  expect(pictureFacts(firstStep).differenceHash).toBe('8000'.padStart(64, '0'));
  expect(pictureFacts(draw(123, 77, () => 0.4)).differenceHash).toBe('0'.repeat(64));
});

it('hashes a scaled, brightened, compressed, deeper or smaller copy nearly alike, another picture not', async () => {
  const film = draw(640, 512, blobs);
  const { differenceHash } = pictureFacts(film);
  const raw = { raw: { width: 640, height: 512, channels: 1 as const } };
  const jpeg = await sharp(film.samples as Uint8Array, raw)
    .resize(300, 240)
    .jpeg({ quality: 70 })
    .toBuffer();
  const copies = [
    (await decodeFile(jpeg)).picture,
    draw(640, 512, (x, y) => 0.2 + 0.7 * blobs(x, y)),
    draw(640, 512, (x, y) => blobs(x, y) / 16, 16),
    draw(31, 25, blobs),
  ];
  for (const copy of copies)
    expect(hashDistance(pictureFacts(copy).differenceHash, differenceHash)).toBeLessThanOrEqual(8);
  const other = draw(640, 512, (x, y) => blobs(1 - x, y));
  expect(hashDistance(pictureFacts(other).differenceHash, differenceHash)).toBeGreaterThan(64);
});
