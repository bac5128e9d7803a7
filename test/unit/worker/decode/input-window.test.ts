import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import type { InputGeometry, InputWindow } from '../../../../src/contract/decode.ts';
import { tags } from '../../../../src/worker/decode/dicom/tags.ts';
import { readInput } from '../../../../src/worker/decode/read-input.ts';
import { sourceOf } from '../../../../src/worker/decode/source.ts';
import { type Elements, imageElements, writeDicom, writeNifti } from '../../../support/dicom-files.ts';
import { greyPng, writePng, writeTiff } from '../../../support/picture-files.ts';

const size = 16;
const geometry: InputGeometry = { size, channels: 1, fit: 'stretch', kernel: 'lanczos3' };
const known = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The input as it is when a file is seen first, and when its bytes are known; both must be the same. */
async function inputOf(bytes: Buffer, window?: InputWindow, other: Partial<InputGeometry> = {}) {
  const wanted = { ...geometry, ...other, ...(window !== undefined && { window }) };
  const seen = await readInput(sourceOf(bytes), { frame: 0 }, wanted);
  const again = await readInput(sourceOf(bytes), { frame: 0, byteSha256: known(bytes) }, wanted);
  expect(Buffer.compare(again, seen)).toBe(0);
  return [...seen];
}

/** From −1,024 HU up in steps of 12, a pixel each. */
const stored = Array.from({ length: size * size }, (_, i) => i * 12);
function ct(slope: string, intercept: string, rest: Elements = [], modality = 'CT'): Buffer {
  return writeDicom([
    ...imageElements({ rows: size, columns: size, allocated: 16, stored: 12 }).filter(
      ([tag]) => !rest.some(([own]) => own === tag),
    ),
    [tags.Modality, 'CS', modality],
    [tags.RescaleSlope, 'DS', slope],
    [tags.RescaleIntercept, 'DS', intercept],
    [tags.WindowCenter, 'DS', '40'],
    [tags.WindowWidth, 'DS', '400'],
    ...rest,
    [tags.PixelData, 'OW', stored],
  ]);
}

/** PS3.3 C.11.2.1.2.1 and C.11.2.1.3.2 with 0 and 255, as they stand there. */
const linear = (value: number, c: number, w: number): number =>
  value <= c - 0.5 - (w - 1) / 2
    ? 0
    : value > c - 0.5 + (w - 1) / 2
      ? 255
      : ((value - (c - 0.5)) / (w - 1) + 0.5) * 255;
const exact = (value: number, c: number, w: number): number =>
  value <= c - w / 2 ? 0 : value > c + w / 2 ? 255 : ((value - c) / w + 0.5) * 255;
const rounded = (shade: number): number => Math.floor(shade + 0.5);

const lung: InputWindow = { center: -600, width: 1500, unit: 'HU' };
const narrow: InputWindow = { center: 100, width: 350, unit: null };

describe('a window of values', () => {
  it.each([lung, narrow])('of whole values is DICOM’s LINEAR, to the last shade: %j', async (window) => {
    const { center, width } = window;
    const expected = stored.map((sample) => rounded(linear(sample - 1024, center, width)));
    expect(new Set(expected).size).toBeGreaterThan(20);
    expect(await inputOf(ct('1', '-1024'), window)).toEqual(expected);
  });

  it('of fractions is LINEAR_EXACT', async () => {
    const expected = stored.map((sample) => rounded(exact(0.25 * sample - 100.5, 100, 350)));
    expect(await inputOf(ct('0.25', '-100.5'), narrow)).toEqual(expected);
  });

  it('stands above the window that the file names, which is what is seen without it', async () => {
    const bytes = ct('1', '-1024');
    const own = stored.map((sample) => rounded(linear(sample - 1024, 40, 400)));
    expect(await inputOf(bytes)).toEqual(own);
    expect(await inputOf(bytes, { center: 40, width: 400, unit: 'HU' })).toEqual(own);
    expect(await inputOf(bytes, lung)).not.toEqual(own);
  });

  it('keeps low values bright where the file says that they are', async () => {
    const bytes = ct('1', '-1024', [[tags.PhotometricInterpretation, 'CS', 'MONOCHROME1']]);
    const expected = stored.map((sample) => rounded(255 - linear(sample - 1024, -600, 1500)));
    expect(await inputOf(bytes, lung)).toEqual(expected);
  });

  it('is laid on the picture before it is resized, with every kernel', async () => {
    const bytes = ct('1', '-1024');
    for (const kernel of ['nearest', 'linear', 'cubic', 'lanczos3'] as const) {
      const small = await inputOf(bytes, narrow, { size: 5, kernel, channels: 3, fit: 'pad' });
      expect(small).toHaveLength(75);
      // What lies outside the window is flat, whatever is beside it.
      expect([small[0], small[74]]).toEqual([0, 255]);
    }
  });

  it('of tissues is for Hounsfield units only', async () => {
    const other = ct('1', '-1024', [], 'MR');
    await expect(inputOf(other, lung)).rejects.toMatchObject({ code: 'noPictureValues' });
    expect(await inputOf(other, { ...(lung as object), unit: null } as InputWindow)).toEqual(
      await inputOf(ct('1', '-1024'), lung),
    );
  });

  it('is refused for pictures without values: PNG, 16-bit TIFF, colours', async () => {
    const grey = Array.from({ length: 16 }, (_, i) => i * 1000);
    for (const bytes of [
      greyPng(4, 4),
      writeTiff({ width: 4, height: 4, channels: 1, bits: 16, photometric: 1, samples: grey }),
      writePng({ width: 2, height: 2, colourType: 2, bits: 8, samples: [...Array(12).keys()] }),
    ])
      await expect(inputOf(bytes, narrow)).rejects.toMatchObject({ code: 'noPictureValues' });
  });

  it('takes DICOM samples and NIfTI voxels that say nothing of themselves for values', async () => {
    const samples = Array.from({ length: size * size }, (_, i) => i % 256);
    const expected = samples.map((value) => rounded(linear(value, 100, 51)));
    const window: InputWindow = { center: 100, width: 51, unit: null };
    const plain = writeDicom([
      ...imageElements({ rows: size, columns: size }),
      [tags.PixelData, 'OW', Buffer.from(samples)],
    ]);
    expect(await inputOf(plain, window)).toEqual(expected);
    const volume = writeNifti({ dims: [size, size, 1], type: 2, data: Buffer.from(samples) });
    expect((await inputOf(volume, window)).toSorted((a, b) => a - b)).toEqual(
      expected.toSorted((a, b) => a - b),
    );
    await expect(inputOf(volume, lung)).rejects.toMatchObject({ code: 'noPictureValues' });
  });
});

describe('the full range', () => {
  it('leaves the file’s window aside', async () => {
    const highest = stored.at(-1)!;
    expect(await inputOf(ct('1', '-1024'), 'full')).toEqual(
      stored.map((sample) => Math.floor((sample * 510 + highest) / (2 * highest))),
    );
  });

  it('is that of each picture, of 8 bits too', async () => {
    const samples = Array.from({ length: size * size }, (_, i) => 50 + (i % 101));
    const bytes = greyPng(size, size, samples);
    expect(await inputOf(bytes)).toEqual(samples);
    expect(await inputOf(bytes, 'full')).toEqual(
      samples.map((value) => Math.floor(((value - 50) * 510 + 100) / 200)),
    );
  });
});
