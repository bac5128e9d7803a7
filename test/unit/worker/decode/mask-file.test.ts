import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { readMask } from '../../../../src/worker/decode/mask-file.ts';
import { greyPng, writePng } from '../../../support/picture-files.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'readroom-mask-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function read(bytes: Buffer) {
  const [from, to] = ['mask', 'places'].map((name) => path.join(folder, name)) as [string, string];
  writeFileSync(from, bytes);
  return { ...(await readMask(from, to)), places: [...readFileSync(to)] };
}

const samples = [0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1];
const size = { width: 7, height: 3 };

it('takes the numbers of a palette’s entries, not their colours, also of packed ones', async () => {
  // Black twice: by colours the two could not be told apart.
  const palette = [0, 0, 0, 0, 0, 0];
  for (const bits of [1, 8] as const) {
    const png = writePng({ ...size, colourType: 3, bits, samples, palette });
    expect(await read(png)).toEqual({ ...size, values: [0, 1], places: samples });
  }
});

it('takes 1-bit grey as 0 and 1, and palettes that a real encoder filtered and packed', async () => {
  const packed = writePng({ ...size, colourType: 0, bits: 1, samples });
  expect(await read(packed)).toEqual({ ...size, values: [0, 1], places: samples });
  const colours = [0, 80, 160, 240];
  const values = Array.from({ length: 64 * 48 }, (_, at) => (((at % 64) >> 3) + (at >> 9)) % 4);
  const raw = Buffer.from(values.flatMap((value) => [colours[value]!, 0, 255 - colours[value]!]));
  const png = await sharp(raw, { raw: { width: 64, height: 48, channels: 3 } })
    .png({ palette: true, dither: 0, compressionLevel: 9, adaptiveFiltering: true })
    .toBuffer();
  const mask = await read(png);
  expect(mask.values).toHaveLength(4);
  // Which entry a colour gets is the encoder's choice: the same pixels belong together.
  const entryOf = new Map(values.map((value, at) => [value, mask.places[at]]));
  expect(mask.places).toEqual(values.map((value) => entryOf.get(value)));
  expect(new Set(entryOf.values()).size).toBe(4);
});

it('keeps values of 16 bit, and refuses pictures and what is damaged', async () => {
  const wide = writePng({ width: 2, height: 2, colourType: 0, bits: 16, samples: [0, 300, 300, 65535] });
  expect(await read(wide)).toMatchObject({ values: [0, 300, 65535], places: [0, 1, 1, 2] });
  const many = writePng({
    ...{ width: 300, height: 1, colourType: 0, bits: 16 },
    samples: Array.from({ length: 300 }, (_, at) => at),
  });
  await expect(read(many)).rejects.toThrow('300 different values');
  const palette = writePng({ ...size, colourType: 3, bits: 8, samples, palette: [0, 0, 0, 9, 9, 9] });
  await expect(read(palette.subarray(0, palette.length - 20))).rejects.toMatchObject({
    code: 'damagedImage',
  });
  expect((await read(greyPng(3, 1, [255, 0, 255]))).values).toEqual([0, 255]);
});
