import { createHash } from 'node:crypto';

import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';

import type { InputGeometry } from '../../../../src/contract/decode.ts';
import { fitInput } from '../../../../src/worker/decode/fit-input.ts';
import { pixelSha256 } from '../../../../src/worker/decode/picture.ts';
import { readInput as readInputOf, type Imported } from '../../../../src/worker/decode/read-input.ts';
import { sourceOf } from '../../../../src/worker/decode/source.ts';
import { decodeFile } from '../../../support/decoded-file.ts';
import { greyPng, pattern, writePng, writeTiff } from '../../../support/picture-files.ts';

type Encode = (picture: Sharp) => Sharp;

const kernels = ['nearest', 'linear', 'cubic', 'lanczos3'] as const;
const geometries: InputGeometry[] = kernels.flatMap((kernel) => [
  { size: 227, channels: 3, fit: 'stretch', kernel },
  { size: 64, channels: 3, fit: 'pad', kernel },
  { size: 64, channels: 1, fit: 'stretch', kernel },
  { size: 192, channels: 1, fit: 'pad', kernel },
]);

/** Of the first picture of a file of these bytes. */
const readInput = (bytes: Buffer, imported: Omit<Imported, 'frame'>, geometry: InputGeometry) =>
  readInputOf(sourceOf(bytes), { frame: 0, ...imported }, geometry);

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Something of every scale, so that a kernel which looks elsewhere gives other values. */
function drawn(width: number, height: number, channels: 1 | 3): Sharp {
  const samples = Buffer.alloc(width * height * channels);
  for (let i = 0; i < samples.length; i += 1) {
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    samples[i] =
      120 + 60 * Math.sin(x / 9 + (i % channels)) + 50 * Math.cos(y / 23) + ((x * 31 + y * 17) % 19);
  }
  const picture = sharp(samples, { raw: { width, height, channels } });
  return channels === 1 ? picture.toColourspace('b-w') : picture;
}

const encodings: Record<string, Encode> = {
  JPEG: (picture) => picture.jpeg({ quality: 90 }),
  'progressive JPEG': (picture) => picture.jpeg({ quality: 90, progressive: true }),
  WebP: (picture) => picture.webp({ quality: 90 }),
  'interlaced PNG': (picture) => picture.png({ progressive: true }),
  'TIFF in strips': (picture) => picture.tiff({ compression: 'lzw' }),
  'TIFF in tiles': (picture) => picture.tiff({ compression: 'deflate', tile: true, pyramid: true }),
  'JPEG with a profile': (picture) => picture.withIccProfile('p3').jpeg(),
  'JPEG, sideways': (picture) => picture.withExif({ IFD0: { Orientation: '6' } }).jpeg(),
};

/** Compares what is read of a file whose bytes are known with its whole picture, fitted. */
async function compare(bytes: Buffer, among = geometries): Promise<void> {
  const { picture } = await decodeFile(bytes);
  for (const geometry of among) {
    const input = await readInput(bytes, { byteSha256: sha256(bytes) }, geometry);
    const expected = await fitInput(picture, geometry);
    expect(Buffer.compare(input, expected), JSON.stringify(geometry)).toBe(0);
  }
}

