import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createDecodePool, type DecodePool } from '../../../../src/engine/media/decode-pool.ts';
import { pattern, writePng } from '../../../support/picture-files.ts';
import { spawnDecoder } from '../../../support/import-project.ts';

let folder: string;
let pool: DecodePool;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-write-'));
  pool = createDecodePool({ spawn: spawnDecoder, size: 1 });
});
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

it('writes 16-bit samples little-endian and unscaled, whole under their name', async () => {
  const samples = pattern(20, 65535);
  const file = path.join(folder, 'film.png');
  writeFileSync(file, writePng({ width: 5, height: 4, colourType: 0, bits: 16, samples }));
  const to = path.join(folder, 'pixels', 'film.raw');
  const { pictures } = await pool.inspect(file);
  const { frame, pixelSha256 } = pictures[0]!;
  expect(await pool.writePixels({ path: file, frame, pixelSha256, to })).toEqual({
    width: 5,
    height: 4,
    channels: 1,
    bitDepth: 16,
    display: null,
  });
  const bytes = readFileSync(to);
  expect(samples.map((_, i) => bytes.readUInt16LE(2 * i))).toEqual(samples);
  expect(readdirSync(path.dirname(to))).toEqual(['film.raw']);
});

it('refuses to write pixels of a file that now holds another picture', async () => {
  const file = path.join(folder, 'other.png');
  writeFileSync(file, writePng({ width: 2, height: 2, colourType: 0, bits: 8, samples: [1, 2, 3, 4] }));
  const to = path.join(folder, 'other.raw');
  await expect(
    pool.writePixels({ path: file, frame: 0, pixelSha256: '0'.repeat(64), to }),
  ).rejects.toMatchObject({
    code: 'fileChanged',
  });
});

it('writes raw pictures as WebP without changing a value', async () => {
  for (const channels of [1, 3] as const) {
    const raw = Buffer.from(pattern(2 * 8 * 8 * channels));
    const from = path.join(folder, `raw-${channels}`);
    writeFileSync(from, raw);
    const to = [0, 1].map((n) => path.join(folder, `${channels}-${n}.webp`));
    await pool.writePictures({ from, size: 8, channels, to });
    const read = await Promise.all(
      to.map((file) =>
        sharp(file)
          .toColourspace(channels === 1 ? 'b-w' : 'srgb')
          .raw()
          .toBuffer(),
      ),
    );
    expect(Buffer.concat(read)).toEqual(raw);
  }
});
