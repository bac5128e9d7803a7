import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mostFramesAtOnce } from '../../../../src/contract/decode.ts';
import { thumbnailFile } from '../../../../src/core/thumbnail.ts';
import { createDecodePool, type DecodePool } from '../../../../src/engine/media/decode-pool.ts';
import { tags } from '../../../../src/worker/decode/dicom/tags.ts';
import { readPictureFile } from '../../../../src/worker/decode/source.ts';
import { imageElements, writeDicom, type Elements } from '../../../support/dicom-files.ts';
import { spawnDecoder } from '../../../support/import-project.ts';
import { greyPng, pattern } from '../../../support/picture-files.ts';

let folder: string;
let pool: DecodePool;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-source-'));
  pool = createDecodePool({ spawn: spawnDecoder, size: 1 });
});
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

const edge = 300;
const windowed: Elements = [
  [tags.InstanceNumber, 'IS', '2'],
  [tags.WindowCenter, 'DS', '1000'],
  [tags.WindowWidth, 'DS', '2000'],
];

function volume(name: string, frames: number, rows = 8, columns = 8): { file: string; samples: number[] } {
  const samples = pattern(rows * columns * frames, 4095);
  const elements = imageElements({ rows, columns, allocated: 16, stored: 12, frames });
  const file = path.join(folder, name);
  writeFileSync(file, writeDicom([...elements, ...windowed, [tags.PixelData, 'OW', samples]]));
  return { file, samples };
}

describe('the last file of several frames stays open', () => {
  it('until it changes or another is read', () => {
    const { file } = volume('kept.dcm', 3);
    const other = path.join(folder, 'other.png');
    writeFileSync(other, greyPng(3, 3));
    const first = readPictureFile(file);
    return first.open().then(async () => {
      expect(readPictureFile(file)).toBe(first);
      utimesSync(file, 1, 1);
      const second = readPictureFile(file);
      expect(second).not.toBe(first);
      await second.open();
      expect(readPictureFile(file)).toBe(second);
      await readPictureFile(other).open();
      const third = readPictureFile(file);
      expect(third).not.toBe(second);
      expect(third.byteSha256()).toBe(second.byteSha256());
    });
  });

  it('and gives every frame anew', async () => {
    const { file, samples } = volume('twice.dcm', 2);
    for (let round = 0; round < 2; round += 1) {
      const opened = await readPictureFile(file).open();
      expect([...(await opened.picture(1)).samples]).toEqual(samples.slice(64));
    }
  });
});

describe('the decode child, asked for frames', () => {
  it('looks at so many at once, from where it is told to', async () => {
    const { file } = volume('many.dcm', mostFramesAtOnce + 3);
    const first = await pool.inspect(file);
    expect(first.file).toMatchObject({ format: 'dicom', frames: mostFramesAtOnce + 3, warnings: [] });
    expect(first.pictures.map(({ frame }) => frame)).toEqual(
      Array.from({ length: mostFramesAtOnce }, (_, i) => i),
    );
    const rest = await pool.inspect(file, undefined, { from: mostFramesAtOnce });
    expect(rest.pictures.map(({ frame }) => frame)).toEqual([16, 17, 18]);
    expect(rest.pictures[0]!.position).toBeCloseTo(2 + 16 / 19, 6);
    expect(new Set([...first.pictures, ...rest.pictures].map(({ pixelSha256 }) => pixelSha256)).size).toBe(
      19,
    );
  });

  it('judges, thumbnails and trains what the window shows, and writes the samples as they are', async () => {
    const { file, samples } = volume('shown.dcm', 2, edge, edge);
    const { pictures } = await pool.inspect(file, undefined, { thumbnails: folder });
    const { pixelSha256, mean } = pictures[1]!;
    const of = { path: file, frame: 1, pixelSha256 };
    const windowOf = (sample: number): number =>
      Math.floor(Math.min(1, Math.max(0, (sample - 0) / 1999)) * 255 + 0.5);
    const shown = samples.slice(edge * edge).map(windowOf);
    expect(mean).toBeCloseTo(shown.reduce((sum, value) => sum + value, 0) / shown.length / 255, 3);
    const { channels, width } = await sharp(path.join(folder, thumbnailFile(pixelSha256))).metadata();
    expect({ channels, width }).toEqual({ channels: 3, width: 256 });
    const raw = path.join(folder, 'shown.raw');
    const written = await pool.writePixels({ ...of, to: raw });
    expect(written).toMatchObject({ bitDepth: 16, display: { windows: [{ low: 0, high: 1999 }] } });
    const bytes = readFileSync(raw);
    expect(samples.slice(edge * edge).every((value, i) => bytes.readUInt16LE(2 * i) === value)).toBe(true);
    const input = path.join(folder, 'input');
    writeFileSync(input, Buffer.alloc(edge * edge * 2));
    const geometry = { size: edge, channels: 1, fit: 'stretch', kernel: 'nearest' } as const;
    await pool.cacheInput({ ...of, geometry, file: input, slot: 1 });
    expect([...readFileSync(input).subarray(edge * edge)]).toEqual(shown);
  });

  it('refuses a frame that the file does not have any more', async () => {
    const { file } = volume('fewer.dcm', 2);
    const gone = { path: file, frame: 5, to: path.join(folder, 'gone.raw') };
    await expect(pool.writePixels(gone)).rejects.toMatchObject({ code: 'fileChanged' });
  });

  it('tells a study’s date and description, of DICOM files alone', async () => {
    const png = path.join(folder, 'plain.png');
    writeFileSync(png, greyPng(3, 3));
    const nothing = {
      ...{ date: null, description: null },
      ...{ seriesNumber: null, seriesDescription: null, normal: null },
    };
    expect(await pool.readStudy(png)).toEqual(nothing);
    const { file } = volume('study.dcm', 1);
    expect(await pool.readStudy(file)).toEqual(nothing);
  });
});
