import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { parse, CsvError } from 'csv-parse';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelKind } from '../../contract/project.ts';
import { textOfCell } from '../../core/table-cells.ts';

/** One line of a label table. */
export interface TableRow {
  /** As written in the image column. */
  image: string;
  /** A class or, in a project of numbers, a number, as written. */
  label: string | null;
  patientKey: string | null;
  /** Which picture of the file it is about, from 0; null: all. */
  frame: number | null;
  /** Line in the file, from 1. */
  line: number;
}

/** What the column of images may be called. */
export const imageColumns = ['file', 'image', 'path', 'filename', 'image_id', 'id', 'name'];
/** What the column of numbers may be called, before those of classes. */
export const numberColumns = ['number', 'value'];
/** What the column of classes may be called. */
export const classColumns = ['label', 'class', 'diagnosis', 'finding', 'target'];
const delimiters = [',', ';', '\t'];
const pieceLength = 65_536;
const rowsATurn = 2000;

export function badTable(message: string, hint: string, data: Record<string, unknown> = {}): ReadroomError {
  return new ReadroomError('badTable', message, hint, data);
}

/** UTF-8, UTF-16 with its mark, else Windows-1252, which is what spreadsheets write. */
function decodeText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The delimiter that cuts the first line into most fields. */
function detectDelimiter(text: string): string {
  const firstLine = (/^[^\r\n]*/.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '');
  const count = (delimiter: string): number => firstLine.split(delimiter).length;
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best));
}

function* pieces(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += pieceLength) yield text.slice(start, start + pieceLength);
}

/** Place of the first column called one of these, any case; -1 where there is none. */
export function findColumn(header: readonly string[], wanted: readonly string[]): number {
  const names = header.map((name) => name.trim().toLowerCase());
  // In the order of `wanted`: a table may have both `id` and `file`.
  for (const name of wanted) {
    const found = names.indexOf(name.toLowerCase());
    if (found >= 0) return found;
  }
  return -1;
}

/** As `findColumn`. @throws ReadroomError `badTable` where there is none, with the names of all `columns` */
export function requireColumn(
  file: string,
  header: readonly string[],
  wanted: readonly string[],
  what: string,
): number {
  const found = findColumn(header, wanted);
  if (found >= 0) return found;
  const columns = header.map((name) => `"${name}"`).join(', ');
  const names = wanted.length === 1 ? `called "${wanted[0]}"` : `(one of ${wanted.join(', ')})`;
  throw badTable(
    `${file} has no column of ${what} ${names}; its columns are ${columns}.`,
    'The first line names the columns, separated by comma, semicolon or tab.',
    { columns: header },
  );
}

/** Place of the column that holds labels of a kind. @throws ReadroomError `badTable` where there is none */
export const requireLabelColumn = (file: string, header: readonly string[], kind: LabelKind): number =>
  kind === 'number'
    ? requireColumn(file, header, [...numberColumns, ...classColumns], 'numbers')
    : requireColumn(file, header, classColumns, 'classes');

async function readText(file: string): Promise<string> {
  try {
    return decodeText(await readFile(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT')
      throw new ReadroomError('fileNotFound', `There is no table "${file}".`, 'Check the path.');
    if (code === 'EISDIR') throw badTable(`${file} is a folder.`, 'Give a CSV file.');
    throw error;
  }
}

const frameOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;

/**
 * The lines of a CSV file as cells, the header first, with their number in the file, from 1.
 * @throws ReadroomError `badTable` naming the line, `fileNotFound`
 */
export async function* tableLines(file: string): AsyncGenerator<{ cells: string[]; line: number }> {
  const text = await readText(file);
  const parser = Readable.from(pieces(text)).pipe(
    parse({
      bom: true,
      delimiter: detectDelimiter(text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }),
  );
  let lines = 0;
  try {
    for await (const entry of parser) {
      const { record, info } = entry as { record: string[]; info: { lines: number } };
      yield { cells: record.map(textOfCell), line: info.lines };
      lines += 1;
      if (lines % rowsATurn === 0) await nextTurn();
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw badTable(`${file} is not a readable table: ${error.message}.`, 'Save it again as CSV.');
  }
  if (lines === 0) throw badTable(`${file} is empty.`, 'The first line names the columns.');
}

/** Names of a table's columns. @throws ReadroomError `badTable`, `fileNotFound` */
export async function tableColumns(file: string): Promise<string[]> {
  for await (const { cells } of tableLines(file)) return cells.filter((name) => name !== '');
  return [];
}

/**
 * Reads labels, and patients when a column is named for them, from a CSV file with a header.
 * @throws ReadroomError `badTable` (naming the columns or the line), `fileNotFound`
 */
export async function readLabelTable(
  file: string,
  patientColumn: string | null,
  kind: LabelKind = 'single',
): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  let columns: { image: number; label: number; patient: number; frame: number } | null = null;
  for await (const { cells: record, line } of tableLines(file)) {
    if (!columns) {
      columns = {
        image: requireColumn(file, record, imageColumns, 'images'),
        label: requireLabelColumn(file, record, kind),
        patient: patientColumn === null ? -1 : requireColumn(file, record, [patientColumn], 'patients'),
        frame: findColumn(record, ['frame']),
      };
      continue;
    }
    const image = record[columns.image] ?? '';
    if (image === '') continue;
    rows.push({
      image,
      label: record[columns.label] || null,
      patientKey: record[columns.patient] || null,
      frame: frameOf(record[columns.frame]),
      line,
    });
  }
  return rows;
}
