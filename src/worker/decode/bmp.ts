import { ReadroomError } from '../../contract/errors.ts';
import { checkSize, flattenOnBlack, type Picture } from './picture.ts';
import { expandRunLengths } from './bmp-run-lengths.ts';

/**
 * Windows and OS/2 bitmaps. Own reader: the package for it trusts every header field before it
 * allocates, ignores the offset of the pixels and stops 4-bit pictures of odd width after one row.
 * Layout: Microsoft, "Bitmap Storage"; all numbers little-endian.
 */
interface Header {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  compression: number;
  pixels: number;
  masks: readonly [number, number, number, number];
  palette: Uint8Array;
}

const uncompressed = 0;
const runLength8 = 1;
const runLength4 = 2;
const bitFields = 3;
const alphaBitFields = 6;

function damaged(what: string): ReadroomError {
  return new ReadroomError('damagedImage', `The bitmap is damaged: ${what}.`, 'Save the picture again.');
}

function truncated(): ReadroomError {
  return new ReadroomError(
    'truncatedImage',
    'The bitmap ends before its picture is complete.',
    'Copy the file again from where it came.',
  );
}

function unsupported(what: string): ReadroomError {
  return new ReadroomError('unsupportedFormat', `A bitmap with ${what} is not read.`, 'Save it as PNG.');
}

/** Palette as RGB triples. */
function readPalette(bytes: Buffer, start: number, entries: number, entryBytes: 3 | 4): Uint8Array {
  if (start + entries * entryBytes > bytes.length) throw truncated();
  const palette = new Uint8Array(entries * 3);
  for (let i = 0; i < entries; i += 1) {
    palette[i * 3] = bytes[start + i * entryBytes + 2]!;
    palette[i * 3 + 1] = bytes[start + i * entryBytes + 1]!;
    palette[i * 3 + 2] = bytes[start + i * entryBytes]!;
  }
  return palette;
}

function readMasks(bytes: Buffer, headerSize: number, bits: number, compression: number): Header['masks'] {
  if (compression !== bitFields && compression !== alphaBitFields) {
    return bits === 16 ? [0x7c00, 0x03e0, 0x001f, 0] : [0xff0000, 0xff00, 0xff, 0];
  }
  if (bytes.length < 70) throw truncated();
  const hasAlpha = compression === alphaBitFields || headerSize >= 56;
  return [
    bytes.readUInt32LE(54),
    bytes.readUInt32LE(58),
    bytes.readUInt32LE(62),
    hasAlpha ? bytes.readUInt32LE(66) : 0,
  ];
}

function readHeader(bytes: Buffer): Header {
  if (bytes.length < 26) throw truncated();
  const headerSize = bytes.readUInt32LE(14);
  const core = headerSize === 12;
  if (bytes.length < 14 + headerSize) throw truncated();
  const signedHeight = core ? bytes.readUInt16LE(20) : bytes.readInt32LE(22);
  const width = core ? bytes.readUInt16LE(18) : bytes.readInt32LE(18);
  const bits = bytes.readUInt16LE(core ? 24 : 28);
  const compression = headerSize >= 40 ? bytes.readUInt32LE(30) : uncompressed;
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw unsupported(`${bits} bits a pixel`);
  if (width <= 0 || signedHeight === 0) throw damaged(`its header says ${width}×${signedHeight} pixels`);
  checkSize(width, Math.abs(signedHeight), bits === 32 ? 4 : 3, 1);
  const allowed: Record<number, readonly number[]> = {
    [uncompressed]: [1, 4, 8, 16, 24, 32],
    [runLength8]: [8],
    [runLength4]: [4],
    [bitFields]: [16, 32],
    [alphaBitFields]: [16, 32],
  };
  if (!allowed[compression]?.includes(bits))
    throw unsupported(`compression ${compression} at ${bits} bits a pixel`);

  const masksAfterHeader =
    headerSize === 40 ? ({ [bitFields]: 12, [alphaBitFields]: 16 }[compression] ?? 0) : 0;
  const declared = headerSize >= 40 ? bytes.readUInt32LE(46) : 0;
  const entries = bits > 8 ? 0 : declared > 0 && declared < 1 << bits ? declared : 1 << bits;
  return {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits,
    compression,
    pixels: bytes.readUInt32LE(10),
    masks: readMasks(bytes, headerSize, bits, compression),
    palette: readPalette(bytes, 14 + headerSize + masksAfterHeader, entries, core ? 3 : 4),
  };
}

