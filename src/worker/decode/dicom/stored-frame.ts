import type { StoredSamples } from '../fit-samples.ts';
import { decodeCodeStream, type Compressed } from './codecs.ts';
import { readCodeStream, type CodeStream } from './code-stream.ts';
import { damaged, itemExtents, truncated, type Extent } from './data-set.ts';
import { encapsulatedFrames, joinFragments } from './encapsulated.ts';
import type { Part10 } from './open-part10.ts';
import type { PixelModule } from './pixel-module.ts';
import { decodeRle } from './rle.ts';
import type { Coding } from './transfer-syntaxes.ts';

/** A frame's samples as they were stored, before any meaning is given to them: rows top down, colours last. */
export interface StoredFrame {
  samples: StoredSamples;
  /** The colours that the samples are in, where the code stream knows better than the header. */
  photometric: string;
}

/** Reads the frames of one image. */
export interface FrameReader {
  read: (frame: number) => Promise<StoredFrame>;
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reverses the bytes of each sample, in place. */
function swap(bytes: Buffer, sampleBytes: number): void {
  if (sampleBytes === 2) bytes.swap16();
  else if (sampleBytes === 4) bytes.swap32();
  else if (sampleBytes === 8) bytes.swap64();
}

/** Typed samples from bytes of their own (not a part of the file), little-endian. */
function typed(bytes: Uint8Array, { bitsAllocated, isSigned, isFloat }: PixelModule): StoredSamples {
  const { buffer, byteOffset } = bytes;
  const sampleBytes = bitsAllocated / 8;
  const isAligned = byteOffset % sampleBytes === 0;
  const start = isAligned ? byteOffset : 0;
  const from = isAligned ? buffer : buffer.slice(byteOffset, byteOffset + bytes.length);
  if (!hostIsLittleEndian) swap(Buffer.from(from, start, bytes.length), sampleBytes);
  const length = Math.floor(bytes.length / sampleBytes);
  if (isFloat)
    return bitsAllocated === 32
      ? new Float32Array(from, start, length)
      : new Float64Array(from, start, length);
  switch (bitsAllocated) {
    case 16:
      return isSigned ? new Int16Array(from, start, length) : new Uint16Array(from, start, length);
    case 32:
      return isSigned ? new Int32Array(from, start, length) : new Uint32Array(from, start, length);
    case 64:
      return isSigned ? new BigInt64Array(from, start, length) : new BigUint64Array(from, start, length);
    default:
      return isSigned ? new Int8Array(from, start, length) : new Uint8Array(from, start, length);
  }
}

/**
 * Gives the bits above those that are used the value that they must have: the standard lets writers leave anything
 * there (PS3.5 8.1.1).
 */
function clearUnusedBits(samples: StoredSamples, used: number): void {
  const bits = samples.BYTES_PER_ELEMENT * 8;
  const shift = bits - used;
  if (shift <= 0 || samples instanceof Float32Array || samples instanceof Float64Array) return;
  if (samples instanceof BigUint64Array || samples instanceof BigInt64Array) {
    const fit = samples instanceof BigInt64Array ? BigInt.asIntN : BigInt.asUintN;
    for (let i = 0; i < samples.length; i += 1) samples[i] = fit(used, samples[i]!);
    return;
  }
  const isSigned =
    samples instanceof Int8Array || samples instanceof Int16Array || samples instanceof Int32Array;
  const unused = 32 - used;
  for (let i = 0; i < samples.length; i += 1) {
    const high = samples[i]! << unused;
    samples[i] = isSigned ? high >> unused : high >>> unused;
  }
}

/** Samples of one plane a colour, put together pixel by pixel. */
function interleave<T extends StoredSamples>(planes: T, pixels: number): T {
  const mixed = planes.slice() as T;
  for (let plane = 0; plane < 3; plane += 1) {
    for (let i = 0, to = plane; i < pixels; i += 1, to += 3) mixed[to] = planes[plane * pixels + i]!;
  }
  return mixed;
}

/** Y1 Y2 B R becomes Y1 B R Y2 B R (PS3.3 C.7.6.3.1.2). */
function widen422(pairs: Uint8Array, pixels: number): Uint8Array {
  const full = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const pair = (pixel >> 1) * 4;
    full[pixel * 3] = pairs[pair + (pixel & 1)]!;
    full[pixel * 3 + 1] = pairs[pair + 2]!;
    full[pixel * 3 + 2] = pairs[pair + 3]!;
  }
  return full;
}

