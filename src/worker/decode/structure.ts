import type { PlainFormat } from './sniff.ts';
import { tiffNumbers } from './tiff-structure.ts';

function pngEndsEarly(bytes: Buffer): boolean {
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return false;
    at += 12 + length;
  }
  return true;
}

const tiffOffsetTags = [273, 324];
const tiffCountTags = [279, 325];
/** Bytes of one value of TIFF's field types 1 to 13. */
const tiffTypeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

/** Where the first directory, the values that it points to, and its strips or tiles end. */
function tiffEnd(bytes: Buffer): number {
  const { u16, u32 } = tiffNumbers(bytes);
  if (u16(2) !== 42) return 0;
  const directory = u32(4);
  const entries = u16(directory);
  let end = directory + 2 + 12 * entries;
  let offsets: number[] = [];
  let counts: number[] = [];
  for (let entry = directory + 2; entry < directory + 2 + 12 * entries; entry += 12) {
    const tag = u16(entry);
    const valueBytes = tiffTypeBytes[u16(entry + 2)] ?? 0;
    const count = u32(entry + 4);
    const start = count * valueBytes <= 4 ? entry + 8 : u32(entry + 8);
    end = Math.max(end, start + count * valueBytes);
    const isOffsets = tiffOffsetTags.includes(tag);
    if (end > bytes.length || !(isOffsets || tiffCountTags.includes(tag))) continue;
    const values = Array.from({ length: count }, (_, n) =>
      valueBytes === 2 ? u16(start + n * 2) : u32(start + n * 4),
    );
    if (isOffsets) offsets = values;
    else counts = values;
  }
  return offsets.reduce((last, offset, i) => Math.max(last, offset + (counts[i] ?? 0)), end);
}

function tiffEndsEarly(bytes: Buffer): boolean {
  try {
    return tiffEnd(bytes) > bytes.length;
  } catch {
    // A number was to be read from behind the end.
    return true;
  }
}

/** Whether a file that could not be decoded stops short of the end that its own structure announces. */
export function endsEarly(bytes: Buffer, format: PlainFormat): boolean {
  switch (format) {
    case 'png':
      return pngEndsEarly(bytes);
    case 'jpeg':
      return !bytes.subarray(-65536).includes(Buffer.from([0xff, 0xd9]));
    case 'webp':
      return bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length;
    case 'tiff':
      return tiffEndsEarly(bytes);
    case 'bmp':
      return false;
  }
}
