import { createGunzip } from 'node:zlib';

import type { NIFTI1, NIFTI2 } from 'nifti-reader-js';

import type { DisplayWindow, PictureDisplay } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { fitSmall, fitWide, rangeOf, type Fitted, type StoredSamples } from './fit-samples.ts';
import { maximumDecodedBytes } from './limits.ts';
import { type OpenedFile, ownSeries } from './opened-file.ts';
import { checkSize, collapseGrey, type Picture } from './picture.ts';

type Header = NIFTI1 | NIFTI2;

/** The header and what of its extensions says where the samples begin. */
const headerBytes = 65_536;
const mostSlices = 20_000;

function damaged(message: string): ReadroomError {
  return new ReadroomError('damagedImage', message, 'Save the volume again.');
}

function truncated(): ReadroomError {
  return new ReadroomError(
    'truncatedImage',
    'The NIfTI file ends before its volume is complete.',
    'Copy the file again from where it came.',
  );
}

/** A type of samples by its NIfTI code; `used` bits, or floating-point numbers, or red, green and blue. */
interface SampleType {
  bytes: number;
  kind: 'integer' | 'float' | 'colour';
  isSigned: boolean;
  view: (buffer: ArrayBuffer) => StoredSamples;
}

const sampleTypes: Readonly<Record<number, SampleType>> = {
  2: { bytes: 1, kind: 'integer', isSigned: false, view: (buffer) => new Uint8Array(buffer) },
  4: { bytes: 2, kind: 'integer', isSigned: true, view: (buffer) => new Int16Array(buffer) },
  8: { bytes: 4, kind: 'integer', isSigned: true, view: (buffer) => new Int32Array(buffer) },
  16: { bytes: 4, kind: 'float', isSigned: true, view: (buffer) => new Float32Array(buffer) },
  64: { bytes: 8, kind: 'float', isSigned: true, view: (buffer) => new Float64Array(buffer) },
  128: { bytes: 3, kind: 'colour', isSigned: false, view: (buffer) => new Uint8Array(buffer) },
  256: { bytes: 1, kind: 'integer', isSigned: true, view: (buffer) => new Int8Array(buffer) },
  512: { bytes: 2, kind: 'integer', isSigned: false, view: (buffer) => new Uint16Array(buffer) },
  768: { bytes: 4, kind: 'integer', isSigned: false, view: (buffer) => new Uint32Array(buffer) },
  1024: { bytes: 8, kind: 'integer', isSigned: true, view: (buffer) => new BigInt64Array(buffer) },
  1280: { bytes: 8, kind: 'integer', isSigned: false, view: (buffer) => new BigUint64Array(buffer) },
};

/** Inflates the first `length` bytes and no more; fewer where there are not as many. */
async function gunzipFirst(bytes: Buffer, length: number): Promise<Buffer> {
  const target = Buffer.alloc(length);
  const stream = createGunzip();
  let filled = 0;
  stream.end(bytes);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      filled += chunk.copy(target, filled);
      if (filled === length) break;
    }
  } catch {
    // What could be inflated may hold all that is asked for.
  } finally {
    stream.destroy();
  }
  return target.subarray(0, filled);
}

interface Volume {
  header: Header;
  type: SampleType;
  columns: number;
  rows: number;
  slices: number;
  /** Of the first sample. */
  start: number;
  /** Of all slices of the first volume. */
  length: number;
}

