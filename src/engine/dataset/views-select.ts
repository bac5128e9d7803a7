import { imageFields, type ImageQuery } from '../../contract/image.ts';
import { splitParts } from '../../contract/split.ts';
import { sortByKey } from '../../core/sort-by-key.ts';
import {
  type FieldColumn,
  type ImageColumns,
  qualityBit,
  statusBit,
  wordBits,
} from './image-index-columns.ts';
import { comparedFlags, type IndexedImages } from './image-index.ts';
import type { SeriesFacts } from './image-index-load.ts';
import { type ImageNames, searchNames } from './image-index-names.ts';

/** Whether a query needs more than the index's columns. */
export function needsNames({ text, sort }: ImageQuery): boolean {
  return text.trim() !== '' || sort.by === 'name' || sort.by === 'patient' || sort.by === 'series';
}

/** Whether a query asks for what shows only when pictures are compared with each other. */
export function needsComparisons({ quality }: ImageQuery): boolean {
  return comparedFlags.some((flag) => quality.includes(flag));
}

/** Whether a query asks for all images as they were added, for which no index is needed where there are no series. */
export function asksForAll(query: ImageQuery): boolean {
  const { text, images, sort } = query;
  return (
    text.trim() === '' &&
    images === null &&
    Object.values(query).every((filter) => !Array.isArray(filter) || filter.length === 0) &&
    Object.values(query.fields).every(({ length }) => length === 0) &&
    query.age === null &&
    query.number === null &&
    query.per === 'image' &&
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
  if (selection.query.per !== 'image') found = firstOfEach(found, selection);
  return sorted(found, selection);
}

/** Of each series, study or patient the first image, by study, series and position; an image of none stands for itself. */
function firstOfEach(found: Int32Array, { columns, series, query }: Selection): Int32Array {
  const studyOf = (ordinal: number): number => series[columns.series[ordinal]!]?.studyRow ?? 0;
  const groupOf = (ordinal: number): number => {
    if (query.per === 'patient') return columns.patients[ordinal]!;
    return query.per === 'series' ? columns.series[ordinal]! : studyOf(ordinal);
  };
  const comesBefore = (a: number, b: number): boolean => {
    const byStudy = studyOf(a) - studyOf(b) || columns.series[a]! - columns.series[b]!;
    return byStudy === 0 ? columns.positions[a]! < columns.positions[b]! : byStudy < 0;
  };
  const first = new Map<number, number>();
  for (const ordinal of found) {
    const known = first.get(groupOf(ordinal));
    if (known === undefined || comesBefore(ordinal, known)) first.set(groupOf(ordinal), ordinal);
  }
  return found.filter((ordinal) => groupOf(ordinal) === 0 || first.get(groupOf(ordinal)) === ordinal);
}

type Test = (ordinal: number) => boolean;

/** One test a kind of filter, cheapest first. */
function* testsOf({ query, columns, patientKeys, series, names }: Selection): Generator<Test> {
  if (query.classes.length > 0) yield classTest(columns, query.classes);
  if (query.status.length > 0) yield bitTest(columns.status, query.status.map(statusBit));
  if (query.quality.length > 0) yield bitTest(columns.flags, query.quality.map(qualityBit));
  if (query.parts.length > 0) {
    const wanted = new Set(query.parts.map((part) => (part === null ? 0 : splitParts.indexOf(part) + 1)));
    yield (ordinal) => wanted.has(columns.parts[ordinal]!);
  }
  for (const field of imageFields) {
    const values = query.fields[field] ?? [];
    if (values.length > 0) yield fieldTest(columns.fields[field], values);
  }
  if (query.age) yield rangeTest(columns.ages, query.age);
  if (query.number) yield rangeTest(columns.numbers, query.number);
  if (query.studies.length > 0) yield seriesTest(columns, series, query.studies, ({ study }) => study);
  if (query.series.length > 0) yield seriesTest(columns, series, query.series, ({ id }) => id);
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

function classTest({ classIds, labelSets, labels }: ImageColumns, classes: ImageQuery['classes']): Test {
  const asked = new Set(classes.map((id) => (id === null ? -1 : classIds.indexOf(id))));
  const wantsNone = classes.includes(null);
  // The first entry stands for images without classes.
  const wanted = Uint8Array.from([[], ...labelSets], (set) =>
    (set.length === 0 ? wantsNone : set.some((at) => asked.has(at))) ? 1 : 0,
  );
  return (ordinal) => wanted[labels[ordinal]! + 1] === 1;
}

function bitTest(column: Uint8Array | Uint16Array, bits: readonly number[]): Test {
  const wanted = bits.reduce((all, bit) => all | bit, 0);
  return (ordinal) => (column[ordinal]! & wanted) !== 0;
}

function fieldTest({ values, codes }: FieldColumn, asked: readonly (string | null)[]): Test {
  const wanted = Uint8Array.from(values, (value) => (asked.includes(value) ? 1 : 0));
  return (ordinal) => wanted[codes[ordinal]!] === 1;
}

/** What has no value lies in no range. */
function rangeTest(column: Float64Array, { low, high }: { low: number | null; high: number | null }): Test {
  const least = low ?? -Infinity;
  const most = high ?? Infinity;
  return (ordinal) => column[ordinal]! >= least && column[ordinal]! <= most;
}

function seriesTest(
  columns: ImageColumns,
  series: readonly SeriesFacts[],
  asked: readonly string[],
  idOf: (facts: SeriesFacts) => string,
): Test {
  const ids = new Set(asked);
  const wanted = new Uint8Array(Math.max(series.length, 1));
  series.forEach((facts, row) => {
    if (ids.has(idOf(facts))) wanted[row] = 1;
  });
  return (ordinal) => wanted[columns.series[ordinal]!] === 1;
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

function sorted(found: Int32Array, selection: Selection): Int32Array {
  const { query, columns, names, given } = selection;
  const { by, descending } = query.sort;
  switch (by) {
    case 'added': {
      const ordinals = given ? sortByKey(found, columns.rows) : found;
      return gatherSeries(descending ? ordinals.reverse() : ordinals, columns);
    }
    case 'given':
      return descending ? found.reverse() : found;
    case 'name':
      return sortByKey(found, names!.nameRanks, descending);
    case 'patient':
      return sortByKey(sortByKey(found, names!.nameRanks), patientKeysOf(selection), descending);
    case 'class': {
      const ranks = rankSets(selection);
      const keys = keysOf(columns, ({ labels }, ordinal) =>
        labels[ordinal]! < 0 ? -1 : ranks[labels[ordinal]!]!,
      );
      return sortByKey(found, keys, descending);
    }
    case 'labelledAt':
      return sortByKey(found, columns.labelledAt, descending);
    case 'size':
      return sortByKey(found, columns.sizes, descending);
    case 'age':
      return sortByKey(found, ranksOf(columns.ages, found), descending);
    case 'number':
      return sortByKey(found, ranksOf(columns.numbers, found), descending);
    case 'series':
      return bySeries(found, selection);
  }
}

/**
 * Puts the images of a series together where the first of them stands, in the order that the series has: what has no
 * place first, then as they were added. Time is proportional to their number where they are in order already.
 */
function gatherSeries(found: Int32Array, { series, positions, count }: ImageColumns): Int32Array {
  /** Of each series one more than the place of its first image in `found`. */
  const firsts = new Int32Array(series.subarray(0, count).reduce((most, row) => Math.max(most, row), 0) + 1);
  if (firsts.length === 1) return found;
  const place = (ordinal: number): number => {
    const position = positions[ordinal]!;
    return Number.isNaN(position) ? -Infinity : position;
  };
  const byPlace = (a: number, b: number): number => {
    const [left, right] = [place(a), place(b)];
    return left === right ? a - b : left < right ? -1 : 1;
  };
  const groups = new Int32Array(count);
  let isOrdered = true;
  for (let at = 0; at < found.length; at++) {
    const ordinal = found[at]!;
    const row = series[ordinal]!;
    if (row > 0 && firsts[row] === 0) firsts[row] = at + 1;
    const group = row === 0 ? at : firsts[row]! - 1;
    groups[ordinal] = group;
    const before = at === 0 ? ordinal : found[at - 1]!;
    const isBehind = group === groups[before] ? byPlace(before, ordinal) <= 0 : group > groups[before]!;
    isOrdered &&= isBehind;
  }
  if (isOrdered) return found;
  const gathered = sortByKey(found, groups);
  for (let from = 0; from < gathered.length;) {
    let to = from + 1;
    while (to < gathered.length && groups[gathered[to]!] === groups[gathered[from]!]) to += 1;
    if (to - from > 1) gathered.subarray(from, to).sort(byPlace);
    from = to;
  }
  return gathered;
}

/** Patient, study, series, position: each sort keeps the order of the one before among equals. */
function bySeries(found: Int32Array, selection: Selection): Int32Array {
  const { columns, series, query } = selection;
  const { descending } = query.sort;
  const ofSeries = (key: (facts: SeriesFacts | undefined, row: number) => number): Float64Array =>
    keysOf(columns, ({ series: rows }, ordinal) =>
      rows[ordinal] === 0 ? -1 : key(series[rows[ordinal]!], rows[ordinal]!),
    );
  const keys = [
    ranksOf(columns.positions, found),
    ofSeries((_, row) => row),
    ofSeries((facts) => facts?.studyRow ?? -1),
    patientKeysOf(selection),
  ];
  return keys.reduce((order, key) => sortByKey(order, key, descending), found);
}

const patientKeysOf = ({ columns, names }: Selection): Float64Array =>
  keysOf(columns, ({ patients }, ordinal) =>
    patients[ordinal] === 0 ? -1 : names!.patientRanks[patients[ordinal]!]!,
  );

/** Places of the sets of classes by the project's order of classes: by their first, then by their second class, and so on. */
function rankSets({ columns: { classIds, labelSets }, classOrder }: Selection): number[] {
  const place = classIds.map((id) => {
    const at = classOrder.indexOf(id);
    return at < 0 ? classOrder.length : at;
  });
  const places = labelSets.map((set) => set.map((at) => place[at]!).sort((a, b) => a - b));
  const compare = (a: number, b: number): number => {
    const [left, right] = [places[a]!, places[b]!];
    // A label without classes comes behind all that have some.
    if (left.length === 0 || right.length === 0) return right.length - left.length;
    const differing = left.findIndex((value, at) => value !== right[at]);
    return differing < 0 ? left.length - right.length : left[differing]! - (right[differing] ?? -1);
  };
  const ranks = new Array<number>(labelSets.length);
  [...labelSets.keys()].sort(compare).forEach((set, rank) => (ranks[set] = rank));
  return ranks;
}

/** Places of the images by a measure; -1: none. */
function ranksOf(values: Float64Array, found: Int32Array): Float64Array {
  const distinct = new Set<number>();
  for (const ordinal of found) distinct.add(values[ordinal]!);
  distinct.delete(NaN);
  const ranks = new Map([...Float64Array.from(distinct).sort()].map((value, rank) => [value, rank]));
  const keys = new Float64Array(values.length).fill(-1);
  for (const ordinal of found) keys[ordinal] = ranks.get(values[ordinal]!) ?? -1;
  return keys;
}

function keysOf(
  columns: ImageColumns,
  key: (columns: ImageColumns, ordinal: number) => number,
): Float64Array {
  const keys = new Float64Array(columns.count);
  for (let ordinal = 0; ordinal < keys.length; ordinal++) keys[ordinal] = key(columns, ordinal);
  return keys;
}