function unpackBits(bytes: Buffer, firstBit: number, count: number): Uint8Array {
  const bits = new Uint8Array(count);
  for (let i = 0, bit = firstBit; i < count; i += 1, bit += 1) bits[i] = (bytes[bit >> 3]! >> (bit & 7)) & 1;
  return bits;
}

function isSubsampled({ photometric, bitsAllocated }: PixelModule): boolean {
  return (photometric === 'YBR_FULL_422' || photometric === 'YBR_PARTIAL_422') && bitsAllocated === 8;
}

/** Reads frames that stand uncompressed in the file. */
function nativeReader({ dataSet }: Part10, pixel: PixelModule): FrameReader {
  const { rows, columns, samples, bitsAllocated, bitsStored, frames, tag, photometric } = pixel;
  const { start, length, vr } = dataSet.elements.get(tag)!;
  const value = dataSet.bytes.subarray(start, start + length);
  const pixels = rows * columns;
  const isHalf = isSubsampled(pixel) && length < pixels * 3 * frames;
  const perFrame = isHalf ? Math.ceil(pixels / 2) * 4 : pixels * samples;
  const needed = Math.ceil((perFrame * bitsAllocated * frames) / 8);
  if (length < needed)
    throw truncated(
      `The DICOM file holds ${length} of the ${needed} bytes of samples that its header announces.`,
    );
  // In big endian, bytes may be stored as words: two of them changed places.
  const isSwapped = !dataSet.littleEndian && bitsAllocated === 8 && vr === 'OW';
  const frameBytes = (perFrame * bitsAllocated) / 8;
  const read = (frame: number): StoredSamples => {
    if (bitsAllocated === 1) return unpackBits(value, frame * perFrame, perFrame);
    if (isSwapped) {
      const first = frame * frameBytes;
      const even = first & ~1;
      const words = Buffer.from(value.subarray(even, (first + frameBytes + 1) & ~1));
      return typed(
        words.length % 2 === 0 ? words.swap16().subarray(first - even, first - even + frameBytes) : words,
        pixel,
      );
    }
    const bytes = new Uint8Array(value.subarray(frame * frameBytes, (frame + 1) * frameBytes));
    if (!dataSet.littleEndian) swap(Buffer.from(bytes.buffer), bitsAllocated / 8);
    return typed(bytes, pixel);
  };
  return {
    read: (frame) => {
      const stored = read(frame);
      clearUnusedBits(stored, bitsAllocated === 1 ? 8 : bitsStored);
      const full = isHalf
        ? widen422(stored as Uint8Array, pixels)
        : pixel.isPlanar
          ? interleave(stored, pixels)
          : stored;
      return Promise.resolve({ samples: full, photometric });
    },
  };
}

/** Refuses, before anything is allocated, a code stream that is another picture than the header says. */
function checkStream(stream: CodeStream, { rows, columns, samples, bitsAllocated }: PixelModule): void {
  const { width, height, components, precision } = stream;
  if (width !== columns || height !== rows || components !== samples || precision > bitsAllocated) {
    throw damaged(
      `The header says ${columns}×${rows}×${samples} samples of ${bitsAllocated} bits, the compressed picture ` +
        `${width}×${height}×${components} of ${precision}.`,
    );
  }
}

/** As many bytes a sample as are allocated; codecs give one byte where that is enough. */
function widened(decoded: Uint8Array, count: number, sampleBytes: number): Uint8Array {
  if (decoded.length === count * sampleBytes) return decoded;
  if (decoded.length === count && sampleBytes > 1) {
    const wide = new Uint8Array(count * sampleBytes);
    for (let i = 0; i < count; i += 1) wide[i * sampleBytes] = decoded[i]!;
    return wide;
  }
  throw damaged(`The compressed picture gives ${decoded.length} bytes instead of ${count * sampleBytes}.`);
}

