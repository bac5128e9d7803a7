import { ReadroomError } from '../../contract/errors.ts';

/** A TIFF's numbers in its byte order. They throw behind the end of the file. */
export interface TiffNumbers {
  u16(at: number): number;
  u32(at: number): number;
  /** Exact up to 2⁵³. */
  u64(at: number): number;
}

/** By the order that its first two bytes name; little-endian where they name none. */
export function tiffNumbers(bytes: Buffer): TiffNumbers {
  if (bytes[0] === 0x4d) {
    return {
      u16: (at) => bytes.readUInt16BE(at),
      u32: (at) => bytes.readUInt32BE(at),
      u64: (at) => Number(bytes.readBigUInt64BE(at)),
    };
  }
  return {
    u16: (at) => bytes.readUInt16LE(at),
    u32: (at) => bytes.readUInt32LE(at),
    u64: (at) => Number(bytes.readBigUInt64LE(at)),
  };
}

/** Finding a page goes through the directories before it: with many more, a file would take hours. */
const mostPages = 5000;
const newSubfileTypeTag = 254;
const oldSubfileTypeTag = 255;
const shortType = 3;
/** Bits of NewSubfileType: a smaller copy of another picture, and its mask of transparency. */
const reducedOrMask = 0b101;
const oldReduced = 2;

/** Whether a directory holds a picture of its own, and where the next one is; 0 for the last. */
interface Directory {
  isPicture: boolean;
  next: number;
}

function readDirectory({ u16, u32, u64 }: TiffNumbers, isBig: boolean, at: number): Directory {
  const entries = isBig ? u64(at) : u16(at);
  const [first, size, value] = isBig ? [at + 8, 20, 12] : [at + 2, 12, 8];
  const end = first + entries * size;
  const next = isBig ? u64(end) : u32(end);
  for (let entry = first; entry < end; entry += size) {
    const tag = u16(entry);
    // They stand in ascending order.
    if (tag > oldSubfileTypeTag) break;
    const type = u16(entry + 2) === shortType ? u16(entry + value) : u32(entry + value);
    if (tag === newSubfileTypeTag && (type & reducedOrMask) !== 0) return { isPicture: false, next };
    if (tag === oldSubfileTypeTag && type === oldReduced) return { isPicture: false, next };
  }
  return { isPicture: true, next };
}

/**
 * Places of the pages of a TIFF that are pictures of their own, counted from 0: the first one, and all others that are
 * neither a smaller copy nor a mask.
 * @throws ReadroomError `imageTooLarge` for more pages than are read
 */
export function tiffPages(bytes: Buffer): number[] {
  const numbers = tiffNumbers(bytes);
  const isBig = bytes.length >= 16 && numbers.u16(2) === 43;
  const seen = new Set<number>();
  const pages = [0];
  try {
    let at = isBig ? numbers.u64(8) : numbers.u32(4);
    for (let place = 0; at !== 0 && !seen.has(at); place += 1) {
      if (place > mostPages) break;
      seen.add(at);
      const { isPicture, next } = readDirectory(numbers, isBig, at);
      if (isPicture && place > 0) pages.push(place);
      at = next;
    }
  } catch (error) {
    // A directory lies behind the end. What cannot be read of the first page, its decoding tells.
    if (!(error instanceof RangeError)) throw error;
  }
  if (seen.size > mostPages) {
    throw new ReadroomError(
      'imageTooLarge',
      `The TIFF has more than ${mostPages} pages.`,
      'Cut it into several files.',
    );
  }
  return pages;
}
