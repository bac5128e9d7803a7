import { setImmediate as nextTurn } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import { openReading } from '../../contract/round-id.ts';
import {
  type ClinicalColumn,
  type ClinicalTable,
  type ClinicalValue,
  mostListedPatients,
  type PatientValues,
  type TableReading,
  type TableReport,
  type TableRows,
  usualMissing,
} from '../../contract/table.ts';
import { columnSummary } from '../../core/clinical-summary.ts';
import { unknownImage } from '../dataset/image-detail.ts';
import { badTable } from '../dataset/label-table.ts';
import type { ClinicalRow } from '../db/clinical-repository.ts';
import type { StoredTableChoice } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';
import { planTable } from './plan.ts';

/** About 50 ms of writing, and less of reading. */
const rowsPerChunk = 1000;

/** What would come in of a file. @throws ReadroomError as `readTableFile` */
export async function previewTable(session: ProjectSession, input: TableReading): Promise<TableReport> {
  return (await planTable(session, input, true)).report;
}

/**
 * Takes a table in, in place of the one that stands; an undo of the reader brings that back. Without a reader nobody
 * did it, and nobody has anything to undo. Rows are written before
 * the table stands, so that a broken import has changed nothing.
 * @throws ReadroomError `badTable` with what the report calls problems, `projectReadOnly`, `unknownReader`, and as
 *   `readTableFile`
 */
export async function importTable(
  session: ProjectSession,
  input: TableReading & { reader: string | null },
): Promise<TableReport> {
  session.writing();
  const { report, id, columns, rows } = await planTable(session, input, false);
  const [problem] = report.problems;
  if (problem !== undefined) throw badTable(problem, 'Nothing was changed.');
  if (report.alreadyPresent) return report;
  const createdAt = new Date().toISOString();
  const { missing } = input;
  session.clinical.keepTable({ id, file: report.file, patients: rows.length, createdAt, missing }, columns);
  for (let start = 0; start < rows.length; start += rowsPerChunk) {
    session.clinical.keepRows(id, rows.slice(start, start + rowsPerChunk));
    await nextTurn();
  }
  choose(session, id, input.reader);
  return report;
}

/** Takes the table out, which an undo takes back. Returns whether there was one. @throws ReadroomError `projectReadOnly` */
export function removeTable(session: ProjectSession, reader: string): boolean {
  session.writing();
  if (session.clinical.current() === null) return false;
  choose(session, null, reader);
  return true;
}

function choose(session: ProjectSession, table: string | null, reader: string | null): void {
  const { journal } = session.writing();
  const actor = session.projects.readerNamed(reader ?? 'import', reader === null ? 'import' : 'person').id;
  const to: StoredTableChoice = { table };
  journal.set([{ target: { kind: 'setting', id: 'clinical' }, to }], { actor, round: openReading });
}

/** The table that stands, with how its values lie over the project's patients; null: there is none. */
export async function clinicalTable(session: ProjectSession): Promise<ClinicalTable | null> {
  const { clinical } = session;
  const table = clinical.current();
  if (table === null) return null;
  const rows: ClinicalRow[] = [];
  for (const page of pagesOf(session, table.id)) {
    rows.push(...page);
    await nextTurn();
  }
  const without = clinical.withoutRow(table.id);
  const patients = rows.map(({ patient }) => patient);
  const columns: ClinicalTable['columns'] = [];
  for (const [at, column] of clinical.columns(table.id).entries()) {
    const values = rows.map(({ cells }) => cells[at] ?? null);
    columns.push({ column, summary: columnSummary(column, values, patients) });
    await nextTurn();
  }
  return {
    table: table.id,
    ...{ file: table.file, importedAt: table.createdAt, patients: rows.length },
    withoutRow: { n: without.length, first: without.slice(0, mostListedPatients) },
    columns,
  };
}

/** Some patients with what the table says of them; null: there is no table. */
export function tableRows(
  { clinical }: ProjectSession,
  of: { text: string; offset: number; limit: number },
): TableRows | null {
  const table = clinical.current();
  return table === null ? null : clinical.somePatients(table.id, { ...of, text: of.text.trim() });
}

/** Rows of the project's patients, by key, some at once. */
function* pagesOf({ clinical }: ProjectSession, table: string): Generator<ClinicalRow[]> {
  for (let after = ''; ;) {
    const page = clinical.rowsBehind(table, after, rowsPerChunk);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)!.patient;
  }
}

/**
 * What the table says of a patient, by key or by an image; null: there is no table.
 * @throws ReadroomError `unknownImage`, `usage` for a patient who is not in the project
 */
export function patientValues(
  session: ProjectSession,
  of: { image: string } | { patient: string },
): PatientValues | null {
  const { clinical } = session;
  const table = clinical.current();
  if (table === null) return null;
  const patient = patientOf(session, of);
  const cells = patient === null ? null : clinical.cellsOf(table.id, patient);
  const columns = cells === null ? [] : clinical.columns(table.id);
  return {
    patient,
    values: cells && columns.map((column, at) => ({ column, value: cells[at] ?? null })),
  };
}

function patientOf({ clinical }: ProjectSession, of: { image: string } | { patient: string }): string | null {
  if ('patient' in of) {
    if (clinical.hasPatient(of.patient)) return of.patient;
    throw new ReadroomError(
      'usage',
      `There is no patient "${of.patient}" in this project.`,
      'Check the key.',
    );
  }
  const patient = clinical.patientOfImage(of.image);
  if (patient === undefined) throw unknownImage(of.image);
  return patient;
}

/** Columns of the table that stands, and what it says of patients, as it was taken in: nothing is standardised. */
export interface ClinicalFeatures {
  table: string;
  /** Words that counted as missing when it came in; the usual ones of a table of before. */
  missing: string[];
  columns: ClinicalColumn[];
  /** A value for each column, null where it is missing; null for a patient without a row. In the order of the patients. */
  rows: (ClinicalValue[] | null)[];
}

/**
 * What a training takes of the clinical table, read in turns.
 *
 * @param patients keys
 * @returns null where there is no table
 */
export async function clinicalFeatures(
  session: ProjectSession,
  patients: readonly (string | null)[],
): Promise<ClinicalFeatures | null> {
  const { clinical } = session;
  const table = clinical.current();
  if (table === null) return null;
  const rows = new Map<string, ClinicalValue[]>();
  for (const page of pagesOf(session, table.id)) {
    for (const { patient, cells } of page) rows.set(patient, cells);
    await nextTurn();
  }
  return {
    table: table.id,
    missing: table.missing ?? usualMissing,
    columns: clinical.columns(table.id),
    rows: patients.map((patient) => (patient === null ? null : (rows.get(patient) ?? null))),
  };
}