/** A code stream may know what its colours are better than the header, which devices copy. */
function colourOf(header: string, stream: CodeStream, coding: Compressed): string {
  if (coding === 'jpeg2000' || coding === 'htJpeg2000')
    return /^YBR_(ICT|RCT)$/.test(header) ? 'RGB' : header;
  if (stream.colour === 'rgb') return 'RGB';
  return stream.colour === 'ybr' && header === 'RGB' ? 'YBR_FULL' : header;
}

/** JPEG 2000 says whether its samples are signed, JPEG-LS does not: the header's word counts (as pydicom has it). */
function mendSigns(samples: StoredSamples, stream: CodeStream, coding: Compressed, pixel: PixelModule): void {
  if (coding === 'jpegLs') {
    if (pixel.isSigned) clearUnusedBits(samples, stream.precision);
  } else if (coding !== 'jpeg') {
    if (pixel.samples === 1 && stream.isSigned !== pixel.isSigned) clearUnusedBits(samples, stream.precision);
  } else clearUnusedBits(samples, pixel.bitsStored);
}

/** Whether the end of a code stream is lacking: some decoders make up what is not there. */
function endsEarly(bytes: Buffer, coding: Compressed): boolean {
  return coding !== 'jpeg2000' && !bytes.subarray(-1024).includes(Buffer.from([0xff, 0xd9]));
}

async function decodeStream(bytes: Buffer, coding: Compressed, pixel: PixelModule): Promise<StoredFrame> {
  const stream = readCodeStream(bytes);
  if (endsEarly(bytes, coding)) throw truncated();
  checkStream(stream, pixel);
  const { rows, columns, samples, bitsAllocated, bitsStored, isSigned, photometric } = pixel;
  const decoded = await decodeCodeStream(bytes, coding, {
    width: columns,
    height: rows,
    samples,
    bitsAllocated,
    bitsStored,
    isSigned,
    photometric,
  });
  const stored = typed(widened(decoded, rows * columns * samples, bitsAllocated / 8), pixel);
  mendSigns(stored, stream, coding, pixel);
  return { samples: stored, photometric: colourOf(photometric, stream, coding) };
}

function decodeRleFrame(bytes: Buffer, pixel: PixelModule): StoredFrame {
  const { rows, columns, samples, bitsAllocated, bitsStored, photometric } = pixel;
  const stored = typed(decodeRle(bytes, rows * columns, samples, bitsAllocated / 8), pixel);
  clearUnusedBits(stored, bitsStored);
  return { samples: stored, photometric };
}

/** What samples are coded in where the file does not say it. */
function guessCoding(bytes: Buffer): Coding {
  if (bytes.length < 4) return 'native';
  if (bytes.readUInt16BE(0) === 0xff4f || bytes.toString('latin1', 4, 8) === 'jP  ') return 'jpeg2000';
  if (bytes.readUInt16BE(0) !== 0xffd8) return 'rle';
  return bytes.subarray(0, 4096).includes(Buffer.from([0xff, 0xf7])) ? 'jpegLs' : 'jpeg';
}

function encapsulatedReader({ dataSet, syntax }: Part10, pixel: PixelModule): FrameReader {
  if (pixel.bitsAllocated === 1) throw damaged('The header says compressed samples of one bit.');
  const frames: Extent[][] = encapsulatedFrames(dataSet, pixel.frames);
  return {
    read: async (frame) => {
      const bytes = joinFragments(dataSet.bytes, frames[frame]!);
      const coding = syntax && syntax.coding !== 'native' ? syntax.coding! : guessCoding(bytes);
      try {
        if (coding === 'rle' || coding === 'native') return decodeRleFrame(bytes, pixel);
        return await decodeStream(bytes, coding, pixel);
      } catch (error) {
        throw dataSet.isCut && frame === frames.length - 1 ? truncated() : error;
      }
    },
  };
}

/**
 * Reads an image's frames as they are stored.
 * @throws ReadroomError `truncatedImage`, `damagedImage`
 */
export function frameReader(part10: Part10, pixel: PixelModule): FrameReader {
  const { dataSet } = part10;
  const { isOpen, start } = dataSet.elements.get(pixel.tag)!;
  const hasItems =
    isOpen || (part10.syntax?.coding !== 'native' && itemExtents(dataSet, pixel.tag).length > 1 && start > 0);
  return hasItems ? encapsulatedReader(part10, pixel) : nativeReader(part10, pixel);
}
