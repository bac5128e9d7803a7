import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { TableReading } from '../../contract/table.ts';
import { counted, listed } from '../../core/words.ts';
import { badTable, requireColumn, tableLines } from '../dataset/label-table.ts';

/** What the column of patients may be called. */
export const patientColumns = ['patient', 'patient_id', 'patientid', 'patient id', 'id'];

/** A line about a patient. */
export interface TableLine {
  line: number;
  patient: string;
  /** A cell for each header; null: missing. */
  cells: (string | null)[];
}

/** A file of clinical values as text. */
export interface TableFile {
  /** Its name. */
  file: string;
  /** Header of the column of patients. */
  key: string;
  /** Of the other columns that have a name, in their order. */
  headers: string[];
  lines: TableLine[];
  /** What cannot be read as it is meant, a sentence each. */
  problems: string[];
  warnings: string[];
}

/**
 * Reads a CSV file with a line for each patient.
 * @throws ReadroomError `badTable` for what is no table, has no column of patients or two columns of one name; `usage`
 *   for a choice about a column that is not there; `fileNotFound`
 */
export async function readTableFile(input: TableReading): Promise<TableFile> {
  const file = path.basename(input.file);
  const missing = new Set(['', ...input.missing.map((word) => word.toLowerCase())]);
  const cellOf = (text: string | undefined): string | null =>
    text === undefined || missing.has(text.toLowerCase()) ? null : text;
  let header: Header | null = null;
  const lines: TableLine[] = [];
  const tooLong: number[] = [];
  let withoutPatient = 0;
  for await (const { cells, line } of tableLines(input.file)) {
    if (header === null) {
      header = readHeader(file, cells, input);
      continue;
    }
    if (cells.slice(header.width).some((cell) => cell !== '')) tooLong.push(line);
    const patient = cells[header.key] ?? '';
    if (patient === '') withoutPatient += Number(cells.some((cell) => cell !== ''));
    else lines.push({ line, patient, cells: header.places.map((place) => cellOf(cells[place])) });
  }
  // `tableLines` refuses a file without a first line.
  const { key, names, places, unnamed } = header!;
  return {
    ...{ file, key: names[key]!, headers: places.map((place) => names[place]!), lines },
    problems: [...problemsOf(file, header!, lines, tooLong)],
    warnings: [
      ...(withoutPatient === 0
        ? []
        : [
            `${counted(withoutPatient, 'line')} without a patient ${withoutPatient === 1 ? 'is' : 'are'} passed over.`,
          ]),
      ...unnamed.map((place) => `Column ${place + 1} has no name in the first line, and is left out.`),
    ],
  };
}

interface Header {
  names: string[];
  /** Cells of the first line, without empty ones at its end. */
  width: number;
  /** Place of the column of patients. */
  key: number;
  /** Places of the other columns that have a name. */
  places: number[];
  unnamed: number[];
}

function readHeader(file: string, names: string[], { key: asked, columns }: TableReading): Header {
  const width = names.findLastIndex((name) => name !== '') + 1;
  const key = requireColumn(file, names, asked === undefined ? patientColumns : [asked], 'patients');
  const all = names.slice(0, width).map((_, place) => place);
  const named = all.filter((place) => names[place] !== '');
  const twice = named.find((place) => names.indexOf(names[place]!) !== place);
  if (twice !== undefined) {
    throw badTable(
      `${file} has two columns called "${names[twice]}".`,
      'Rename one of them in the first line.',
    );
  }
  const places = named.filter((place) => place !== key);
  const strange = Object.keys(columns).find((name) => !places.some((place) => names[place] === name));
  if (strange !== undefined) {
    throw new ReadroomError(
      'usage',
      `${file} has no column "${strange}" of values.`,
      `Its columns are ${listed(
        places.map((place) => `"${names[place]}"`),
        20,
      )}.`,
    );
  }
  return { names, width, key, places, unnamed: all.filter((place) => names[place] === '') };
}

function* problemsOf(
  file: string,
  { width, places }: Header,
  lines: readonly TableLine[],
  tooLong: readonly number[],
): Generator<string> {
  if (places.length === 0) yield `${file} has no column beside that of the patients.`;
  if (lines.length === 0) yield `${file} has no line with a patient.`;
  const [first] = tooLong;
  if (first === undefined) return;
  const which = `${tooLong.length === 1 ? 'Line' : 'Lines'} ${listed(tooLong.map(String))}`;
  yield `${which} of ${file} ${tooLong.length === 1 ? 'has' : 'have'} more cells than the first line has names (${width}). Put cells with commas into quotes, or separate by semicolons.`;
}