/** Reads and checks what a header says of its volume, before anything is allocated for it. */
function readVolume(header: Header): Volume {
  const [count = 0, columns = 0, rows = 0, third = 0] = header.dims;
  const slices = count >= 3 ? third : 1;
  if (count < 2 || count > 7 || !(columns > 0) || !(rows > 0) || !(slices > 0))
    throw damaged(`The header says ${columns}×${rows}×${slices} samples.`);
  const type = sampleTypes[header.datatypeCode];
  if (!type) {
    throw new ReadroomError(
      'unsupportedFormat',
      `The NIfTI file holds samples of type ${header.datatypeCode}, which are not read.`,
      'Save it with samples of 16 bits or floating-point numbers.',
    );
  }
  checkSize(columns, rows, 1, type.bytes);
  const length = columns * rows * slices * type.bytes;
  const start = Math.floor(header.vox_offset);
  if (slices > mostSlices || length > maximumDecodedBytes) {
    throw new ReadroomError(
      'imageTooLarge',
      `The header says ${slices} slices of ${length / slices} bytes; at most ${mostSlices} slices and ${
        maximumDecodedBytes / 1024 / 1024
      } MB are read.`,
      'Cut the volume into several files.',
    );
  }
  if (!(start >= 348) || start > headerBytes * 1024)
    throw damaged(`The header says that its samples begin at ${start}.`);
  return { header, type, columns, rows, slices, start, length };
}

/** Whether columns, rows run against what a radiologist sees: right and anterior at the left, anterior and superior above. */
function flips({ affine, qform_code, sform_code }: Header): { columns: boolean; rows: boolean } {
  if (qform_code <= 0 && sform_code <= 0) return { columns: false, rows: false };
  // Column n of the affine: how far a step along axis n leads to the right, front and top of the patient.
  const step = (axis: number): { along: number; by: number } => {
    const steps = [0, 1, 2].map((world) => affine[world]?.[axis] ?? 0);
    const along = steps.reduce((most, value, i) => (Math.abs(value) > Math.abs(steps[most]!) ? i : most), 0);
    return { along, by: steps[along]! };
  };
  const column = step(0);
  const row = step(1);
  return { columns: column.along < 2 && column.by > 0, rows: row.along > 0 && row.by > 0 };
}

/** A slice's samples in the order in which they are shown, little-endian numbers or bytes of colour. */
function readSlice(content: Buffer, volume: Volume, slice: number): StoredSamples {
  const { header, type, columns, rows, start } = volume;
  const flip = flips(header);
  const rowBytes = columns * type.bytes;
  const sliceStart = start + slice * rows * rowBytes;
  const ordered = Buffer.alloc(rows * rowBytes);
  for (let y = 0; y < rows; y += 1) {
    const from = sliceStart + (flip.rows ? rows - 1 - y : y) * rowBytes;
    if (!flip.columns) content.copy(ordered, y * rowBytes, from, from + rowBytes);
    else
      for (let x = 0; x < columns; x += 1) {
        const at = from + (columns - 1 - x) * type.bytes;
        content.copy(ordered, y * rowBytes + x * type.bytes, at, at + type.bytes);
      }
  }
  if (!header.littleEndian && type.kind !== 'colour') {
    if (type.bytes === 2) ordered.swap16();
    else if (type.bytes === 4) ordered.swap32();
    else if (type.bytes === 8) ordered.swap64();
  }
  return type.view(ordered.buffer.slice(ordered.byteOffset, ordered.byteOffset + ordered.length));
}

function isWide({ type }: Volume): boolean {
  return type.kind === 'float' || type.bytes > 2;
}

/** Lowest and highest of all slices, so that they look alike. */
function volumeRange(content: Buffer, volume: Volume): { low: number; high: number } {
  const range = { low: Infinity, high: -Infinity };
  for (let slice = 0; slice < volume.slices; slice += 1) {
    const { low, high } = rangeOf(readSlice(content, volume, slice));
    range.low = Math.min(range.low, low);
    range.high = Math.max(range.high, high);
  }
  return range;
}

const millimetresOf: Readonly<Record<number, number>> = { 0: 1, 1: 1000, 2: 1, 3: 0.001 };

function millimetres({ header }: Volume, axis: 1 | 2 | 3): number | null {
  const unit = millimetresOf[header.xyzt_units & 7];
  const size = Math.abs(header.pixDims[axis] ?? 0) * (unit ?? NaN);
  return size > 0 && Number.isFinite(size) ? size : null;
}

function spacingOf(volume: Volume): PictureDisplay['spacing'] {
  const row = millimetres(volume, 2);
  const column = millimetres(volume, 1);
  return row === null || column === null ? null : { row, column, at: 'patient' };
}

