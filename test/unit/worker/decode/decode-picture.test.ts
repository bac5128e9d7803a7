import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { pixelSha256 } from '../../../../src/worker/decode/picture.ts';
import { decodeFile } from '../../../support/decoded-file.ts';
import { bombPng, greyPng, pattern, writePng, writeTiff } from '../../../support/picture-files.ts';

async function decode(bytes: Buffer) {
  const { picture, ...rest } = await decodeFile(bytes);
  return { ...rest, ...picture, samples: [...picture.samples] };
}

const colour = pattern(5 * 4 * 3);
const grey16 = pattern(5 * 4, 65535);

function jpeg(samples: readonly number[], width: number, height: number): Promise<Buffer> {
  return sharp(Buffer.from(samples), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();
}

describe('samples come out as they went in', () => {
  it('does not lose a bit of 16-bit grey and colour, PNG and TIFF', async () => {
    const size = { width: 5, height: 4 };
    const png = await decode(writePng({ ...size, colourType: 0, bits: 16, samples: grey16 }));
    expect(png).toMatchObject({ format: 'png', channels: 1, bitDepth: 16, samples: grey16 });
    const tiff = await decode(writeTiff({ ...size, channels: 1, bits: 16, photometric: 1, samples: grey16 }));
    expect(tiff).toMatchObject({ format: 'tiff', channels: 1, bitDepth: 16, samples: grey16 });
    const rgb = pattern(60, 65535);
    for (const bytes of [
      writePng({ ...size, colourType: 2, bits: 16, samples: rgb }),
      writeTiff({ ...size, channels: 3, bits: 16, photometric: 2, samples: rgb }),
    ]) {
      expect(await decode(bytes)).toMatchObject({ channels: 3, bitDepth: 16, samples: rgb });
    }
  });

  it('inverts a TIFF in which white is zero, 8 and 16 bit', async () => {
    const size = { width: 5, height: 4, channels: 1, photometric: 0 };
    const grey8 = pattern(20);
    const eight = await decode(writeTiff({ ...size, bits: 8, samples: grey8 }));
    expect(eight.samples).toEqual(grey8.map((sample) => 255 - sample));
    const sixteen = await decode(writeTiff({ ...size, bits: 16, samples: grey16 }));
    expect(sixteen.samples).toEqual(grey16.map((sample) => 65535 - sample));
  });

  it('lays alpha over black instead of showing what was hidden', async () => {
    const rgba = [200, 100, 50, 255, 200, 100, 50, 0, 200, 100, 50, 128];
    const png = await decode(writePng({ width: 3, height: 1, colourType: 6, bits: 8, samples: rgba }));
    expect(png).toMatchObject({ channels: 3, samples: [200, 100, 50, 0, 0, 0, 100, 50, 25] });
    const greyAlpha = [40000, 32768, 40000, 65535];
    const grey = await decode(writePng({ width: 2, height: 1, colourType: 4, bits: 16, samples: greyAlpha }));
    expect(grey).toMatchObject({ channels: 1, bitDepth: 16, samples: [20000, 40000] });
  });

  it('expands palettes and single bits', async () => {
    const palette = [10, 20, 30, 200, 100, 0];
    const indexed = await decode(
      writePng({ width: 3, height: 1, colourType: 3, bits: 8, samples: [1, 0, 1], palette }),
    );
    expect(indexed).toMatchObject({ channels: 3, samples: [200, 100, 0, 10, 20, 30, 200, 100, 0] });
    const bits = await decode(
      writePng({ width: 3, height: 2, colourType: 0, bits: 1, samples: [1, 0, 1, 0, 1, 0] }),
    );
    expect(bits).toMatchObject({ channels: 1, bitDepth: 8, samples: [255, 0, 255, 0, 255, 0] });
  });

  it('takes a grey film stored as RGB for the grey film that it is', async () => {
    const grey = pattern(20);
    const asColour = writePng({
      width: 5,
      height: 4,
      colourType: 2,
      bits: 8,
      samples: grey.flatMap((v) => [v, v, v]),
    });
    const a = await decodeFile(asColour);
    const b = await decodeFile(greyPng(5, 4, grey));
    expect(a.picture.channels).toBe(1);
    expect(pixelSha256(a.picture)).toBe(pixelSha256(b.picture));
  });

  it('turns a rotated JPEG upright, equal to the unrotated pixels', async () => {
    const plain = await jpeg(pattern(8 * 16 * 3), 16, 8);
    const turned = await sharp(plain)
      .keepExif()
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer();
    const stripped = await sharp(turned, { autoOrient: false }).raw().toBuffer({ resolveWithObject: true });
    const upright = await decode(turned);
    expect([upright.width, upright.height]).toEqual([8, 16]);
    // Orientation 6: the row stored first is the right-hand column, read from top to bottom.
    const { data, info } = stripped;
    expect([info.width, info.height]).toEqual([16, 8]);
    for (let y = 0; y < 16; y += 1) {
      for (let x = 0; x < 8; x += 1) {
        const stored = ((7 - x) * 16 + y) * 3;
        expect(upright.samples.slice((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)).toEqual([
          ...data.subarray(stored, stored + 3),
        ]);
      }
    }
  });

  it('shows a CMYK JPEG in its colours, not as a negative', async () => {
    const red = Array.from({ length: 64 * 64 }, () => [220, 30, 30]).flat();
    const bytes = await sharp(Buffer.from(red), { raw: { width: 64, height: 64, channels: 3 } })
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const { samples, channels } = await decode(bytes);
    expect(channels).toBe(3);
    expect(samples[0]!).toBeGreaterThan(170);
    expect(samples[1]!).toBeLessThan(90);
    expect(samples[2]!).toBeLessThan(90);
  });

  it('uses the first frame of an animation and says so', async () => {
    const frames = Buffer.concat([Buffer.alloc(8 * 8 * 3, 255), Buffer.alloc(8 * 8 * 3, 0)]);
    const bytes = await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
      .webp({ lossless: true })
      .toBuffer();
    const { height, samples, warnings } = await decode(bytes);
    expect(height).toBe(8);
    expect(samples.every((sample) => sample === 255)).toBe(true);
    expect(warnings).toEqual(['Only the first of 2 pictures in the file is used.']);
  });

  it('reads colours as stored, whatever profile is embedded', async () => {
    const png = await sharp(Buffer.from(colour), { raw: { width: 5, height: 4, channels: 3 } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const stored = await sharp(png, { ignoreIcc: true }).raw().toBuffer();
    expect((await decode(png)).samples).toEqual([...stored]);
  });

  it('knows what the sample generator wrote, in JPEG, PNG and TIFF', async () => {
    const source = sharp(Buffer.from(colour), { raw: { width: 5, height: 4, channels: 3 } });
    const exif = { IFD0: { ImageDescription: 'GENERATED by Readroom, not a patient' } };
    expect((await decode(await source.clone().withExif(exif).jpeg().toBuffer())).generated).toBe(true);
    expect((await decode(await source.clone().withExif(exif).png().toBuffer())).generated).toBe(true);
    expect((await decode(await source.clone().png().toBuffer())).generated).toBe(false);
    const size = { width: 5, height: 4, channels: 3, bits: 8, photometric: 2, samples: colour } as const;
    expect((await decode(writeTiff({ ...size, description: 'GENERATED by Readroom 1' }))).generated).toBe(
      true,
    );
    expect((await decode(writeTiff({ ...size, description: 'NOT GENERATED by Readroom' }))).generated).toBe(
      false,
    );
  });
});

describe('what is refused, and as what', () => {
  const refusal = (bytes: Buffer) =>
    decodeFile(bytes).then(
      () => 'accepted',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );

  it('half files are truncated, not half shown', async () => {
    const samples = pattern(64 * 64 * 3);
    const source = sharp(Buffer.from(samples), { raw: { width: 64, height: 64, channels: 3 } });
    const files = [
      await source.clone().jpeg().toBuffer(),
      await source.clone().jpeg({ progressive: true }).toBuffer(),
      await source.clone().png().toBuffer(),
      await source.clone().webp().toBuffer(),
      await source.clone().tiff({ compression: 'lzw' }).toBuffer(),
    ];
    for (const file of files) {
      expect(await refusal(file.subarray(0, Math.floor(file.length / 2)))).toBe('truncatedImage');
      expect(await refusal(file.subarray(0, file.length - 20))).toBe('truncatedImage');
    }
  });

  it('a PNG with overwritten pixels is damaged', async () => {
    const png = greyPng(64, 64);
    png.fill(0xaa, 200, 260);
    expect(await refusal(png)).toBe('damagedImage');
  });

  it('a header that promises too much is refused before anything is allocated', async () => {
    const before = process.memoryUsage.rss();
    expect(await refusal(bombPng(60_000, 60_000))).toBe('imageTooLarge');
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
    expect(await refusal(bombPng(10_001, 10_000))).toBe('imageTooLarge');
  });

  it('float, signed and odd-channel TIFFs are refused rather than guessed at', async () => {
    const size = { width: 4, height: 4 };
    const float = {
      ...size,
      channels: 1,
      bits: 32,
      photometric: 1,
      sampleFormat: 3,
      samples: pattern(16),
    } as const;
    expect(await refusal(writeTiff(float))).toBe('unsupportedFormat');
    const signed = {
      ...size,
      channels: 1,
      bits: 16,
      photometric: 1,
      sampleFormat: 2,
      samples: pattern(16),
    } as const;
    expect(await refusal(writeTiff(signed))).toBe('unsupportedFormat');
  });

  it('tells other formats from what is no picture', async () => {
    expect(await refusal(Buffer.from('GIF89a............'))).toBe('unsupportedFormat');
    expect(await refusal(Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(100)]))).toBe(
      'notAnImage',
    );
    expect(await refusal(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe('notAnImage');
    expect(await refusal(Buffer.from('BMW is a car'))).toBe('notAnImage');
    expect(await refusal(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))).toBe('truncatedImage');
  });

  it('answers every mutation of every format with pixels or a code', async () => {
    const source = sharp(Buffer.from(pattern(24 * 24 * 3)), { raw: { width: 24, height: 24, channels: 3 } });
    const files = [
      await source.clone().jpeg().toBuffer(),
      await source.clone().png().toBuffer(),
      await source.clone().webp().toBuffer(),
      await source.clone().tiff({ compression: 'deflate' }).toBuffer(),
      writeTiff({ width: 8, height: 8, channels: 1, bits: 16, photometric: 1, samples: pattern(64, 65535) }),
    ];
    const draws = pattern(2 * 60 * files.length, 65535);
    let draw = 0;
    for (const file of files) {
      for (let i = 0; i < 60; i += 1) {
        const damaged = Buffer.from(file);
        damaged[draws[draw++]! % Math.min(damaged.length, 400)] = draws[draw++]! & 255;
        const answer = await decodeFile(damaged).catch((error: unknown) => error);
        if (answer instanceof Error) expect(answer).toHaveProperty('code');
      }
    }
  });
});
