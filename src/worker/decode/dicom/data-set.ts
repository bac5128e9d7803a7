import { ReadroomError } from '../../../contract/errors.ts';

/** A data element's place in the file; its value is read when it is asked for. */
interface Element {
  /** '' where the file does not say (implicit VR). */
  vr: string;
  /** Byte offset of the value, and its length in bytes as far as the file goes. */
  start: number;
  length: number;
  /** The length is not given: a sequence, or encapsulated pixel data. */
  isOpen: boolean;
}

/** Data elements by tag, group × 65,536 + element; the later of two equal ones. */
export interface DataSet {
  bytes: Buffer;
  littleEndian: boolean;
  elements: ReadonlyMap<number, Element>;
  /** Offset behind the last element that was read. */
  end: number;
  /** An element's length leads beyond the end. */
  isCut: boolean;
}

const itemTag = 0xfffe_e000;
const itemDelimiter = 0xfffe_e00d;
const sequenceDelimiter = 0xfffe_e0dd;
const openLength = 0xffff_ffff;

/** Deeper ones are no header that a device wrote. */
const mostNested = 64;
const mostElements = 200_000;

const longVrs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const shortVrs = new Set(
  'AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' ') as readonly string[],
);

export function damaged(message: string): ReadroomError {
  return new ReadroomError('damagedImage', message, 'Export the image again from where it came.');
}

export function truncated(message = 'The DICOM file ends before its picture is complete.'): ReadroomError {
  return new ReadroomError('truncatedImage', message, 'Copy the file again from where it came.');
}

export function readTag(bytes: Buffer, at: number, littleEndian: boolean): number {
  return littleEndian
    ? bytes.readUInt16LE(at) * 65536 + bytes.readUInt16LE(at + 2)
    : bytes.readUInt16BE(at) * 65536 + bytes.readUInt16BE(at + 2);
}

