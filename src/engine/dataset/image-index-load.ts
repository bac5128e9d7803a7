import { type ImageField, imageFields } from '../../contract/image.ts';
import { splitParts } from '../../contract/split.ts';
import type { LabelValue } from '../../contract/label.ts';
import { recordValue, type RecordValue } from '../../core/label-record.ts';
import { markOddSizes, qualityOf } from '../../core/quality.ts';
import type { IndexRepository, IndexStamp } from '../db/index-repository.ts';
import { paced } from '../turns.ts';
import {
  type ImageColumns,
  ordinalOf,
  qualityBit,
  readerColumns,
  reserve,
  updateStatus,
  wordBits,
} from './image-index-columns.ts';

/** Patients by row number, and row numbers by id: what images name them by. */
export interface Patients {
  keys: string[];
  sexes: (string | null)[];
  rowById: Map<string, number>;
}

/** A series with what its study says. */
export interface SeriesFacts {
  id: string;
  study: string;
  studyRow: number;
  modality: string | null;
  bodyPart: string | null;
  device: string | null;
  age: number | null;
}

/** Series by row number. */
export interface SeriesTable {
  facts: SeriesFacts[];
  rowById: Map<string, number>;
}

/** What loading works with: `pace` lets others have their turn between portions. */
export interface Loading {
  columns: ImageColumns;
  patients: Patients;
  series: SeriesTable;
  repository: IndexRepository;
  pace: () => Promise<void>;
}

/** Images a portion: about 4 ms. */
const portion = 1500;

/** Reads patients behind the highest known one. */
export async function loadPatients({ patients, repository, pace }: Loading): Promise<void> {
  for (;;) {
    const rows = repository.patients(Math.max(0, patients.keys.length - 1), portion);
    for (const [row, id, key, sex] of rows) {
      patients.keys[row] = key;
      patients.sexes[row] = sex;
      patients.rowById.set(id, row);
    }
    if (rows.length < portion) return;
    await pace();
  }
}

/** Reads the series behind the highest known one, with their studies. */
export async function loadSeries({ series, repository, pace }: Loading): Promise<void> {
  for (;;) {
    const rows = repository.series(Math.max(0, series.facts.length - 1), portion);
    for (const [row, id, study, studyRow, modality, bodyPart, device, age] of rows) {
      series.facts[row] = { id, study, studyRow, modality, bodyPart, device, age };
      series.rowById.set(id, row);
    }
    if (rows.length < portion) return;
    await pace();
  }
}

/** Reads images behind the highest known one, without labels and parts. */
export async function loadImages(loading: Loading): Promise<void> {
  const { columns, patients, series, repository, pace } = loading;
  const code = createCoder(columns);
  for (;;) {
    const rows = repository.images(columns.count === 0 ? 0 : columns.rows[columns.count - 1]!, portion);
    reserve(columns, columns.count + rows.length);
    for (const facts of rows) {
      const [row, patient, seriesId, position, width, height, generated, mean, deviation, sharpness] = facts;
      const ordinal = columns.count++;
      const patientRow = patient === null ? 0 : (patients.rowById.get(patient) ?? 0);
      const seriesRow = seriesId === null ? 0 : (series.rowById.get(seriesId) ?? 0);
      const ofSeries = series.facts[seriesRow];
      columns.rows[ordinal] = row;
      columns.patients[ordinal] = patientRow;
      columns.series[ordinal] = seriesRow;
      columns.positions[ordinal] = position ?? NaN;
      columns.sizes[ordinal] = width * height;
      columns.aspects[ordinal] = width / height;
      columns.means[ordinal] = mean ?? NaN;
      columns.ages[ordinal] = ofSeries?.age ?? NaN;
      code('modality', ordinal, ofSeries?.modality);
      code('bodyPart', ordinal, ofSeries?.bodyPart);
      code('device', ordinal, ofSeries?.device);
      code('sex', ordinal, patients.sexes[patientRow]);
      code('laterality', ordinal, facts[10]);
      code('view', ordinal, facts[11]);
      code('format', ordinal, facts[12]);
      let flags = 0;
      for (const flag of qualityOf({ mean, deviation, sharpness, generated: generated === 1 }))
        flags |= qualityBit(flag);
      columns.flags[ordinal] = flags;
    }
    if (rows.length < portion) return;
    await pace();
  }
}

