import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import {
  type ClinicalColumn,
  type ClinicalValue,
  mostListedPatients,
  type ReadColumn,
  type TableReading,
  type TableReport,
} from '../../contract/table.ts';
import { kindNouns, type TypedColumn, typedColumn, withDistinctNames } from '../../core/clinical-columns.ts';
import { columnSummary } from '../../core/clinical-summary.ts';
import { compareCodeUnits } from '../../core/natural-order.ts';
import { counted, listed } from '../../core/words.ts';
import { idOfTable } from '../db/stable-ids.ts';
import type { ProjectSession } from '../project/session.ts';
import { readTableFile, type TableFile, type TableLine } from './read-file.ts';

/** A table as it would come in. */
export interface TablePlan {
  report: TableReport;
  /** Made of its content. */
  id: string;
  columns: ClinicalColumn[];
  /** Values in the columns' order, by ids of patients. */
  rows: [patient: string, cells: ClinicalValue[]][];
}

const shownCellLength = 40;
const mostShown = 20;

/** What would come in of a file. @throws ReadroomError as `readTableFile` */
export async function planTable(
  session: ProjectSession,
  input: TableReading,
  dryRun: boolean,
): Promise<TablePlan> {
  const table = await readTableFile(input);
  const known = new Map(session.clinical.patients().map(({ id, key }) => [key, id]));
  const inProject = table.lines.filter(({ patient }) => known.has(patient));
  // Of a table of strangers it is shown all the same what its columns are.
  const lines = inProject.length > 0 ? inProject : table.lines;
  const typed = await typedColumns(table, lines, input);
  const taken = typed.filter(({ column }) => column !== null);
  const columns = taken.map(({ column }) => column!);
  const { places, conflicts } = byPatient(lines, taken);
  const { rows, id } = await rowsOf(session, {
    ...{ columns, taken, known },
    places: inProject.length > 0 ? places : [],
  });
  const patients = new Set(table.lines.map(({ patient }) => patient));
  const unknown = [...patients].filter((key) => !known.has(key));
  const report: TableReport = {
    ...{ file: table.file, dryRun, key: table.key },
    ...{ rows: table.lines.length, patients: patients.size, matched: rows.length },
    unknown: someOf(unknown),
    withoutRow: someOf([...known.keys()].filter((key) => !patients.has(key))),
    columns: await readColumns(typed, places),
    refusedCells: refusedCells(typed, lines),
    conflicts: { n: conflicts.length, first: conflicts.slice(0, mostShown) },
    problems: [
      ...table.problems,
      ...problemsOf(table, { known: [...known.keys()], unknown, typed, matched: rows.length }),
      ...conflictProblem(conflicts.map(({ patient }) => patient)),
    ],
    warnings: [...table.warnings, ...typed.flatMap(({ warnings }) => warnings)],
    alreadyPresent: session.clinical.current()?.id === id,
  };
  return { report, id, columns, rows };
}

/** The first line of each patient, in the order of their keys, and who has others that say something else. */
function byPatient(
  lines: readonly TableLine[],
  taken: readonly TypedColumn[],
): { places: [patient: string, place: number][]; conflicts: { patient: string; message: string }[] } {
  const first = new Map<string, number>();
  const conflicts = new Map<string, string>();
  for (const [place, { patient }] of lines.entries()) {
    const before = first.get(patient);
    const message = before === undefined ? null : contradiction(lines, before, place, taken);
    if (before === undefined) first.set(patient, place);
    else if (message !== null && !conflicts.has(patient)) conflicts.set(patient, message);
  }
  return {
    places: [...first].sort(([a], [b]) => compareCodeUnits(a, b)),
    conflicts: [...conflicts].map(([patient, message]) => ({ patient, message })),
  };
}

const rowsATurn = 1000;

/**
 * Rows as they are kept, and the id of the table, made of its columns and rows by patients' keys: the order of lines
 * makes no other table.
 */
async function rowsOf(
  session: ProjectSession,
  table: {
    columns: readonly ClinicalColumn[];
    taken: readonly TypedColumn[];
    known: ReadonlyMap<string, string>;
    places: readonly (readonly [patient: string, place: number])[];
  },
): Promise<Pick<TablePlan, 'rows' | 'id'>> {
  const hash = createHash('sha256').update(JSON.stringify(table.columns));
  const rows: TablePlan['rows'] = [];
  for (const [patient, place] of table.places) {
    const cells = table.taken.map(({ values }) => values[place] ?? null);
    hash.update(`\n${JSON.stringify([patient, cells])}`);
    rows.push([table.known.get(patient)!, cells]);
    if (rows.length % rowsATurn === 0) await nextTurn();
  }
  return { rows, id: idOfTable(session.projects.get()!.id, hash.digest('hex')) };
}

