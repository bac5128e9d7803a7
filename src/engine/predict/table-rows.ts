import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { type ClinicalColumn, type ClinicalValue, usualMissing } from '../../contract/table.ts';
import type { FeatureColumn, TableFeatures } from '../../contract/table-features.ts';
import { headerParts, kindNouns, numberOfText, yesNoOfText } from '../../core/clinical-columns.ts';
import { featureRows } from '../../core/table-features.ts';
import { listed } from '../../core/words.ts';
import { clinicalFeatures } from '../clinical/clinical-table.ts';
import { patientColumns } from '../clinical/read-file.ts';
import { badTable, findColumn, tableLines } from '../dataset/label-table.ts';
import type { ProjectSession } from '../project/session.ts';
import type { FoundPicture } from './pictures.ts';

/** A picture whose row is looked for. */
export interface TablePicture {
  readonly file: string;
  readonly picture: FoundPicture;
}

/** Rows of the clinical table for pictures, as features. */
export interface TableRows {
  /** One row of features after another. */
  readonly values: number[];
  /** Of each picture: what was taken as missing, and why. */
  readonly notes: readonly string[][];
}

interface FoundRow {
  /** Values by the names of the columns; null: nothing is said of the picture. */
  readonly values: ReadonlyMap<string, ClinicalValue> | null;
  readonly notes: readonly string[];
}

/** What the columns of pictures may be called; `id` and `name` are patients' as often. */
export const pictureColumns = ['file', 'image', 'path', 'filename', 'file_name', 'image_id'];

/**
 * Rows from a CSV file: by a column of file names, else by one of patients, whom a DICOM header or the project names.
 *
 * @throws ReadroomError `badTable` where the file has neither column, none of those the model reads, or one in another
 *   unit than in training; `fileNotFound`
 */
export async function rowsOfFile(
  file: string,
  features: TableFeatures,
  pictures: readonly TablePicture[],
  session: ProjectSession | null,
): Promise<TableRows> {
  const name = path.basename(file);
  const { columns, byFile, lines, notes } = await readLines(file, name, features);
  const found = pictures.map((one): FoundRow => {
    const keys = byFile ? fileKeys(one) : [patientOf(one, session)];
    const cells = keys.map((key) => (key === null ? undefined : lines.get(key))).find((row) => row);
    if (cells) {
      const row = valuesOf(features, columns, cells);
      return { ...row, notes: [...notes, ...row.notes] };
    }
    const [key] = keys;
    const whom = byFile ? 'the file' : key === null ? 'it, as its patient is not known' : `patient ${key}`;
    return {
      values: null,
      notes: [`${name} has no line for ${whom}: everything in it is taken as missing.`],
    };
  });
  return asFeatures(features, found);
}

/**
 * Rows of the project's own table, for pictures that are images of the project, or whose header names one of its patients.
 *
 * @throws ReadroomError `badTable` where a column is in another unit than in training
 */
export async function rowsOfProject(
  session: ProjectSession,
  features: TableFeatures,
  pictures: readonly TablePicture[],
): Promise<TableRows> {
  const patients = pictures.map((one) => patientOf(one, session));
  const table = await clinicalFeatures(session, patients);
  const unitsHere = table?.columns.map((column) => [column.name, unitOf(column)] as const);
  const notes = unitNotes('The clinical table', features, new Map(unitsHere));
  const found = patients.map((patient, at): FoundRow => {
    const row = table?.rows[at];
    if (table && row)
      return { values: new Map(table.columns.map(({ name }, column) => [name, row[column]!])), notes };
    const why = !table
      ? 'the project has no clinical table'
      : patient === null
        ? 'its patient is not known'
        : `the clinical table says nothing of patient ${patient}`;
    return { values: null, notes: [`Everything of the clinical table is taken as missing: ${why}.`] };
  });
  return asFeatures(features, found);
}

/** Whom a picture is of: as the project has it of its images, else as the file's header has it. */
export function patientOf({ picture }: TablePicture, session: ProjectSession | null): string | null {
  const image = session?.dataset.imageAt(picture.path, picture.frame) ?? null;
  return (image === null ? null : session!.clinical.patientOfImage(image)) ?? picture.patient;
}

/** The ways in which a table may name a file, the whole path first. */
export function fileKeys({ file, picture }: TablePicture): string[] {
  const levels = picture.path.split(/[\\/]/).filter((level) => level !== '');
  const suffixes = levels.map((_, from) => levels.slice(from).join('/'));
  return [file, picture.path, ...suffixes].map((key) => key.replaceAll('\\', '/'));
}

interface Lines {
  /** Place in the cells of each column that the model reads; -1: the file has it not. */
  readonly columns: ReadonlyMap<string, number>;
  readonly byFile: boolean;
  /** What is to be known of all lines. */
  readonly notes: readonly string[];
  readonly lines: ReadonlyMap<string, readonly string[]>;
}

async function readLines(file: string, name: string, features: TableFeatures): Promise<Lines> {
  let head: Head = { columns: new Map(), byFile: false, notes: [], key: -1 };
  const lines = new Map<string, readonly string[]>();
  let isHeader = true;
  for await (const { cells, line } of tableLines(file)) {
    if (isHeader) {
      head = headOf(name, cells, features);
      isHeader = false;
      continue;
    }
    const key = (cells[head.key] ?? '').replaceAll('\\', '/');
    if (key === '') continue;
    const before = lines.get(key);
    if (before && [...head.columns.values()].some((at) => (before[at] ?? '') !== (cells[at] ?? '')))
      throw badTable(
        `${name} says two different things of ${key}, the second in line ${line}.`,
        'Leave one.',
      );
    lines.set(key, cells);
  }
  return { ...head, lines };
}

