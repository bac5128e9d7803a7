import { splitParts } from '../../contract/dataset.ts';
import type { LabelValue } from '../../contract/label.ts';
import { qualityOf } from '../../core/quality.ts';
import type { IndexRepository, IndexStamp, WordRow } from '../db/index-repository.ts';
import {
  type ImageColumns,
  ordinalOf,
  qualityBit,
  readerColumns,
  reserve,
  updateStatus,
  wordBits,
} from './image-index-columns.ts';

/** The patients' keys by row number, and row numbers by id: what images name them by. */
export interface PatientKeys {
  keys: string[];
  rowById: Map<string, number>;
}

/** What loading works with: `pace` lets others have their turn between portions. */
export interface Loading {
  columns: ImageColumns;
  patients: PatientKeys;
  repository: IndexRepository;
  pace: () => Promise<void>;
}

/** Images a portion: about 3 ms. */
const portion = 1500;

/** Reads patients behind the highest known one. */
export async function loadPatients({ patients, repository, pace }: Loading): Promise<void> {
  for (;;) {
    const rows = repository.patients(Math.max(0, patients.keys.length - 1), portion);
    for (const [row, id, key] of rows) {
      patients.keys[row] = key;
      patients.rowById.set(id, row);
    }
    if (rows.length < portion) return;
    await pace();
  }
}

/** Reads images behind the highest known one, without labels and parts. */
export async function loadImages({ columns, patients, repository, pace }: Loading): Promise<void> {
  for (;;) {
    const rows = repository.images(columns.count === 0 ? 0 : columns.rows[columns.count - 1]!, portion);
    reserve(columns, columns.count + rows.length);
    for (const [row, patient, width, height, generated, mean, deviation, sharpness] of rows) {
      const ordinal = columns.count++;
      columns.rows[ordinal] = row;
      columns.patients[ordinal] = patient === null ? 0 : (patients.rowById.get(patient) ?? 0);
      columns.sizes[ordinal] = width * height;
      let flags = 0;
      for (const flag of qualityOf({ mean, deviation, sharpness, generated: generated === 1 }))
        flags |= qualityBit(flag);
      columns.flags[ordinal] = flags;
    }
    if (rows.length < portion) return;
    await pace();
  }
}

/** Reads the current words of all readers on all images. */
export async function loadWords(loading: Loading): Promise<void> {
  const { columns, repository, pace } = loading;
  const take = createWordTaker(loading);
  for (let ordinal = 0; ordinal < columns.count; ordinal += portion) {
    take(repository.words(...rowRange(columns, ordinal)));
    await pace();
  }
}

/** Applies the label events behind position `after`, up to and with `upTo`. */
export async function loadLabelChanges(loading: Loading, after: number, upTo: number): Promise<void> {
  const { columns, repository, pace } = loading;
  const take = createWordTaker(loading);
  for (let position = after; position < upTo; position += portion) {
    const end = Math.min(position + portion, upTo);
    const touched = new Set<number>();
    for (const [row, reader] of repository.changes(position, end)) {
      const ordinal = ordinalOf(columns, row);
      if (ordinal < 0) continue;
      touched.add(ordinal);
      columns.classes[ordinal] = -1;
      columns.labelledAt[ordinal] = -1;
      const said = columns.readers.get(reader);
      if (!said) continue;
      said.words[ordinal] = 0;
      said.classes[ordinal] = -1;
    }
    take(repository.changedWords(position, end));
    for (const ordinal of touched) updateStatus(columns, ordinal);
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
      columns.parts[ordinalOf(columns, row)] = splitParts.indexOf(part) + 1;
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
      for (const row of group) {
        const ordinal = ordinalOf(columns, row);
        if (ordinal >= 0) columns.flags[ordinal]! |= bit;
      }
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

/** Row numbers of a portion: behind the first, up to and with the second. */
export function rowRange({ rows, count }: ImageColumns, ordinal: number): [number, number] {
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

/** Takes words over into the columns; parses each distinct one once, as most are alike. */
function createWordTaker({ columns, repository }: Loading): (rows: readonly WordRow[]) => void {
  const kinds = repository.readerKinds();
  const classIndex = new Map(columns.classIds.map((id, index) => [id, index]));
  const parsed = new Map<string, { bits: number; class: number }>();

  function parse(value: string): { bits: number; class: number } {
    const known = parsed.get(value);
    if (known) return known;
    const word = JSON.parse(value) as LabelValue;
    let index = word.class === undefined ? -1 : (classIndex.get(word.class) ?? -2);
    if (index === -2) {
      index = columns.classIds.push(word.class!) - 1;
      classIndex.set(word.class!, index);
    }
    const labelled = index >= 0 || word.number !== undefined;
    const bits =
      (labelled ? wordBits.labelled : 0) |
      (word.skipped ? wordBits.skipped : 0) |
      (word.unsure ? wordBits.unsure : 0) |
      (word.comment === undefined ? 0 : wordBits.commented);
    const made = { bits, class: index };
    // Comments are all different: they would fill the memory.
    if (word.comment === undefined) parsed.set(value, made);
    return made;
  }

  return (rows) => {
    for (const [row, reader, value, isRecord, event] of rows) {
      const ordinal = ordinalOf(columns, row);
      if (ordinal < 0) continue;
      const word = parse(value);
      const said = readerColumns(columns, reader, kinds.get(reader) === 'person');
      said.words[ordinal] = word.bits;
      said.classes[ordinal] = word.class;
      if (isRecord === 1) {
        columns.classes[ordinal] = word.class;
        if (event !== undefined) columns.labelledAt[ordinal] = timeOfEvent(event);
      }
      updateStatus(columns, ordinal);
    }
  };
}
