import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';

import { readJpegHeader } from '../../../../src/worker/decode/jpeg-header.ts';
import { pattern } from '../../../support/picture-files.ts';

function drawn(width: number, height: number, channels: 1 | 3): Sharp {
  const samples = Buffer.from(pattern(width * height * channels));
  const picture = sharp(samples, { raw: { width, height, channels } });
  return channels === 1 ? picture.toColourspace('b-w') : picture;
}

const withOrientation = { IFD0: { Orientation: '6' } };

describe('the header of a JPEG', () => {
  it('says of a plain one what libvips says', async () => {
    const files = [
      drawn(31, 17, 1).jpeg(),
      drawn(31, 17, 3).jpeg(),
      drawn(300, 1, 3).jpeg({ chromaSubsampling: '4:4:4' }),
      drawn(64, 70, 1).jpeg({ progressive: true }),
      drawn(64, 70, 3).jpeg({ mozjpeg: true }),
      drawn(64, 70, 3).withIccProfile('p3').jpeg(),
    ];
    for (const file of files) {
      const bytes = await file.toBuffer();
      const { width, height, channels, space, depth, hasAlpha } = await sharp(bytes).metadata();
      expect({ space, depth, hasAlpha }).toEqual({
        space: channels === 1 ? 'b-w' : 'srgb',
        depth: 'uchar',
        hasAlpha: false,
      });
      expect(readJpegHeader(bytes)).toEqual({ width, height, channels });
    }
  });

  it('is left to libvips where there is EXIF, another colour space, or damage', async () => {
    const plain = await drawn(31, 17, 1).jpeg().toBuffer();
    const scan = plain.indexOf(Buffer.from([0xff, 0xda]));
    const frame = plain.indexOf(Buffer.from([0xff, 0xc0]));
    const changed = (at: number, value: number): Buffer => {
      const bytes = Buffer.from(plain);
      bytes[at] = value;
      return bytes;
    };
    const others: Record<string, Buffer> = {
      sideways: await drawn(31, 17, 1).withExif(withOrientation).jpeg().toBuffer(),
      CMYK: await drawn(31, 17, 3).toColourspace('cmyk').jpeg().toBuffer(),
      'cut off in its header': plain.subarray(0, scan),
      'arithmetic coding': changed(frame + 1, 0xc9),
      '12 bit': changed(frame + 4, 12),
      'a segment without a length': changed(frame + 3, 0),
      'no height': plain.with(frame + 5, 0).with(frame + 6, 0) as Buffer,
      'two frames': Buffer.concat([
        plain.subarray(0, scan),
        plain.subarray(frame, scan),
        plain.subarray(scan),
      ]),
      nothing: Buffer.from([0xff, 0xd8, 0xff]),
    };
    for (const [name, bytes] of Object.entries(others))
      expect(readJpegHeader(Buffer.from(bytes)), name).toBeNull();
  });
});