function readLength(bytes: Buffer, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

/** An element's head, 8 or 12 bytes. Explicit and implicit VR are told apart at each: writers mix them. */
function readHead(
  bytes: Buffer,
  at: number,
  littleEndian: boolean,
): Pick<Element, 'vr' | 'start' | 'length'> {
  const vr = bytes.toString('latin1', at + 4, at + 6);
  if (shortVrs.has(vr)) {
    const length = littleEndian ? bytes.readUInt16LE(at + 6) : bytes.readUInt16BE(at + 6);
    return { vr, start: at + 8, length };
  }
  if (longVrs.has(vr) && at + 12 <= bytes.length)
    return { vr, start: at + 12, length: readLength(bytes, at + 8, littleEndian) };
  return { vr: '', start: at + 8, length: readLength(bytes, at + 4, littleEndian) };
}

export interface Extent {
  start: number;
  end: number;
}

/**
 * Items of a sequence, or fragments of pixel data, and where they end: at their delimiter, at `end`, or where
 * something else begins.
 */
function itemsFrom(
  bytes: Buffer,
  from: number,
  end: number,
  littleEndian: boolean,
  depth: number,
): { items: Extent[]; end: number; isCut: boolean } {
  const items: Extent[] = [];
  let at = from;
  while (at + 8 <= end) {
    const tag = readTag(bytes, at, littleEndian);
    const length = readLength(bytes, at + 4, littleEndian);
    if (tag === sequenceDelimiter) return { items, end: at + 8, isCut: false };
    if (tag !== itemTag) return { items, end: at, isCut: false };
    const start = at + 8;
    at =
      length === openLength
        ? readDataSet(bytes, { start, end }, littleEndian, depth + 1).end
        : start + length;
    items.push({ start, end: Math.min(at, end) });
    if (at > end) return { items, end, isCut: true };
  }
  return { items, end, isCut: false };
}

/**
 * Reads the data elements between two offsets, or up to the delimiter of an item. Values and items are only
 * stepped over. What is wrong in the file ends the reading (`isCut`) rather than failing it.
 * @throws ReadroomError `damagedImage` for what is nested too deep or has too many elements
 */
export function readDataSet(
  bytes: Buffer,
  { start, end }: Extent,
  littleEndian: boolean,
  depth = 0,
): DataSet {
  if (depth > mostNested)
    throw damaged(`The sequences of the header are nested more than ${mostNested} deep.`);
  const elements = new Map<number, Element>();
  let at = start;
  let isCut = false;
  while (at + 8 <= end) {
    const tag = readTag(bytes, at, littleEndian);
    if (tag === itemDelimiter) return { bytes, littleEndian, elements, end: at + 8, isCut };
    if (tag === sequenceDelimiter) {
      at += 8;
      continue;
    }
    const head = readHead(bytes, at, littleEndian);
    const isOpen = head.length === openLength;
    if (isOpen) {
      // PS3.5 6.2.2: what is in an unknown value of open length is implicit VR, little-endian.
      const content = itemsFrom(bytes, head.start, end, head.vr === 'UN' || littleEndian, depth);
      at = content.end;
      isCut ||= content.isCut;
    } else {
      at = head.start + head.length;
      isCut ||= at > end;
    }
    const length = Math.max(0, Math.min(at, end) - head.start);
    elements.set(tag, { ...head, length, isOpen });
    if (elements.size > mostElements) throw damaged(`The header has more than ${mostElements} elements.`);
  }
  return { bytes, littleEndian, elements, end: Math.min(at, end), isCut };
}

/** A sequence's items, or the fragments of encapsulated pixel data; none where there is no such element. */
export function itemExtents(dataSet: DataSet, tag: number): Extent[] {
  const element = dataSet.elements.get(tag);
  if (!element) return [];
  const { start, length, vr, isOpen } = element;
  return itemsFrom(dataSet.bytes, start, start + length, (vr === 'UN' && isOpen) || dataSet.littleEndian, 0)
    .items;
}

/** The items of a sequence as data sets. */
export function itemsOf(dataSet: DataSet, tag: number): DataSet[] {
  const element = dataSet.elements.get(tag);
  const littleEndian = (element?.vr === 'UN' && element.isOpen) || dataSet.littleEndian;
  return itemExtents(dataSet, tag).map((extent) => readDataSet(dataSet.bytes, extent, littleEndian, 1));
}

export function has(dataSet: DataSet, tag: number): boolean {
  return (dataSet.elements.get(tag)?.length ?? 0) > 0;
}

/** An element's bytes as they stand in the file; null where it is not there or empty. */
export function valueBytes(dataSet: DataSet, tag: number): Buffer | null {
  const element = dataSet.elements.get(tag);
  if (!element || element.length === 0) return null;
  return dataSet.bytes.subarray(element.start, element.start + element.length);
}

/** The values of a text, without padding; [] where there is none. ASCII only: other characters are no numbers or codes. */
export function codes(dataSet: DataSet, tag: number): string[] {
  const value = valueBytes(dataSet, tag);
  if (!value) return [];
  return value
    .toString('latin1', 0, 4096)
    .split('\\')
    .map((part) => part.replace(/^[\s\0]+|[\s\0]+$/g, ''));
}

export function code(dataSet: DataSet, tag: number): string {
  return codes(dataSet, tag)[0] ?? '';
}

const numberReaders: Readonly<
  Record<string, { size: number; read: (view: DataView, at: number, little: boolean) => number }>
> = {
  US: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  SS: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  UL: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  SL: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  FL: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  FD: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
  OW: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
};

/**
 * An element's numbers. Those that are no finite numbers are NaN, so that the others keep their places.
 * @param implied the VR where the file does not say it, or has another one that holds no numbers
 */
export function numbers(
  dataSet: DataSet,
  tag: number,
  implied: 'US' | 'SS' | 'UL' | 'FL' | 'FD' | 'DS',
): number[] {
  const value = valueBytes(dataSet, tag);
  const element = dataSet.elements.get(tag);
  if (!value || !element) return [];
  const vr = element.vr in numberReaders || ['DS', 'IS'].includes(element.vr) ? element.vr : implied;
  const reader = numberReaders[vr];
  if (!reader) {
    return codes(dataSet, tag).map((text) =>
      /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN,
    );
  }
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const count = Math.floor(value.length / reader.size);
  return Array.from({ length: count }, (_, i) => {
    const number = reader.read(view, i * reader.size, dataSet.littleEndian);
    return Number.isFinite(number) ? number : NaN;
  });
}

/** The first of an element's numbers; null where it is not there or none. */
export function number(
  dataSet: DataSet,
  tag: number,
  implied: 'US' | 'SS' | 'UL' | 'FL' | 'FD' | 'DS',
): number | null {
  const [first] = numbers(dataSet, tag, implied);
  return first === undefined || Number.isNaN(first) ? null : first;
}