/** One palette index a pixel, in the file's row order. */
function readIndices(bytes: Buffer, header: Header): Uint8Array {
  const { width, height, bits } = header;
  if (header.compression === runLength8 || header.compression === runLength4) {
    return expandRunLengths(bytes.subarray(header.pixels), width, height, bits === 4, truncated);
  }
  const stride = ((bits * width + 31) >>> 5) * 4;
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const byte = bytes[header.pixels + y * stride + Math.floor(x / perByte)]!;
      indices[y * width + x] = (byte >> (8 - bits * ((x % perByte) + 1))) & mask;
    }
  }
  return indices;
}

/** A reader of one channel out of a packed pixel: its bits stretched to 0–255, rounded half up. */
function channelReader(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const highest = mask >>> shift;
  return (pixel) => Math.floor((((pixel & mask) >>> shift) * 510 + highest) / (2 * highest));
}

/** Whole bytes a channel and no alpha, the usual case: copied without looking at masks. */
function decodeBytes(bytes: Buffer, header: Header): Uint8Array {
  const { width, height, bits } = header;
  const stride = ((bits * width + 31) >>> 5) * 4;
  const samples = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    let from = header.pixels + y * stride;
    let to = (header.topDown ? y : height - 1 - y) * width * 3;
    for (let x = 0; x < width; x += 1, to += 3, from += bits / 8) {
      samples[to] = bytes[from + 2]!;
      samples[to + 1] = bytes[from + 1]!;
      samples[to + 2] = bytes[from]!;
    }
  }
  return samples;
}

function decodePacked(bytes: Buffer, header: Header): Uint8Array {
  const { width, height, bits, masks } = header;
  const [red, green, blue, alpha] = masks.map(channelReader) as [
    (pixel: number) => number,
    (pixel: number) => number,
    (pixel: number) => number,
    (pixel: number) => number,
  ];
  const stride = ((bits * width + 31) >>> 5) * 4;
  const withAlpha = masks[3] !== 0;
  const channels = withAlpha ? 4 : 3;
  const samples = new Uint8Array(width * height * channels);
  let anyAlpha = false;
  for (let y = 0; y < height; y += 1) {
    const row = header.pixels + y * stride;
    let to = (header.topDown ? y : height - 1 - y) * width * channels;
    for (let x = 0; x < width; x += 1, to += channels) {
      const at = row + (x * bits) / 8;
      const pixel = bits === 16 ? bytes.readUInt16LE(at) : bytes.readUInt32LE(at);
      samples[to] = red(pixel);
      samples[to + 1] = green(pixel);
      samples[to + 2] = blue(pixel);
      if (withAlpha) anyAlpha = (samples[to + 3] = alpha(pixel)) > 0 || anyAlpha;
    }
  }
  if (!withAlpha) return samples;
  // Many programs declare an alpha mask and leave it empty: such a picture is opaque, not invisible.
  if (!anyAlpha) for (let i = 3; i < samples.length; i += 4) samples[i] = 255;
  return flattenOnBlack(samples, 4);
}

function decodePalette(bytes: Buffer, header: Header): Uint8Array {
  const { width, height, palette } = header;
  const indices = readIndices(bytes, header);
  const samples = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    let to = (header.topDown ? y : height - 1 - y) * width * 3;
    for (let x = 0; x < width; x += 1, to += 3) {
      const entry = indices[y * width + x]! * 3;
      if (entry >= palette.length)
        throw damaged(`a pixel names colour ${entry / 3} of ${palette.length / 3}`);
      samples[to] = palette[entry]!;
      samples[to + 1] = palette[entry + 1]!;
      samples[to + 2] = palette[entry + 2]!;
    }
  }
  return samples;
}

/** Decodes a bitmap of 1, 4, 8, 16, 24 or 32 bits, with or without run lengths, either row order. */
export function decodeBmp(bytes: Buffer): Picture {
  const header = readHeader(bytes);
  const { width, height, bits } = header;
  const compressed = header.compression === runLength8 || header.compression === runLength4;
  const stride = ((bits * width + 31) >>> 5) * 4;
  // The last row's padding is often left out.
  const lastByte = header.pixels + stride * (height - 1) + Math.ceil((bits * width) / 8);
  if (!compressed && lastByte > bytes.length) throw truncated();
  const wholeBytes = bits === 24 || (bits === 32 && header.compression === uncompressed);
  const decode = bits <= 8 ? decodePalette : wholeBytes ? decodeBytes : decodePacked;
  const samples = decode(bytes, header);
  return { width, height, channels: 3, bitDepth: 8, samples, display: null };
}
