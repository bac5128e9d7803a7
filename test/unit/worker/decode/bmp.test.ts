import { describe, expect, it } from 'vitest';

import { decodeBmp } from '../../../../src/worker/decode/bmp.ts';
import { writeBmp, type BmpOptions } from '../../../support/picture-files.ts';

const black = [0, 0, 0] as const;
const red = [255, 0, 0] as const;
const green = [0, 255, 0] as const;
const blue = [0, 0, 255] as const;
const palette = [black, red, green, blue];
const pack = ([r, g, b]: readonly [number, number, number]): number => (r << 16) | (g << 8) | b;

/** Top row red green blue, bottom row blue black red: 3 wide, so that every depth has padding. */
const upright = [red, green, blue, blue, black, red].flat();
const indices = [
  [3, 0, 1],
  [1, 2, 3],
];

const decode = (options: BmpOptions): number[] => [...decodeBmp(writeBmp(options)).samples];
const refusal = (bytes: Buffer): string => {
  try {
    decodeBmp(bytes);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'accepted';
};

describe('bitmaps', () => {
  it('reads 4 and 8 bits with odd widths, which end mid-byte', () => {
    for (const bits of [4, 8] as const) {
      expect(decode({ width: 3, height: 2, bits, palette, rows: indices })).toEqual(upright);
    }
  });

  it('reads single bits', () => {
    const rows = [[1, 0, 1, 1, 0, 0, 0, 0, 1]];
    const samples = decode({ width: 9, height: 1, bits: 1, palette: [black, green], rows });
    expect(samples).toEqual(rows[0]!.flatMap((bit) => (bit ? green : black)));
  });

  it('reads 24 and 32 bits, bottom-up and top-down', () => {
    const rows = indices.map((row) => row.map((index) => pack(palette[index]!)));
    for (const bits of [24, 32] as const) {
      expect(decode({ width: 3, height: 2, bits, rows })).toEqual(upright);
      expect(decode({ width: 3, height: 2, bits, rows: rows.toReversed(), topDown: true })).toEqual(upright);
    }
  });

  it('stretches 5-5-5 and 5-6-5 to the full range', () => {
    expect(decode({ width: 1, height: 1, bits: 16, rows: [[0x7fff]] })).toEqual([255, 255, 255]);
    const masks = [0xf800, 0x07e0, 0x001f];
    expect(decode({ width: 2, height: 1, bits: 16, rows: [[0xf800, 0x07e0]], masks })).toEqual([
      ...red,
      ...green,
    ]);
  });

  it('lays alpha over black, but takes an empty alpha mask for opaque', () => {
    const masks = [0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000];
    const compression = 6;
    const bytes = (alpha: number): number[] => [10, 20, 200, alpha, 10, 20, 200, 0];
    const options = { width: 2, height: 1, bits: 32, rows: [], masks } as const;
    expect(decode({ ...options, compressed: { compression, data: bytes(255) } })).toEqual([
      200, 20, 10, 0, 0, 0,
    ]);
    expect(decode({ ...options, compressed: { compression, data: bytes(0) } })).toEqual([
      200, 20, 10, 200, 20, 10,
    ]);
  });

  it('expands run lengths of 8 and 4 bits with literals and jumps', () => {
    // Bottom row: blue, black, red literally; then row end; top row: red, green, blue.
    const eight = [0, 3, 3, 0, 1, 0, 0, 0, 1, 1, 1, 2, 1, 3, 0, 1];
    const four = [0, 3, 0x30, 0x10, 0, 0, 3, 0x12, 0, 0, 0, 1];
    const options = { width: 3, height: 2, palette, rows: [] };
    expect(decode({ ...options, bits: 8, compressed: { compression: 1, data: eight } })).toEqual(upright);
    const fromFour = decode({ ...options, bits: 4, compressed: { compression: 2, data: four } });
    expect(fromFour.slice(9)).toEqual(upright.slice(9));
    expect(fromFour.slice(0, 6)).toEqual([...red, ...green]);
    const jump = [0, 2, 2, 1, 1, 1, 0, 1];
    const jumped = decode({ ...options, bits: 8, compressed: { compression: 1, data: jump } });
    expect(jumped).toEqual([black, black, red, black, black, black].flat());
  });

  it('refuses hostile headers before allocating', () => {
    const sound = writeBmp({ width: 3, height: 2, bits: 24, rows: [[], []] });
    const withSize = (width: number, height: number): Buffer => {
      const bytes = Buffer.from(sound);
      bytes.writeInt32LE(width, 18);
      bytes.writeInt32LE(height, 22);
      return bytes;
    };
    expect(refusal(withSize(60_000, 60_000))).toBe('imageTooLarge');
    expect(refusal(withSize(0x7fffffff, -0x80000000))).toBe('imageTooLarge');
    expect(refusal(withSize(-5, 5))).toBe('damagedImage');
    expect(refusal(withSize(5, 0))).toBe('damagedImage');
    expect(refusal(withSize(300, 300))).toBe('truncatedImage');
    expect(refusal(sound.subarray(0, 40))).toBe('truncatedImage');
    const far = Buffer.from(sound);
    far.writeUInt32LE(0xffffffff, 10);
    expect(refusal(far)).toBe('truncatedImage');
    const manyColours = writeBmp({ width: 3, height: 2, bits: 8, palette: [black, red], rows: indices });
    expect(refusal(manyColours)).toBe('damagedImage');
    const endless = writeBmp({
      width: 3,
      height: 2,
      bits: 8,
      palette,
      rows: [],
      compressed: { compression: 1, data: [3, 1] },
    });
    expect(refusal(endless)).toBe('truncatedImage');
  });
});
