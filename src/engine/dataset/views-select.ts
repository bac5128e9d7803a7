import { type ImageQuery, type LabelStatus, type QualityFlag, splitParts } from '../../contract/dataset.ts';
import { sortByKey } from '../../core/sort-by-key.ts';
import { type ImageColumns, qualityBit, statusBit, wordBits } from './image-index-columns.ts';
import type { IndexedImages } from './image-index.ts';
import { type ImageNames, searchNames } from './image-index-names.ts';

/** Whether a query needs more than the index's columns. */
export function needsNames({ text, sort }: ImageQuery): boolean {
  return text.trim() !== '' || sort.by === 'name' || sort.by === 'patient' || sort.by === 'labelledAt';
}

/** Whether a query asks for all images as they were added, for which no index is needed. */
export function asksForAll(query: ImageQuery): boolean {
  const { text, classes, readers, status, parts, patients, quality, images, sort } = query;
  const lists = [classes, readers, status, parts, patients, quality];
  return (
    text.trim() === '' &&
    images === null &&
    lists.every((list) => list.length === 0) &&
    (sort.by === 'added' || sort.by === 'given') &&
    !sort.descending
  );
}

export interface Selection extends IndexedImages {
  /** Present where `needsNames`. */
  names: ImageNames | null;
  query: ImageQuery;
  /** Places of `query.images` that exist, as given and without repetitions; null without such a list. */
  given: Int32Array | null;
  /** Class ids in the order of the project. */
  classOrder: readonly string[];
}

/** Places of the images that a query asks for, in its order. */
export function selectImages(selection: Selection): Int32Array {
  const { columns, given } = selection;
  const asked = given ?? Int32Array.from({ length: columns.count }, (_, ordinal) => ordinal);
  let found = asked;
  for (const test of testsOf(selection)) found = found.filter(test);
  return sorted(found, selection);
}

type Test = (ordinal: number) => boolean;

/** One test a kind of filter, cheapest first. */
function* testsOf({ query, columns, patientKeys, names }: Selection): Generator<Test> {
  if (query.classes.length > 0) yield classTest(columns, query.classes);
  if (query.status.length > 0) yield bitTest(columns.status, query.status.map(statusBit));
  if (query.quality.length > 0) yield bitTest(columns.flags, query.quality.map(qualityBit));
  if (query.parts.length > 0) {
    const wanted = new Set(query.parts.map((part) => (part === null ? 0 : splitParts.indexOf(part) + 1)));
    yield (ordinal) => wanted.has(columns.parts[ordinal]!);
  }
  if (query.readers.length > 0) {
    const wanted = query.readers.flatMap((reader) => columns.readers.get(reader) ?? []);
    yield (ordinal) => wanted.some(({ words }) => (words[ordinal]! & wordBits.labelled) !== 0);
  }
  if (query.patients.length > 0) yield patientTest(columns, patientKeys, query.patients);
  const text = query.text.trim();
  if (text !== '' && names) {
    const matches = new Uint8Array(columns.count);
    searchNames(names, text, (ordinal) => (matches[ordinal] = 1));
    yield (ordinal) => matches[ordinal] === 1;
  }
}

function classTest(columns: ImageColumns, classes: ImageQuery['classes']): Test {
  const wanted = new Uint8Array(columns.classIds.length + 1);
  for (const id of classes) {
    const index = id === null ? -1 : columns.classIds.indexOf(id);
    if (id === null || index >= 0) wanted[index + 1] = 1;
  }
  return (ordinal) => wanted[columns.classes[ordinal]! + 1] === 1;
}

function bitTest(column: Uint8Array, bits: readonly number[]): Test {
  const wanted = bits.reduce((all, bit) => all | bit, 0);
  return (ordinal) => (column[ordinal]! & wanted) !== 0;
}

function patientTest(columns: ImageColumns, keys: readonly string[], patients: ImageQuery['patients']): Test {
  const asked = new Set(patients);
  const wanted = new Uint8Array(Math.max(keys.length, 1));
  if (asked.has(null)) wanted[0] = 1;
  keys.forEach((key, row) => {
    if (asked.has(key)) wanted[row] = 1;
  });
  return (ordinal) => wanted[columns.patients[ordinal]!] === 1;
}

function sorted(found: Int32Array, { query, columns, names, classOrder, given }: Selection): Int32Array {
  const { by, descending } = query.sort;
  switch (by) {
    case 'added':
      if (given) return sortByKey(found, columns.rows, descending);
      return descending ? found.reverse() : found;
    case 'given':
      return descending ? found.reverse() : found;
    case 'name':
      return sortByKey(found, names!.nameRanks, descending);
    case 'patient':
      return sortByKey(
        sortByKey(found, names!.nameRanks),
        keysOf(columns, ({ patients }, ordinal) =>
          patients[ordinal] === 0 ? -1 : names!.patientRanks[patients[ordinal]!]!,
        ),
        descending,
      );
    case 'class': {
      const rank = columns.classIds.map((id) => {
        const place = classOrder.indexOf(id);
        return place < 0 ? classOrder.length : place;
      });
      return sortByKey(
        found,
        keysOf(columns, ({ classes }, ordinal) => (classes[ordinal]! < 0 ? -1 : rank[classes[ordinal]!]!)),
        descending,
      );
    }
    case 'labelledAt':
      return sortByKey(found, columns.labelledAt, descending);
    case 'size':
      return sortByKey(found, columns.sizes, descending);
  }
}

function keysOf(
  columns: ImageColumns,
  key: (columns: ImageColumns, ordinal: number) => number,
): Float64Array {
  return Float64Array.from({ length: columns.count }, (_, ordinal) => key(columns, ordinal));
}

/** How many images have each value, over the whole project. */
export function countImages(columns: ImageColumns): {
  /** By position in `classIds`; the first entry counts images without a class. */
  classes: Int32Array;
  /** By position in `splitParts`, one further; the first entry counts images in no part. */
  parts: Int32Array;
  status: (status: LabelStatus) => number;
  flags: (flag: QualityFlag) => number;
  /** Labels by reader. */
  readers: Map<string, number>;
} {
  const classes = new Int32Array(columns.classIds.length + 1);
  const parts = new Int32Array(splitParts.length + 1);
  const byStatus = new Int32Array(256);
  const byFlags = new Int32Array(256);
  for (let ordinal = 0; ordinal < columns.count; ordinal++) {
    classes[columns.classes[ordinal]! + 1]! += 1;
    parts[columns.parts[ordinal]!]! += 1;
    byStatus[columns.status[ordinal]!]! += 1;
    byFlags[columns.flags[ordinal]!]! += 1;
  }
  const withBit = (counts: Int32Array, bit: number): number =>
    counts.reduce((sum, n, bits) => sum + (bits & bit ? n : 0), 0);
  const readers = new Map<string, number>();
  for (const [reader, { words }] of columns.readers) {
    let n = 0;
    for (let ordinal = 0; ordinal < columns.count; ordinal++) n += words[ordinal]! & wordBits.labelled;
    readers.set(reader, n);
  }
  return {
    classes,
    parts,
    status: (status) => withBit(byStatus, statusBit(status)),
    flags: (flag) => withBit(byFlags, qualityBit(flag)),
    readers,
  };
}