/** What the first line says; `key` is the place of the column that names files or patients. */
type Head = Omit<Lines, 'lines'> & { readonly key: number };

function headOf(name: string, header: readonly string[], features: TableFeatures): Head {
  const { columns } = features;
  const ofFiles = findColumn(header, pictureColumns);
  const key = ofFiles >= 0 ? ofFiles : findColumn(header, patientColumns);
  if (key < 0) {
    throw badTable(
      `${name} has neither a column of files nor one of patients; its columns are ${quoted(header)}.`,
      'Call the column of file names "file", or that of patients "patient".',
    );
  }
  const places = new Map(columns.map((column) => [column.column, placeOf(header, column)]));
  if ([...places.values()].every((at) => at < 0)) {
    const wanted = quoted(columns.map(({ column }) => column));
    throw badTable(
      `${name} has none of the columns that the model reads: ${wanted}; its columns are ${quoted(header)}.`,
      'Call the columns as they were called in training.',
    );
  }
  const units = [...places].flatMap(([column, at]) =>
    at < 0 ? [] : [[column, headerParts(header[at]!).unit] as const],
  );
  return {
    columns: places,
    byFile: ofFiles >= 0,
    key,
    notes: unitNotes(name, features, new Map(units)),
  };
}

/** Where the column is that is meant: of several of its name the one in its unit, else one that says none; -1: nowhere. */
function placeOf(header: readonly string[], column: FeatureColumn): number {
  const parts = header.map((text, at) => ({ at, text, ...headerParts(text) }));
  const named = parts.filter(({ text, name }) => text === column.column || name === column.column);
  const inUnit = named.find(({ unit }) => plainUnit(unit) === plainUnit(unitOf(column)));
  return (inUnit ?? named.find(({ text }) => text === column.column) ?? named[0])?.at ?? -1;
}

const unitOf = (column: FeatureColumn | ClinicalColumn): string =>
  column.kind === 'number' ? column.unit : '';

/** Units that are written otherwise are the same: a large L of litres, another letter for micro, blanks. */
const plainUnit = (unit: string): string =>
  unit
    .normalize('NFKC')
    .replaceAll(/\s/g, '')
    .replaceAll(/L(?![a-z])/gi, 'l');

/**
 * What is not known of units, a sentence each.
 *
 * @param units by the names of the columns that are there; empty where none is said
 * @throws ReadroomError `badTable` where a number is in another unit than in training
 */
function unitNotes(name: string, { columns }: TableFeatures, units: ReadonlyMap<string, string>): string[] {
  return columns.flatMap((column) => {
    const [trained, given] = [unitOf(column), units.get(column.column)];
    if (column.kind !== 'number' || given === undefined || plainUnit(trained) === plainUnit(given)) return [];
    if (trained !== '' && given !== '') {
      throw badTable(
        `${name} has ${column.column} in ${given}, and the model was trained on ${trained}.`,
        `Give the numbers in ${trained}, in a column called "${column.column} (${trained})".`,
      );
    }
    return [
      given === ''
        ? `${name} says no unit of ${column.column}: it is taken to be in ${trained}, as in training.`
        : `${name} has ${column.column} in ${given}, and of training no unit is known: it is taken to be the same.`,
    ];
  });
}

export const quoted = (names: readonly string[]): string =>
  listed(
    names.map((one) => `"${one}"`),
    20,
  );

function valuesOf(
  { columns, missing = usualMissing }: TableFeatures,
  places: Lines['columns'],
  cells: readonly string[],
): FoundRow {
  const notes: string[] = [];
  const values = columns.map((column): [string, ClinicalValue] => {
    const text = cells[places.get(column.column)!] ?? '';
    const isMissing = text === '' || missing.some((word) => word.toLowerCase() === text.toLowerCase());
    const value = isMissing ? null : parsed(column, text);
    if (!isMissing && value === null)
      notes.push(`${column.column} is "${text}", which is not ${kindNouns[column.kind]}.`);
    return [column.column, value];
  });
  return { values: new Map(values), notes };
}

function parsed({ kind }: FeatureColumn, text: string): ClinicalValue {
  if (kind === 'number') return numberOfText(text);
  return kind === 'yesNo' ? yesNoOfText(text) : text;
}

function asFeatures(features: TableFeatures, found: readonly FoundRow[]): TableRows {
  const names = features.columns.map(({ column }) => column);
  const rows = found.map(({ values }) => names.map((column) => values?.get(column) ?? null));
  const made = featureRows(features, names, rows);
  const strange = new Map(
    made.unfit.flatMap(({ row, column, value }) => (value === null ? [] : [[`${row} ${column}`, value]])),
  );
  const notes = found.map(({ values, notes: said }, row) => {
    const missing = names.filter((column) => values !== null && (values.get(column) ?? null) === null);
    return [
      ...said,
      ...(missing.length === 0 ? [] : [`Taken as missing, as in training: ${listed(missing, 20)}.`]),
      ...names.flatMap((column) => {
        const value = strange.get(`${row} ${column}`);
        return value === undefined ? [] : [`${column} "${String(value)}" was not met in training.`];
      }),
    ];
  });
  return { values: [...made.values], notes };
}

/** The model reads a clinical table, and nothing says where it is. */
export function tableWanted({ columns }: TableFeatures): ReadroomError {
  return new ReadroomError(
    'usage',
    `This model reads a clinical table beside the picture: ${quoted(columns.map(({ column }) => column))}.`,
    'Give a CSV file with a column of file names or of patients with --table.',
  );
}
