import { crc32, inflateSync } from 'node:zlib';

import type { Picture } from './picture.ts';

/** Up to here reading a picture in JavaScript takes less time than setting libvips up for it. */
const mostPixels = 256 * 256;
const signatureBytes = 8;
/** Length, type and check sum around a chunk's data. */
const frameBytes = 12;

interface Header {
  width: number;
  height: number;
  channels: 1 | 3;
  bitDepth: 8 | 16;
}

/**
 * A small PNG of the plainest kind, as most data sets of small pictures hold: grey or colour, 8 or 16 bit, not
 * interlaced, nothing beside the samples but the resolution. Null for every other one, damaged ones included: what is
 * to be said of them is libvips' word.
 */
export function decodePlainPng(bytes: Buffer): Picture | null {
  const found = readChunks(bytes);
  if (!found) return null;
  const { header, data } = found;
  const { width, height, channels, bitDepth } = header;
  const rowBytes = width * channels * (bitDepth / 8);
  const rows = inflated(data, height * (rowBytes + 1));
  if (!rows || !unfilter(rows, rowBytes, height, channels * (bitDepth / 8))) return null;
  return { ...header, samples: samplesOf(rows, rowBytes, height, bitDepth), display: null };
}

function readChunks(bytes: Buffer): { header: Header; data: Buffer } | null {
  let header: Header | null = null;
  const data: Buffer[] = [];
  for (let at = signatureBytes; at + frameBytes <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const end = at + frameBytes + length;
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      return null;
    const type = bytes.toString('latin1', at + 4, at + 8);
    const content = bytes.subarray(at + 8, end - 4);
    at = end;
    if (type === 'IEND') {
      const isWhole = header !== null && data.length > 0 && length === 0 && end === bytes.length;
      return isWhole ? { header: header!, data: data.length === 1 ? data[0]! : Buffer.concat(data) } : null;
    }
    if (type === 'IDAT' && header) data.push(content);
    else if (type === 'IHDR' && !header) header = readHeader(content);
    else if (type !== 'pHYs' || length !== 9 || data.length > 0) return null;
    if (!header) return null;
  }
  return null;
}

function readHeader(content: Buffer): Header | null {
  if (content.length !== 13) return null;
  const width = content.readUInt32BE(0);
  const height = content.readUInt32BE(4);
  const [bitDepth, colour, compression, filter, interlace] = content.subarray(8);
  const isPlain =
    (bitDepth === 8 || bitDepth === 16) &&
    (colour === 0 || colour === 2) &&
    compression === 0 &&
    filter === 0 &&
    interlace === 0;
  if (!isPlain || width === 0 || height === 0 || width * height > mostPixels) return null;
  return { width, height, channels: colour === 0 ? 1 : 3, bitDepth };
}

/** Null unless all of the data is one stream of exactly so many bytes. */
export function inflated(data: Buffer, length: number): Buffer | null {
  try {
    const { buffer, engine } = inflateSync(data, { info: true, maxOutputLength: length }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return buffer.length === length && engine.bytesWritten === data.length ? buffer : null;
  } catch {
    return null;
  }
}

/** Undoes the filters of PNG (ISO/IEC 15948, 9.2) in place; false for one that does not exist. */
export function unfilter(rows: Buffer, rowBytes: number, height: number, pixelBytes: number): boolean {
  for (let y = 0; y < height; y += 1) {
    const start = y * (rowBytes + 1) + 1;
    const filter = rows[start - 1]!;
    if (filter > 4) return false;
    if (filter === 0) continue;
    const hasAbove = y > 0;
    for (let i = 0; i < rowBytes; i += 1) {
      const at = start + i;
      const left = i < pixelBytes ? 0 : rows[at - pixelBytes]!;
      const above = hasAbove ? rows[at - rowBytes - 1]! : 0;
      const corner = hasAbove && i >= pixelBytes ? rows[at - rowBytes - 1 - pixelBytes]! : 0;
      rows[at]! += predicted(filter, left, above, corner);
    }
  }
  return true;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function samplesOf(rows: Buffer, rowBytes: number, height: number, bitDepth: 8 | 16): Picture['samples'] {
  const samples = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y += 1) {
    const start = y * (rowBytes + 1) + 1;
    samples.set(rows.subarray(start, start + rowBytes), y * rowBytes);
  }
  if (bitDepth === 8) return samples;
  const wide = new Uint16Array(samples.length / 2);
  for (let i = 0; i < wide.length; i += 1) wide[i] = samples[2 * i]! * 256 + samples[2 * i + 1]!;
  return wide;
}
