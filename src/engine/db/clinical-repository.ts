import type { ClinicalColumn, ClinicalValue, ColumnKind } from '../../contract/table.ts';
import type { ProjectDatabase } from './open.ts';

/** A clinical table without its rows. */
export interface StoredTable {
  id: string;
  /** Name of the file that it came from. */
  file: string;
  /** Patients with a row. */
  patients: number;
  createdAt: string;
  /** Words that counted as missing when it came in, beside empty cells; null: not kept. */
  missing: string[] | null;
}

type TableRow = Omit<StoredTable, 'missing'> & { missing: string | null };

/** What a table says of a patient. */
export interface ClinicalRow {
  /** Key of the patient. */
  patient: string;
  /** In the columns' order. */
  cells: ClinicalValue[];
}

/** A patient of the project. */
export interface KnownPatient {
  id: string;
  key: string;
}

interface ColumnRow {
  name: string;
  kind: ColumnKind;
  unit: string;
  categories: string | null;
}

/** Clinical tables: the one that stands, and those that stood before, which the journal may bring back. */
export function createClinicalRepository({ handle }: ProjectDatabase) {
  const columnsOfTable = 'id, file, patients, created_at AS createdAt, missing FROM clinical_table';
  const current = handle.prepare<[], TableRow>(
    `SELECT ${columnsOfTable} WHERE id = (SELECT clinical_table FROM project)`,
  );
  const byId = handle.prepare<[string], TableRow>(`SELECT ${columnsOfTable} WHERE id = ?`);
  const columns = handle.prepare<[string], ColumnRow>(
    'SELECT name, kind, unit, categories FROM clinical_column WHERE table_id = ? ORDER BY position',
  );
  const isPresent = 'EXISTS (SELECT 1 FROM image WHERE image.patient_id = patient.id AND image.removed = 0)';
  const presentPatients = handle.prepare<[], KnownPatient>(
    `SELECT id, key FROM patient WHERE ${isPresent} ORDER BY key`,
  );
  const rowsBehind = handle.prepare<
    { table: string; after: string; limit: number },
    { patient: string; cells: string }
  >(
    `SELECT patient.key AS patient, cells
     FROM patient CROSS JOIN clinical_row ON table_id = @table AND patient_id = patient.id
     WHERE patient.key > @after AND ${isPresent} ORDER BY patient.key LIMIT @limit`,
  );
  const fits = `${isPresent} AND instr(lower(patient.key), lower(@text)) > 0`;
  const patientsFitting = handle
    .prepare<{ text: string }, number>(`SELECT count(*) FROM patient WHERE ${fits}`)
    .pluck();
  const someRows = handle.prepare<
    { table: string; text: string; offset: number; limit: number },
    { patient: string; cells: string | null }
  >(
    `SELECT patient.key AS patient, cells
     FROM patient LEFT JOIN clinical_row ON table_id = @table AND patient_id = patient.id
     WHERE ${fits} ORDER BY patient.key LIMIT @limit OFFSET @offset`,
  );
  const without = handle
    .prepare<[string], string>(
      `SELECT key FROM patient WHERE ${isPresent}
         AND NOT EXISTS (SELECT 1 FROM clinical_row WHERE table_id = ? AND patient_id = patient.id) ORDER BY key`,
    )
    .pluck();
  const cellsOf = handle
    .prepare<[string, string], string>(
      `SELECT cells FROM clinical_row WHERE table_id = ?
         AND patient_id = (SELECT id FROM patient WHERE key = ?)`,
    )
    .pluck();
  const patientOfImage = handle
    .prepare<[string], string | null>(
      `SELECT patient.key FROM image LEFT JOIN patient ON patient.id = image.patient_id
       WHERE image.id = ? AND image.removed = 0`,
    )
    .pluck();
  const hasPatient = handle
    .prepare<[string], number>(`SELECT EXISTS (SELECT 1 FROM patient WHERE key = ? AND ${isPresent})`)
    .pluck();
  const insertTable = handle.prepare(
    'INSERT INTO clinical_table (id, file, patients, created_at, missing) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const insertColumn = handle.prepare(
    `INSERT INTO clinical_column (id, table_id, position, name, kind, unit, categories) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const insertRow = handle.prepare(
    'INSERT INTO clinical_row (id, table_id, patient_id, cells) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const parsed = (cells: string): ClinicalValue[] => JSON.parse(cells) as ClinicalValue[];

  return {
    /** The table that stands. */
    current: (): StoredTable | null => toTable(current.get()),

    /** A table that stands or stood. */
    table: (id: string): StoredTable | null => toTable(byId.get(id)),

    /** In their order. */
    columns: (table: string): ClinicalColumn[] => columns.all(table).map(toColumn),

    /** Patients that some image belongs to, by key. */
    patients: (): KnownPatient[] => presentPatients.all(),

    /** Rows of those patients, by key, behind a key. */
    rowsBehind: (table: string, after: string, limit: number): ClinicalRow[] =>
      rowsBehind
        .all({ table, after, limit })
        .map(({ patient, cells }) => ({ patient, cells: parsed(cells) })),

    /** Some of those patients whose key contains a text, by key, with or without a row; and how many there are. */
    somePatients: (
      table: string,
      { text, offset, limit }: { text: string; offset: number; limit: number },
    ) => ({
      total: patientsFitting.get({ text }) ?? 0,
      rows: someRows
        .all({ table, text, offset, limit })
        .map(({ patient, cells }) => ({ patient, cells: cells === null ? null : parsed(cells) })),
    }),

    /** Keys of those patients who have no row. */
    withoutRow: (table: string): string[] => without.all(table),

    /** What a table says of a patient; null: nothing. */
    cellsOf(table: string, patient: string): ClinicalValue[] | null {
      const found = cellsOf.get(table, patient);
      return found === undefined ? null : parsed(found);
    },

    /** Key of an image's patient, null for none; undefined: there is no such image. */
    patientOfImage: (image: string): string | null | undefined => patientOfImage.get(image),

    /** Whether some image belongs to this patient. */
    hasPatient: (key: string): boolean => hasPatient.get(key) === 1,

    /** Keeps a table without rows, unless it is there. It does not stand yet. */
    keepTable: (table: StoredTable, of: readonly ClinicalColumn[]): void =>
      handle
        .transaction(() => {
          const missing = table.missing && JSON.stringify(table.missing);
          insertTable.run(table.id, table.file, table.patients, table.createdAt, missing);
          for (const [position, column] of of.entries()) {
            const unit = column.kind === 'number' ? column.unit : '';
            const categories = column.kind === 'category' ? JSON.stringify(column.categories) : null;
            const id = `${table.id}/${position}`;
            insertColumn.run(id, table.id, position, column.name, column.kind, unit, categories);
          }
        })
        .immediate(),

    /** Keeps rows of a table that is not standing yet, by ids of patients. Some thousand at once. */
    keepRows: (
      table: string,
      of: readonly (readonly [patient: string, cells: readonly ClinicalValue[]])[],
    ): void =>
      handle
        .transaction(() => {
          for (const [patient, cells] of of)
            insertRow.run(`${table}/${patient}`, table, patient, JSON.stringify(cells));
        })
        .immediate(),
  };
}
export type ClinicalRepository = ReturnType<typeof createClinicalRepository>;

const toTable = (row: TableRow | undefined): StoredTable | null =>
  row === undefined
    ? null
    : { ...row, missing: row.missing === null ? null : (JSON.parse(row.missing) as string[]) };

function toColumn({ name, kind, unit, categories }: ColumnRow): ClinicalColumn {
  switch (kind) {
    case 'number':
      return { kind, name, unit };
    case 'yesNo':
      return { kind, name };
    case 'category':
      return { kind, name, categories: JSON.parse(categories!) as string[] };
  }
}