/** Puts values of fields into their columns. */
function createCoder({
  fields,
}: ImageColumns): (field: ImageField, ordinal: number, value: string | null | undefined) => void {
  const codesOf = Object.fromEntries(
    imageFields.map((field) => [field, new Map(fields[field].values.map((value, code) => [value, code]))]),
  ) as Record<ImageField, Map<string | null, number>>;
  return (field, ordinal, value) => {
    if (value === null || value === undefined) return;
    const { values, codes } = fields[field];
    let code = codesOf[field].get(value);
    if (code === undefined) {
      code = values.push(value) - 1;
      codesOf[field].set(value, code);
    }
    codes[ordinal] = code;
  };
}

/** Reads all that is said of the images from one place on. */
export async function loadLabels(loading: Loading, from = 0): Promise<void> {
  const { columns, pace } = loading;
  const take = createLabelTaker(loading);
  for (let ordinal = from; ordinal < columns.count; ordinal += portion) {
    take(columns.rows.subarray(ordinal, Math.min(ordinal + portion, columns.count)));
    await pace();
  }
}

/** Reads again what is said of the images that events concern, behind position `after`, up to and with `upTo`. */
export async function loadLabelChanges(loading: Loading, after: number, upTo: number): Promise<void> {
  const { columns, repository, pace } = loading;
  const take = createLabelTaker(loading);
  for (let position = after; position < upTo; position += portion) {
    // An event on a patient or a study may concern many images.
    const touched = [...repository.changedRows(position, Math.min(position + portion, upTo))].filter(
      (row) => ordinalOf(columns, row) >= 0,
    );
    for (let start = 0; start < touched.length; start += portion) {
      take(touched.slice(start, start + portion));
      await pace();
    }
    await pace();
  }
}

/** Reads in which part of a version the images are. */
export async function loadParts(
  { columns, repository, pace }: Loading,
  version: IndexStamp['version'],
): Promise<void> {
  columns.parts.fill(0);
  if (version === null) return;
  for (let ordinal = 0; ordinal < columns.count; ordinal += portion) {
    for (const [row, part] of repository.parts(version, ...rowRange(columns, ordinal))) {
      const place = ordinalOf(columns, row);
      if (place >= 0) columns.parts[place] = splitParts.indexOf(part) + 1;
    }
    await pace();
  }
}

const hexDigits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

/** Marks images whose pixels another image has as well. */
export async function loadDuplicates({ columns, repository, pace }: Loading): Promise<void> {
  const bit = qualityBit('duplicate');
  const starts = hexDigits.flatMap((first) => hexDigits.map((second) => first + second));
  for (const [index, start] of starts.entries()) {
    for (const group of repository.duplicates(start, starts[index + 1] ?? 'g')) {
      const present = group.map((row) => ordinalOf(columns, row)).filter((ordinal) => ordinal >= 0);
      if (present.length > 1) for (const ordinal of present) columns.flags[ordinal]! |= bit;
    }
    await pace();
  }
}

/** Marks images whose file is gone, and no others. */
export function loadMissing({ columns, repository }: Loading): void {
  const bit = qualityBit('missing');
  for (let ordinal = 0; ordinal < columns.count; ordinal++) columns.flags[ordinal]! &= ~bit;
  for (const row of repository.missing()) {
    const ordinal = ordinalOf(columns, row);
    if (ordinal >= 0) columns.flags[ordinal]! |= bit;
  }
}

/** Marks images of a size or a shape far from what most of the project has, and no others. */
export async function loadOddSizes({ columns, pace }: Loading): Promise<void> {
  const { count, sizes, aspects, flags } = columns;
  const bit = qualityBit('oddSize');
  const odd = await paced(markOddSizes(sizes.subarray(0, count), aspects.subarray(0, count)), pace);
  for (let ordinal = 0; ordinal < count; ordinal++)
    flags[ordinal] = odd[ordinal] === 1 ? flags[ordinal]! | bit : flags[ordinal]! & ~bit;
}

/** Row numbers of a portion: behind the first, up to and with the second. */
function rowRange({ rows, count }: ImageColumns, ordinal: number): [number, number] {
  return [
    ordinal === 0 ? 0 : rows[ordinal - 1]!,
    rows[Math.min(ordinal + portion, count) - 1] ?? Number.MAX_SAFE_INTEGER,
  ];
}