/** The window that the file asks for, else all of the volume's values, in samples. */
function windowOf(
  { header }: Volume,
  { step, lowest }: Fitted,
  whole: { low: number; high: number },
): DisplayWindow {
  const { slope, intercept } = scaling(header);
  const { cal_min: low, cal_max: high } = header;
  const isSaid = Number.isFinite(low) && Number.isFinite(high) && high > low;
  const ends = isSaid ? [(low - intercept) / slope, (high - intercept) / slope] : [whole.low, whole.high];
  const [from, to] = ends.map((value) => (value - lowest) / step).sort((a, b) => a - b) as [number, number];
  return { name: '', low: from, high: to, curve: 'linear' };
}

function scaling({ scl_slope, scl_inter }: Header): { slope: number; intercept: number } {
  const isSaid = Number.isFinite(scl_slope) && Number.isFinite(scl_inter) && scl_slope !== 0;
  return isSaid ? { slope: scl_slope, intercept: scl_inter } : { slope: 1, intercept: 0 };
}

function pictureOf(
  content: Buffer,
  volume: Volume,
  slice: number,
  range: { low: number; high: number },
): Picture {
  const { columns: width, rows: height, type, header } = volume;
  const stored = readSlice(content, volume, slice);
  const spacing = spacingOf(volume);
  if (type.kind === 'colour') {
    const display = spacing && { slope: 1, intercept: 0, unit: '', windows: [], spacing };
    return collapseGrey({ width, height, channels: 3, bitDepth: 8, samples: stored as Uint8Array, display });
  }
  const fitted = isWide(volume)
    ? fitWide(stored, null, range)
    : fitSmall(stored, type.bytes * 8, type.isSigned);
  const { slope, intercept } = scaling(header);
  const display = {
    slope: slope * fitted.step,
    intercept: intercept + slope * fitted.lowest,
    unit: '',
    windows: [windowOf(volume, fitted, range)],
    spacing,
  };
  return { width, height, channels: 1, bitDepth: fitted.bitDepth, samples: fitted.samples, display };
}

function warningsOf(volume: Volume): string[] {
  const further = volume.header.dims
    .slice(4, 1 + volume.header.dims[0]!)
    .reduce((all, size) => all * Math.max(1, size), 1);
  return [
    ...(further > 1 ? [`Only the first of ${further} volumes in the file is used.`] : []),
    ...(isWide(volume) && volume.type.kind !== 'colour'
      ? ['Samples of more than 16 bits are fitted linearly into 16; slope and intercept lead back.']
      : []),
  ];
}

/**
 * Opens a NIfTI volume, compressed or not: slices along its third axis, each a picture.
 * @throws ReadroomError of the "one image" group
 */
export async function openNifti(bytes: Buffer, byteSha256: () => string): Promise<OpenedFile> {
  const { readHeader } = await import('nifti-reader-js');
  const isZipped = bytes.readUInt16BE(0) === 0x1f8b;
  const head = isZipped ? await gunzipFirst(bytes, headerBytes) : bytes.subarray(0, headerBytes);
  let header: Header;
  try {
    header = readHeader(head.buffer.slice(head.byteOffset, head.byteOffset + head.length) as ArrayBuffer);
  } catch {
    throw head.length < 540 ? truncated() : damaged('The header of the NIfTI file cannot be read.');
  }
  const volume = readVolume(header);
  const end = volume.start + volume.length;
  const content = isZipped ? await gunzipFirst(bytes, end) : bytes;
  if (content.length < end) throw truncated();
  let range: { low: number; high: number } | null = null;
  return {
    format: 'nifti',
    generated: false,
    header: ownSeries('nifti', byteSha256()),
    frames: volume.slices,
    warnings: warningsOf(volume),
    heldBytes: isZipped ? content.length : 0,
    position: (slice) => slice * (millimetres(volume, 3) ?? 1),
    picture: (slice) => {
      if (volume.type.kind !== 'colour') range ??= volumeRange(content, volume);
      return Promise.resolve(pictureOf(content, volume, slice, range ?? { low: 0, high: 0 }));
    },
  };
}
