import { damaged, numbers, valueBytes, type DataSet } from './data-set.ts';

/** A table of PS3.3 C.11.1.1: `entries[value − first]`, values before and behind taking the first and last entry. */
export interface LookupTable {
  first: number;
  /** Of an entry. */
  bits: number;
  entries: Uint16Array;
}

export function lookUp({ first, entries }: LookupTable, value: number): number {
  return entries[Math.max(0, Math.min(entries.length - 1, value - first))]!;
}

/** 16-bit words, or bytes where there are no more of them than entries. */
function readEntries(dataSet: DataSet, tag: number, count: number): Uint16Array {
  const value = valueBytes(dataSet, tag);
  if (!value || value.length < count)
    throw damaged('A look-up table of the DICOM file is shorter than it says.');
  const entries = new Uint16Array(count);
  const isWords = value.length >= 2 * count;
  const { littleEndian } = dataSet;
  const isSwapped = !littleEndian && dataSet.elements.get(tag)!.vr === 'OW';
  for (let i = 0; i < count; i += 1) {
    if (!isWords) entries[i] = value[isSwapped ? i ^ 1 : i] ?? 0;
    else entries[i] = littleEndian ? value.readUInt16LE(2 * i) : value.readUInt16BE(2 * i);
  }
  return entries;
}

/** Entries from segments, discrete, linear and repeated (PS3.3 C.7.9.2). */
function expandSegments(words: Uint16Array, count: number): Uint16Array {
  const entries = new Uint16Array(count);
  let length = 0;
  let budget = 4 * count + words.length;
  const push = (value: number): void => {
    if (length < count) entries[length++] = value;
  };
  const expand = (from: number, segments: number, depth: number): void => {
    let at = from;
    for (let n = 0; n < segments && at + 1 < words.length; n += 1) {
      const kind = words[at]!;
      const size = words[at + 1]!;
      budget -= size + 1;
      if (budget < 0 || depth > 4) throw damaged('A segmented palette of the DICOM file does not end.');
      if (kind === 0) {
        for (let i = 0; i < size; i += 1) push(words[at + 2 + i] ?? 0);
        at += 2 + size;
      } else if (kind === 1) {
        const start = length > 0 ? entries[length - 1]! : 0;
        const end = words[at + 2] ?? 0;
        for (let i = 1; i <= size; i += 1) push(Math.round(start + ((end - start) * i) / size));
        at += 3;
      } else if (kind === 2) {
        expand((words[at + 2] ?? 0) + (words[at + 3] ?? 0) * 65536, size, depth + 1);
        at += 4;
      } else throw damaged('A segmented palette of the DICOM file has segments of an unknown kind.');
    }
  };
  expand(0, Infinity, 0);
  if (length < count) throw damaged('A segmented palette of the DICOM file is shorter than it says.');
  return entries;
}

/** Words, or bytes in which a repeated segment's offset takes four. */
function segmentWords(dataSet: DataSet, tag: number, bits: number): Uint16Array {
  const value = valueBytes(dataSet, tag)!;
  if (bits > 8 || dataSet.elements.get(tag)!.vr === 'OW') {
    const { littleEndian } = dataSet;
    return Uint16Array.from({ length: value.length >> 1 }, (_, i) =>
      littleEndian ? value.readUInt16LE(2 * i) : value.readUInt16BE(2 * i),
    );
  }
  return Uint16Array.from(value);
}

/**
 * Reads a look-up table; null where there is none.
 * @param isSigned whether the values that are looked up may be negative
 * @throws ReadroomError `damagedImage`
 */
export function readLookupTable(
  dataSet: DataSet,
  where: { descriptor: number; data: number; segmented?: number },
  isSigned: boolean,
): LookupTable | null {
  const [size, start, bits] = numbers(dataSet, where.descriptor, 'US');
  if (size === undefined || start === undefined || bits === undefined) return null;
  const count = size & 0xffff || 65536;
  const first = isSigned ? (start << 16) >> 16 : start & 0xffff;
  const isSegmented =
    where.segmented !== undefined && (valueBytes(dataSet, where.segmented)?.length ?? 0) > 0;
  const entries = isSegmented
    ? expandSegments(segmentWords(dataSet, where.segmented!, bits), count)
    : readEntries(dataSet, where.data, count);
  return { first, bits: bits >= 1 && bits <= 16 ? bits : 16, entries };
}
