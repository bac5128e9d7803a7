import { deflateRawSync } from 'node:zlib';

import { tags } from '../../src/worker/decode/dicom/tags.ts';

/** A value as the VR has it: text, numbers, bytes, items of a sequence, or fragments of encapsulated pixel data. */
export type Value =
  | string
  | number
  | readonly number[]
  | Buffer
  | { items: readonly Elements[]; isOpen?: boolean }
  | { fragments: readonly Buffer[]; offsets?: readonly number[] };

/** Elements in the order of their tags: tag, VR, value. */
export type Elements = readonly (readonly [tag: number, vr: string, value: Value])[];

export const syntaxUids = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
  rle: '1.2.840.10008.1.2.5',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegExtended: '1.2.840.10008.1.2.4.51',
  jpegLossless: '1.2.840.10008.1.2.4.70',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  htJpeg2000: '1.2.840.10008.1.2.4.201',
} as const;
export type Syntax = keyof typeof syntaxUids;

interface Coding {
  littleEndian: boolean;
  explicit: boolean;
}

const longVrs = ['OB', 'OD', 'OF', 'OW', 'SQ', 'UN', 'UT'];
const sizes: Readonly<Record<string, number>> = {
  US: 2,
  SS: 2,
  OW: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  OF: 4,
  FD: 8,
  OD: 8,
};

function numberBytes(vr: string, numbers: readonly number[], little: boolean): Buffer {
  const size = sizes[vr] ?? 1;
  const bytes = new DataView(new ArrayBuffer(numbers.length * size));
  numbers.forEach((number, i) => {
    const at = i * size;
    if (vr === 'FL' || vr === 'OF') bytes.setFloat32(at, number, little);
    else if (vr === 'FD' || vr === 'OD') bytes.setFloat64(at, number, little);
    else if (size === 1) bytes.setUint8(at, number);
    else if (size === 2) bytes.setUint16(at, number & 0xffff, little);
    else bytes.setUint32(at, number >>> 0, little);
  });
  return Buffer.from(bytes.buffer);
}

function tagBytes(tag: number, { littleEndian }: Coding): Buffer {
  return numberBytes('US', [Math.floor(tag / 65536), tag % 65536], littleEndian);
}

function item(tag: number, content: Buffer | null, coding: Coding, isOpen = false): Buffer {
  const length = isOpen ? 0xffffffff : (content?.length ?? 0);
  const parts = [
    tagBytes(tag, coding),
    numberBytes('UL', [length], coding.littleEndian),
    content ?? Buffer.alloc(0),
  ];
  return Buffer.concat(isOpen ? [...parts, item(0xfffee00d, null, coding)] : parts);
}

function even(bytes: Buffer, padding: number): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([padding])]);
}

function valueBytes(vr: string, value: Value, coding: Coding): Buffer {
  if (Buffer.isBuffer(value)) return even(value, 0);
  if (typeof value === 'string') return even(Buffer.from(value, 'latin1'), vr === 'UI' ? 0 : 32);
  if (typeof value === 'number') return numberBytes(vr, [value], coding.littleEndian);
  if ('items' in value) {
    const { items, isOpen = false } = value;
    return Buffer.concat(
      items.map((elements) => item(0xfffee000, writeElements(elements, coding), coding, isOpen)),
    );
  }
  if ('fragments' in value) {
    const { fragments, offsets = [] } = value;
    return Buffer.concat([
      item(0xfffee000, numberBytes('UL', offsets, true), coding),
      ...fragments.map((fragment) => item(0xfffee000, even(fragment, 0), coding)),
    ]);
  }
  return even(numberBytes(vr, value, coding.littleEndian), 0);
}

export function writeElements(elements: Elements, coding: Coding): Buffer {
  const parts = elements.map(([tag, vr, value]) => {
    const content = valueBytes(vr, value, coding);
    const isOpen =
      typeof value === 'object' && ('fragments' in value || ('items' in value && value.isOpen === true));
    const length = isOpen ? 0xffffffff : content.length;
    const long = Buffer.concat([
      Buffer.from(vr, 'latin1'),
      Buffer.alloc(2),
      numberBytes('UL', [length], coding.littleEndian),
    ]);
    const head = !coding.explicit
      ? numberBytes('UL', [length], coding.littleEndian)
      : longVrs.includes(vr)
        ? long
        : Buffer.concat([Buffer.from(vr, 'latin1'), numberBytes('US', [length], coding.littleEndian)]);
    const end = isOpen ? item(0xfffee0dd, null, coding) : Buffer.alloc(0);
    return Buffer.concat([tagBytes(tag, coding), head, content, end]);
  });
  return Buffer.concat(parts);
}

export interface DicomOptions {
  syntax?: Syntax;
  /** Without preamble and file meta information. */
  bare?: boolean;
}

