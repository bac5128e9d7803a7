import { crc32, deflateSync } from 'node:zlib';

/** A picture whose every sample is known, so that a decoder's answer can be compared to the last bit. */
export function pattern(length: number, highest = 255): number[] {
  return Array.from({ length }, (_, i) => (i * 7919 + (i >> 3) * 104729) % (highest + 1));
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

export interface PngOptions {
  width: number;
  height: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  colourType: 0 | 2 | 3 | 4 | 6;
  bits: 1 | 8 | 16;
  samples: readonly number[];
  palette?: readonly number[];
}

/** A PNG with no filter; 1-bit rows are packed from samples of 0 and 1. */
export function writePng({ width, height, colourType, bits, samples, palette }: PngOptions): Buffer {
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colourType];
  const rowBytes = Math.ceil((width * channels * bits) / 8);
  const rows = Buffer.alloc(height * (rowBytes + 1));
  samples.forEach((sample, i) => {
    const y = Math.floor(i / (width * channels));
    const x = i % (width * channels);
    const row = y * (rowBytes + 1) + 1;
    if (bits === 16) rows.writeUInt16BE(sample, row + 2 * x);
    else if (bits === 8) rows[row + x] = sample;
    else rows[row + (x >> 3)]! |= sample << (7 - (x & 7));
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colourType, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...(palette ? [pngChunk('PLTE', Buffer.from(palette))] : []),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

export function greyPng(width: number, height: number, samples = pattern(width * height)): Buffer {
  return writePng({ width, height, colourType: 0, bits: 8, samples });
}

/** A sound PNG whose header claims another size: the pixels never come. */
export function bombPng(width: number, height: number): Buffer {
  const png = greyPng(4, 4);
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

export interface TiffOptions {
  width: number;
  height: number;
  channels: number;
  bits: 8 | 16 | 32;
  /** 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK. */
  photometric: number;
  /** 1 unsigned, 2 signed, 3 floating point. */
  sampleFormat?: number;
  samples: readonly number[];
  description?: string;
  orientation?: number;
  /** Bits of NewSubfileType: 1 a smaller copy, 4 a mask. */
  subfileType?: number;
}

/** An uncompressed little-endian TIFF of one strip. */
export const writeTiff = (options: TiffOptions): Buffer => writeTiffPages([options]);

/** An uncompressed little-endian TIFF, each page of one strip. */
export function writeTiffPages(pages: readonly TiffOptions[]): Buffer {
  const file: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let pointer = { buffer: file[0]!, at: 4 };
  let length = 8;
  for (const page of pages) {
    const { bytes, directoryAt } = tiffPage(page, length);
    pointer.buffer.writeUInt32LE(directoryAt, pointer.at);
    pointer = { buffer: bytes, at: bytes.length - 4 };
    length += bytes.length;
    file.push(bytes);
  }
  return Buffer.concat(file);
}

/** A page that begins at `start` of its file, with its directory last, which ends with where the next one is. */
function tiffPage(options: TiffOptions, start: number): { bytes: Buffer; directoryAt: number } {
  const { width, height, channels, bits, photometric, sampleFormat = 1, samples, orientation = 1 } = options;
  const pixels = Buffer.alloc((samples.length * bits) / 8);
  samples.forEach((sample, i) => {
    if (bits === 8) pixels[i] = sample;
    else if (bits === 16) pixels.writeUInt16LE(sample, 2 * i);
    else pixels.writeFloatLE(sample, 4 * i);
  });
  const description = Buffer.from(`${options.description ?? 'test'}\0`);
  const bitsAt = pixels.length + (pixels.length % 2);
  const descriptionAt = bitsAt + 2 * channels;
  const directoryAt = descriptionAt + description.length + (description.length % 2);
  const short = 3;
  const long = 4;
  const entries: [number, number, number, number][] = [
    ...(options.subfileType === undefined
      ? []
      : [[254, long, 1, options.subfileType] as [number, number, number, number]]),
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, channels, channels <= 2 ? bits | (channels === 2 ? bits << 16 : 0) : start + bitsAt],
    [259, short, 1, 1],
    [262, short, 1, photometric],
    [270, 2, description.length, start + descriptionAt],
    [273, long, 1, start],
    [274, short, 1, orientation],
    [277, short, 1, channels],
    [278, long, 1, height],
    [279, long, 1, pixels.length],
    [339, short, 1, sampleFormat],
  ];
  const bytes = Buffer.alloc(directoryAt + 2 + entries.length * 12 + 4);
  pixels.copy(bytes);
  for (let i = 0; i < channels; i += 1) bytes.writeUInt16LE(bits, bitsAt + 2 * i);
  description.copy(bytes, descriptionAt);
  bytes.writeUInt16LE(entries.length, directoryAt);
  entries.forEach(([tag, type, count, value], i) => {
    const at = directoryAt + 2 + 12 * i;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  });
  return { bytes, directoryAt: start + directoryAt };
}

export interface BmpOptions {
  width: number;
  height: number;
  bits: 1 | 4 | 8 | 16 | 24 | 32;
  /** Rows as they stand in the file, without padding: palette indices, or packed pixels. */
  rows: readonly (readonly number[])[];
  palette?: readonly (readonly [number, number, number])[];
  topDown?: boolean;
  /** Whole pixel data instead of rows, with its compression number. */
  compressed?: { compression: number; data: readonly number[] };
  masks?: readonly number[];
}

/** A bitmap with a BITMAPINFOHEADER. */
export function writeBmp(options: BmpOptions): Buffer {
  const { width, height, bits, rows, palette = [], topDown = false, compressed, masks = [] } = options;
  const stride = Math.ceil((bits * width) / 32) * 4;
  const pixels = compressed ? Buffer.from(compressed.data) : Buffer.alloc(stride * rows.length);
  if (!compressed) {
    rows.forEach((row, y) => {
      row.forEach((pixel, x) => {
        const at = y * stride + Math.floor((x * bits) / 8);
        if (bits < 8) pixels[at]! |= pixel << (8 - bits - ((x * bits) % 8));
        else pixels.writeUIntLE(pixel, at, bits / 8);
      });
    });
  }
  const header = Buffer.alloc(54 + masks.length * 4 + palette.length * 4);
  header.write('BM', 'latin1');
  header.writeUInt32LE(header.length + pixels.length, 2);
  header.writeUInt32LE(header.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(topDown ? -height : height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compressed?.compression ?? (masks.length > 0 ? 3 : 0), 30);
  header.writeUInt32LE(palette.length, 46);
  masks.forEach((mask, i) => header.writeUInt32LE(mask, 54 + 4 * i));
  palette.forEach(([red, green, blue], i) =>
    header.set([blue, green, red, 0], 54 + masks.length * 4 + 4 * i),
  );
  return Buffer.concat([header, pixels]);
}