describe('the input of a file whose bytes are known is that of its decoded picture, bit for bit', () => {
  for (const [name, encode] of Object.entries(encodings)) {
    it(`${name}, grey and colour`, async () => {
      for (const channels of [1, 3] as const)
        await compare(await encode(drawn(331, 290, channels)).toBuffer());
    });
  }

  it('whatever its size: enlarged, one pixel wide or high, as large as the input, far larger', async () => {
    const sizes = [
      ...[
        [20, 31],
        [1, 300],
        [300, 1],
        [1, 1],
        [227, 227],
        [64, 500],
        [454, 454],
      ],
    ] as [number, number][];
    for (const [width, height] of sizes)
      await compare(await drawn(width, height, 3).jpeg({ quality: 90 }).toBuffer());
    await compare(await drawn(1318, 1040, 1).jpeg({ quality: 95 }).toBuffer());
  });

  it('also where a sample lies between two of libvips’ masks', async () => {
    // Each of these gave other values when it was resized while it was decoded.
    const cases = [
      { width: 731, height: 818, size: 64, fit: 'pad', kernel: 'cubic' },
      { width: 1123, height: 199, size: 192, fit: 'stretch', kernel: 'cubic' },
      { width: 132, height: 763, size: 64, fit: 'pad', kernel: 'linear' },
      { width: 331, height: 290, size: 227, fit: 'pad', kernel: 'nearest' },
    ] as const;
    for (const { width, height, ...geometry } of cases) {
      const noise = Buffer.from(pattern(width * height * 8).filter((_, i) => i % 8 === 0));
      const picture = sharp(noise, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
      await compare(await picture.png({ compressionLevel: 1 }).toBuffer(), [{ ...geometry, channels: 1 }]);
    }
  });

  it('also where it is decoded whole: CMYK, 16 bit, alpha, palettes, grey stored as colour, small files', async () => {
    const size = { width: 60, height: 52 };
    const values = 60 * 52;
    const grey = await drawn(300, 260, 1).raw().toBuffer();
    const files = [
      await drawn(300, 260, 3).toColourspace('cmyk').jpeg().toBuffer(),
      await drawn(300, 260, 3).toColourspace('rgb16').png().toBuffer(),
      await drawn(300, 260, 3).ensureAlpha(0.5).png().toBuffer(),
      await drawn(300, 260, 3).png({ palette: true }).toBuffer(),
      await sharp(Buffer.from([...grey].flatMap((value) => [value, value, value])), {
        raw: { width: 300, height: 260, channels: 3 },
      })
        .png()
        .toBuffer(),
      writeTiff({ ...size, channels: 1, bits: 16, photometric: 1, samples: pattern(values, 65535) }),
      writeTiff({ ...size, channels: 1, bits: 8, photometric: 0, samples: pattern(values) }),
      writePng({ ...size, colourType: 0, bits: 1, samples: pattern(values, 1) }),
      greyPng(60, 52),
    ];
    for (const bytes of files) await compare(bytes);
  });
});

describe('a file that may have changed', () => {
  const geometry = { size: 48, channels: 1, fit: 'stretch', kernel: 'nearest' } as const;

  it('is known by its pixels when its bytes are others', async () => {
    const bytes = await drawn(100, 80, 1).png().toBuffer();
    const again = await drawn(100, 80, 1).png({ compressionLevel: 1 }).toBuffer();
    const { picture } = await decodeFile(bytes);
    const imported = { byteSha256: sha256(bytes), pixelSha256: pixelSha256(picture) };
    expect(sha256(again)).not.toBe(imported.byteSha256);
    expect(await readInput(again, imported, geometry)).toEqual(await readInput(bytes, imported, geometry));
    const other = await drawn(100, 81, 1).png().toBuffer();
    await expect(readInput(other, imported, geometry)).rejects.toMatchObject({ code: 'fileChanged' });
  });

  it('is refused for the damage that resizing would not come across', async () => {
    const bytes = await drawn(1200, 1000, 1).jpeg({ quality: 90 }).toBuffer();
    const { picture } = await decodeFile(bytes);
    const imported = { byteSha256: sha256(bytes), pixelSha256: pixelSha256(picture) };
    const cut = bytes.subarray(0, bytes.length - 200);
    await expect(readInput(cut, imported, geometry)).rejects.toMatchObject({ code: 'truncatedImage' });
    await expect(readInput(cut, {}, geometry)).rejects.toMatchObject({ code: 'truncatedImage' });
    const holed = Buffer.from(bytes);
    holed.fill(0xff, holed.length - 900, holed.length - 800);
    await expect(readInput(holed, imported, geometry)).rejects.toMatchObject({
      code: expect.stringMatching(/damagedImage|truncatedImage|fileChanged/) as string,
    });
  });

  it('is refused alike when its damage was there at the import', async () => {
    const bytes = (await drawn(600, 500, 1).jpeg({ quality: 90 }).toBuffer()).subarray(0, 9000);
    const known = { byteSha256: sha256(bytes) };
    await expect(readInput(bytes, known, { ...geometry, kernel: 'lanczos3' })).rejects.toMatchObject({
      code: 'truncatedImage',
    });
  });
});