/** A DICOM file of these elements, sorted by tag. */
export function writeDicom(
  elements: Elements,
  { syntax = 'explicit', bare = false }: DicomOptions = {},
): Buffer {
  const coding = { littleEndian: syntax !== 'bigEndian', explicit: syntax !== 'implicit' };
  const sorted = [...elements].sort(([a], [b]) => a - b);
  const content = writeElements(sorted, coding);
  if (bare) return content;
  const metaElements: Elements = [
    [0x0002_0001, 'OB', Buffer.from([0, 1])],
    [0x0002_0002, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
    [tags.TransferSyntaxUID, 'UI', syntaxUids[syntax]],
  ];
  const meta = writeElements(metaElements, { littleEndian: true, explicit: true });
  const length = writeElements([[0x0002_0000, 'UL', meta.length]], { littleEndian: true, explicit: true });
  const body = syntax === 'deflated' ? deflateRawSync(content) : content;
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, body]);
}

export interface ImageOptions {
  rows: number;
  columns: number;
  photometric?: string;
  samples?: 1 | 3;
  allocated?: number;
  stored?: number;
  signed?: boolean;
  frames?: number;
}

/** The elements that say how pixels are stored. */
export function imageElements(options: ImageOptions): Elements {
  const { rows, columns, photometric = 'MONOCHROME2', samples = 1, allocated = 8, frames } = options;
  const { stored = allocated, signed = false } = options;
  return [
    [tags.SOPClassUID, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
    [tags.SamplesPerPixel, 'US', samples],
    [tags.PhotometricInterpretation, 'CS', photometric],
    ...(frames === undefined ? [] : ([[tags.NumberOfFrames, 'IS', String(frames)]] as const)),
    [tags.Rows, 'US', rows],
    [tags.Columns, 'US', columns],
    [tags.BitsAllocated, 'US', allocated],
    [tags.BitsStored, 'US', stored],
    [0x0028_0102, 'US', stored - 1],
    [tags.PixelRepresentation, 'US', signed ? 1 : 0],
  ];
}

/** A frame of RLE Lossless of little-endian samples, colours last: literal runs only where nothing repeats. */
export function encodeRle(bytes: Uint8Array, samples: number, sampleBytes: number): Buffer {
  const pixelBytes = samples * sampleBytes;
  const segments: Buffer[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    for (let byte = sampleBytes - 1; byte >= 0; byte -= 1) {
      const plane = Array.from(
        { length: bytes.length / pixelBytes },
        (_, i) => bytes[i * pixelBytes + sample * sampleBytes + byte]!,
      );
      segments.push(even(packBits(plane), 0));
    }
  }
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let at = 64;
  segments.forEach((segment, i) => {
    header.writeUInt32LE(at, 4 + 4 * i);
    at += segment.length;
  });
  return Buffer.concat([header, ...segments]);
}

function packBits(plane: readonly number[]): Buffer {
  const packed: number[] = [];
  for (let at = 0; at < plane.length;) {
    let run = 1;
    while (run < 128 && plane[at + run] === plane[at]) run += 1;
    if (run > 1) packed.push(257 - run, plane[at]!);
    else packed.push(0, plane[at]!);
    at += run;
  }
  return Buffer.from(packed);
}

export interface NiftiOptions {
  /** Columns, rows, slices, volumes. */
  dims: readonly number[];
  /** Code of nifti1.h: 2 uint8, 4 int16, 16 float32, 128 RGB. */
  type: number;
  /** The samples' bytes. */
  data: Buffer;
  littleEndian?: boolean;
  /** Rows of the sform, 3 × 4; none: the file does not say where the volume lies. */
  affine?: readonly (readonly number[])[];
  scale?: { slope: number; intercept: number };
  window?: { low: number; high: number };
  pixDims?: readonly number[];
}

/** A NIfTI-1 volume in one file. */
export function writeNifti(options: NiftiOptions): Buffer {
  const { dims, type, data, littleEndian = true, affine, scale, window, pixDims = [1, 1, 1] } = options;
  const header = Buffer.alloc(352);
  const view = new DataView(header.buffer, header.byteOffset);
  view.setInt32(0, 348, littleEndian);
  [dims.length, ...dims].forEach((size, i) => view.setInt16(40 + 2 * i, size, littleEndian));
  view.setInt16(70, type, littleEndian);
  view.setInt16(72, { 2: 8, 4: 16, 16: 32, 128: 24 }[type] ?? 0, littleEndian);
  [1, ...pixDims].forEach((size, i) => view.setFloat32(76 + 4 * i, size, littleEndian));
  view.setFloat32(108, 352, littleEndian);
  view.setFloat32(112, scale?.slope ?? 0, littleEndian);
  view.setFloat32(116, scale?.intercept ?? 0, littleEndian);
  header[123] = 2;
  view.setFloat32(124, window?.high ?? 0, littleEndian);
  view.setFloat32(128, window?.low ?? 0, littleEndian);
  if (affine) {
    view.setInt16(254, 1, littleEndian);
    affine.flat().forEach((value, i) => view.setFloat32(280 + 4 * i, value, littleEndian));
  }
  header.write('n+1\0', 344, 'latin1');
  return Buffer.concat([header, data]);
}
