import { crc32 } from 'node:zlib';

import { ReadroomError } from '../../contract/errors.ts';
import { checkSize } from './picture.ts';
import { inflated, unfilter } from './plain-png.ts';

const signatureBytes = 8;
/** Length, type and check sum around a chunk's data. */
const frameBytes = 12;
const [grey, palette] = [0, 3];

interface Header {
  width: number;
  height: number;
  bitDepth: number;
}

/**
 * The samples of a PNG as they stand in the file, a byte each: of a palette the entries' numbers, of grey of fewer than
 * 8 bit the values, which a decoder for looking at would spread from black to white. Null for every other PNG.
 *
 * @throws ReadroomError `unsupportedFormat` (interlaced), `damagedImage`, `imageTooLarge`
 */
export function decodeIndexedPng(
  bytes: Buffer,
): { width: number; height: number; values: Uint8Array } | null {
  const header = readHeader(bytes);
  if (!header) return null;
  const { width, height, bitDepth } = header;
  checkSize(width, height, 1, 1);
  const rowBytes = Math.ceil((width * bitDepth) / 8);
  const data = imageData(bytes);
  const rows = data && inflated(data, height * (rowBytes + 1));
  if (!rows || !unfilter(rows, rowBytes, height, 1)) {
    throw new ReadroomError('damagedImage', 'The PNG is damaged.', 'Save the picture again.');
  }
  const values = new Uint8Array(width * height);
  const highest = 2 ** bitDepth - 1;
  for (let y = 0, at = 0; y < height; y += 1) {
    const start = y * (rowBytes + 1) + 1;
    for (let x = 0; x < width; x += 1, at += 1) {
      const bit = x * bitDepth;
      values[at] = (rows[start + (bit >> 3)]! >> (8 - bitDepth - (bit & 7))) & highest;
    }
  }
  return { width, height, values };
}

/** Null unless samples are entries of a palette, or grey of fewer than 8 bit. */
function readHeader(bytes: Buffer): Header | null {
  if (bytes.length < signatureBytes + frameBytes + 13) return null;
  const content = bytes.subarray(signatureBytes + 8, signatureBytes + 8 + 13);
  const [bitDepth, colour, , , interlace] = content.subarray(8) as unknown as number[];
  if (colour !== palette && !(colour === grey && bitDepth! < 8)) return null;
  if (interlace !== 0) {
    throw new ReadroomError(
      'unsupportedFormat',
      'The PNG is interlaced.',
      'Save the mask without interlacing.',
    );
  }
  return { width: content.readUInt32BE(0), height: content.readUInt32BE(4), bitDepth: bitDepth! };
}

/** Null where a chunk is cut off or damaged. */
function imageData(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = signatureBytes; at + frameBytes <= bytes.length;) {
    const end = at + frameBytes + bytes.readUInt32BE(at);
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      return null;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') parts.push(bytes.subarray(at + 8, end - 4));
    if (type === 'IEND') return Buffer.concat(parts);
    at = end;
  }
  return null;
}
