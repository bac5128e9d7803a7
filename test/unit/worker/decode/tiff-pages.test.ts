import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { ReadroomError } from '../../../../src/contract/errors.ts';
import { fitInput } from '../../../../src/worker/decode/fit-input.ts';
import { readInput } from '../../../../src/worker/decode/read-input.ts';
import { readPictureFile, sourceOf } from '../../../../src/worker/decode/source.ts';
import { pattern, type TiffOptions, writeTiff, writeTiffPages } from '../../../support/picture-files.ts';

const page = (seed: number, more: Partial<TiffOptions> = {}): TiffOptions => ({
  ...{ width: 6, height: 4, channels: 1, bits: 16, photometric: 1 },
  samples: pattern(24, 65535).map((sample) => (sample + 1000 * seed) % 65536),
  ...more,
});
const open = (bytes: Buffer) => sourceOf(bytes).open();
async function samplesOf(bytes: Buffer, frame: number): Promise<number[]> {
  return [...(await (await open(bytes)).picture(frame)).samples];
}

describe('pages of a TIFF', () => {
  it('are pictures of their own, at full depth, in the order of the file', async () => {
    const pages = [page(0), page(1), page(2)];
    const bytes = writeTiffPages(pages);
    const file = await open(bytes);
    expect(file).toMatchObject({ format: 'tiff', frames: 3, warnings: [], generated: false });
    expect([0, 1, 2].map(file.position)).toEqual([0, 1, 2]);
    for (const [frame, { samples }] of pages.entries()) {
      const picture = await file.picture(frame);
      expect(picture).toMatchObject({ width: 6, height: 4, channels: 1, bitDepth: 16, display: null });
      expect([...picture.samples]).toEqual(samples);
    }
    // The one before is there still.
    expect(await samplesOf(bytes, 0)).toEqual(pages[0]!.samples);
  });

  it('may differ in size, depth and colour', async () => {
    const colour = Array.from({ length: 2 * 3 * 3 }, (_, i) => i * 14);
    const bytes = writeTiffPages([
      page(0),
      page(1, { width: 3, height: 2, channels: 3, bits: 8, photometric: 2, samples: colour }),
      page(2, { width: 4, height: 6, orientation: 6 }),
    ]);
    const file = await open(bytes);
    expect(await file.picture(1)).toMatchObject({ width: 3, height: 2, channels: 3, bitDepth: 8 });
    expect(await samplesOf(bytes, 1)).toEqual(colour);
    expect(await file.picture(2)).toMatchObject({ width: 6, height: 4, bitDepth: 16 });
  });

  it('are those that sharp writes, compressed and in tiles too', async () => {
    const grey = pattern(8 * 24);
    const raw = { width: 8, height: 24, channels: 1, pageHeight: 8 } as const;
    const written = sharp(Buffer.from(grey), { raw }).toColourspace('b-w');
    for (const bytes of [
      await written.clone().tiff({ compression: 'lzw' }).toBuffer(),
      await written
        .clone()
        .tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 })
        .toBuffer(),
      await written.clone().tiff({ compression: 'none', bigtiff: true }).toBuffer(),
    ]) {
      expect((await open(bytes)).frames).toBe(3);
      expect(await samplesOf(bytes, 2)).toEqual(grey.slice(128));
    }
  });

  it('make one series, known by the bytes of the file; a single page is of none', async () => {
    const bytes = writeTiffPages([page(0), page(1)]);
    const source = sourceOf(bytes);
    const uid = `tiff.${source.byteSha256().slice(0, 32)}`;
    expect((await source.open()).header).toMatchObject({ studyUid: uid, seriesUid: uid, patientKey: null });
    expect(await open(writeTiff(page(0)))).toMatchObject({ frames: 1, header: null, warnings: [] });
  });

  it('leave out smaller copies and masks, of which the first page may be alone', async () => {
    const small = page(5, { width: 3, height: 2, samples: pattern(6), subfileType: 1 });
    const mask = page(6, { subfileType: 4 });
    const bytes = writeTiffPages([page(0), small, page(1), mask]);
    expect((await open(bytes)).frames).toBe(2);
    expect(await samplesOf(bytes, 1)).toEqual(page(1).samples);
    expect(await open(writeTiffPages([page(0), small]))).toMatchObject({ frames: 1, header: null });
    const pyramid = await sharp({ create: { width: 600, height: 400, channels: 3, background: 'red' } })
      .tiff({ tile: true, pyramid: true })
      .toBuffer();
    expect((await open(pyramid)).frames).toBe(1);
  });

  it('end where the chain of directories turns back; one that leaves the file is damage', async () => {
    const bytes = writeTiffPages([page(0), page(1)]);
    const first = bytes.readUInt32LE(4);
    bytes.writeUInt32LE(first, bytes.length - 4);
    expect((await open(bytes)).frames).toBe(2);
    expect(await samplesOf(bytes, 1)).toEqual(page(1).samples);
    bytes.writeUInt32LE(bytes.length + 100, bytes.length - 4);
    await expect(samplesOf(bytes, 1)).rejects.toMatchObject({ code: 'damagedImage' });
  });

  it('are refused when there are absurdly many, or one is damaged or has no samples that are read', async () => {
    const tiny = page(0, { width: 1, height: 1, bits: 8, samples: [7] });
    const codeOf = (bytes: Buffer, frame: number) =>
      samplesOf(bytes, frame).catch((error: unknown) => error instanceof ReadroomError && error.code);
    expect(await codeOf(writeTiffPages(Array.from({ length: 5002 }, () => tiny)), 0)).toBe('imageTooLarge');
    expect(await codeOf(writeTiffPages([page(0), page(1, { bits: 32, sampleFormat: 3 })]), 1)).toBe(
      'unsupportedFormat',
    );
    const outside = writeTiffPages([page(0), page(1)]);
    // StripOffsets of the second page.
    const directory = outside.length - 4 - 12 * 12;
    expect(outside.readUInt16LE(directory + 6 * 12)).toBe(273);
    outside.writeUInt32LE(outside.length + 50, directory + 6 * 12 + 8);
    expect(await codeOf(outside, 0)).toEqual(page(0).samples);
    expect(await codeOf(outside, 1)).toMatch(/damagedImage|truncatedImage/);
  });

  it('give the network what their own samples give, whether or not the file is known', async () => {
    const pages = [page(0), page(1)];
    const folder = mkdtempSync(join(tmpdir(), 'tiff-pages-'));
    const path = join(folder, 'two.tif');
    writeFileSync(path, writeTiffPages(pages));
    const geometry = { size: 5, channels: 1, fit: 'stretch', kernel: 'linear' } as const;
    for (const frame of [0, 1]) {
      const wanted = await fitInput(await (await open(writeTiff(pages[frame]!))).picture(0), geometry);
      const { byteSha256 } = readPictureFile(path);
      for (const known of [{}, { byteSha256: byteSha256() }])
        expect(await readInput(readPictureFile(path), { frame, ...known }, geometry)).toEqual(wanted);
    }
    await expect(readInput(readPictureFile(path), { frame: 2 }, geometry)).rejects.toMatchObject({
      code: 'fileChanged',
    });
  });
});