const someOf = (keys: readonly string[]) => ({ n: keys.length, first: keys.slice(0, mostListedPatients) });

async function typedColumns(
  { headers }: TableFile,
  lines: readonly TableLine[],
  input: TableReading,
): Promise<TypedColumn[]> {
  const typed: TypedColumn[] = [];
  for (const [at, header] of headers.entries()) {
    typed.push(typedColumn({ header, cells: lines.map(({ cells }) => cells[at]!) }, input.columns[header]));
    await nextTurn();
  }
  return withDistinctNames(typed);
}

/** Each patient counts once, by the first of its lines. */
async function readColumns(
  typed: readonly TypedColumn[],
  places: readonly (readonly [patient: string, place: number])[],
): Promise<ReadColumn[]> {
  const patients = places.map(([patient]) => patient);
  const columns: ReadColumn[] = [];
  for (const { header, column, leftOut, values } of typed) {
    const own = places.map(([, place]) => values[place] ?? null);
    const summary = column === null ? null : columnSummary(column, own, patients);
    columns.push({ header, column, leftOut, summary });
    await nextTurn();
  }
  return columns;
}

const shown = (cell: string): string =>
  cell.length > shownCellLength ? `${cell.slice(0, shownCellLength)}…` : cell;

function refusedCells(
  typed: readonly TypedColumn[],
  lines: readonly TableLine[],
): TableReport['refusedCells'] {
  const all = typed.flatMap(({ column, refused, header }, at) =>
    column === null ? [] : refused.map((place) => ({ place, at, header, kind: column.kind })),
  );
  const first = all
    .sort((a, b) => a.place - b.place)
    .slice(0, mostShown)
    .map(({ place, at, header, kind }) => {
      const { line, cells } = lines[place]!;
      const cell = shown(cells[at]!);
      return {
        line,
        column: header,
        cell,
        message: `Line ${line}, ${header}: "${cell}" is not ${kindNouns[kind]}.`,
      };
    });
  return { n: all.length, first };
}

/** Where two lines of a patient say different things; null where they say the same. */
function contradiction(
  lines: readonly TableLine[],
  first: number,
  second: number,
  taken: readonly TypedColumn[],
): string | null {
  const differing = taken.find(({ values }) => values[first] !== values[second]);
  if (differing === undefined) return null;
  const said = (place: number): string => {
    const value = differing.values[place] ?? null;
    if (value === null) return 'nothing';
    return typeof value === 'boolean' ? (value ? 'yes' : 'no') : shown(String(value));
  };
  const { patient, line } = lines[first]!;
  return `${patient}: lines ${line} and ${lines[second]!.line} say ${said(first)} and ${said(second)} of ${differing.header}.`;
}

function conflictProblem(patients: readonly string[]): string[] {
  if (patients.length === 0) return [];
  const have = `${counted(patients.length, 'patient')} ${patients.length === 1 ? 'has' : 'have'}`;
  return [
    `${have} several lines that say different things: ${listed(patients, 10)}. Keep one line for each patient, or leave out the columns that differ.`,
  ];
}

function problemsOf(
  { file, lines }: TableFile,
  plan: { known: string[]; unknown: string[]; typed: readonly TypedColumn[]; matched: number },
): string[] {
  if (lines.length === 0) return [];
  const quoted = (keys: readonly string[]): string => listed(keys.slice(0, 3).map((key) => `"${key}"`));
  if (plan.known.length === 0) {
    return ['No image of this project has a patient. Import the images again with their patients first.'];
  }
  if (plan.matched === 0) {
    return [
      `None of the ${counted(plan.unknown.length, 'patient')} of ${file} is in this project: the file has ${quoted(plan.unknown)}, the project ${quoted(plan.known)}. Choose the column that names patients as the project does.`,
    ];
  }
  if (plan.typed.length === 0 || plan.typed.some(({ column }) => column !== null)) return [];
  const reasons = plan.typed.slice(0, 5).map(({ header, leftOut }) => `${header}: ${leftOut}`);
  return [`No column of ${file} can be taken in. ${reasons.join(' ')}`];
}