/**
 * When an event was made: the first 48 bits of a version 7 UUID are milliseconds since 1970 (RFC 9562, 5.7). Reading
 * `at` instead would cost a look into the journal for every image.
 */
export function timeOfEvent(id: string): number {
  const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return Number.isNaN(time) ? 0 : time;
}

/**
 * Takes over what stands in the database of some images: labels of record, words and whether something is drawn.
 * Parses each distinct word once, as most are alike.
 */
function createLabelTaker({ columns, repository }: Loading): (rows: ArrayLike<number>) => void {
  const kinds = repository.readerKinds();
  const { kind, level, heirs } = repository.labelRules();
  const setOf = createSetFinder(columns);
  const parsed = new Map<string, { bits: number; said: number }>();

  function parse(value: string): { bits: number; said: number } {
    const known = parsed.get(value);
    if (known) return known;
    const word = JSON.parse(value) as LabelValue;
    const label = recordValue(word, kind, heirs);
    const bits =
      (label ? wordBits.labelled : 0) |
      (word.skipped ? wordBits.skipped : 0) |
      (word.unsure ? wordBits.unsure : 0) |
      (word.bookmarked ? wordBits.bookmarked : 0) |
      (word.comment === undefined ? 0 : wordBits.commented);
    const made = { bits, said: saidOf(label) };
    // Comments are all different: they would fill the memory.
    if (word.comment === undefined) parsed.set(value, made);
    return made;
  }

  function saidOf(label: RecordValue | null): number {
    if (!label) return NaN;
    if ('number' in label) return label.number;
    return setOf('class' in label ? [label.class] : label.classes);
  }

  function takeWord(ordinal: number, reader: string, value: string): void {
    const word = parse(value);
    const to = readerColumns(columns, reader, kinds.get(reader) === 'person');
    const before = to.words[ordinal]!;
    // The label that comes later stands; notes at several levels are all notes on the image.
    const replaces = (word.bits & (wordBits.labelled | wordBits.skipped)) !== 0;
    to.words[ordinal] = word.bits | (replaces ? before & notes : before);
    if (replaces) to.said[ordinal] = word.said;
  }

  return (rows) => {
    const ordinals = Int32Array.from(rows, (row) => ordinalOf(columns, row));
    for (const ordinal of ordinals) forgetLabels(columns, ordinal);
    for (const words of repository.words(rows, level))
      for (const [row, reader, value] of words) takeWord(ordinalOf(columns, row), reader, value);
    for (const [row, classId, classes, number, event] of repository.records(rows)) {
      const ordinal = ordinalOf(columns, row);
      if (number !== null) columns.numbers[ordinal] = number;
      else
        columns.labels[ordinal] =
          classId === null ? setOf(JSON.parse(classes!) as string[]) : setOf([classId]);
      columns.labelledAt[ordinal] = timeOfEvent(event);
    }
    for (const row of repository.annotated(rows)) columns.annotated[ordinalOf(columns, row)] = 1;
    for (const ordinal of ordinals) updateStatus(columns, ordinal);
  };
}

/** What stays of a word at one level where a label at another goes before it. */
const notes = wordBits.commented | wordBits.bookmarked;

function forgetLabels(columns: ImageColumns, ordinal: number): void {
  columns.labels[ordinal] = -1;
  columns.numbers[ordinal] = NaN;
  columns.labelledAt[ordinal] = -1;
  columns.annotated[ordinal] = 0;
  for (const { words, said } of columns.readers.values()) {
    words[ordinal] = 0;
    said[ordinal] = NaN;
  }
}

/** Finds the position of a sorted set of classes in `labelSets`, added when new. */
function createSetFinder({ classIds, labelSets }: ImageColumns): (classes: readonly string[]) => number {
  const classAt = new Map(classIds.map((id, index) => [id, index]));
  const keyOf = (classes: readonly string[]): string => classes.join();
  const setAt = new Map(labelSets.map((set, index) => [keyOf(set.map((at) => classIds[at]!)), index]));
  const positionOf = (id: string): number => {
    const known = classAt.get(id);
    if (known !== undefined) return known;
    const at = classIds.push(id) - 1;
    classAt.set(id, at);
    return at;
  };
  return (classes) => {
    const key = keyOf(classes);
    const known = setAt.get(key);
    if (known !== undefined) return known;
    const at = labelSets.push(classes.map(positionOf)) - 1;
    setAt.set(key, at);
    return at;
  };
}
