import type { Statement } from 'better-sqlite3';

import { ReadroomError } from '../../contract/errors.ts';
import type { EntityTable, MergeImage, Row } from './merge-source.ts';
import type { ProjectDatabase } from './open.ts';

/** Facts that are the same wherever they are known: what one copy lacks it has from the other. */
const facts: Readonly<Partial<Record<EntityTable | 'image', readonly string[]>>> = {
  patient: ['sex'],
  study: ['patient_id', 'age_years'],
  series: ['modality', 'body_part', 'device'],
  image: [
    ...['series_id', 'patient_id', 'imported_part', 'laterality', 'view', 'series_position'],
    ...['mean', 'deviation', 'sharpness', 'difference_hash'],
  ],
};

/** What two copies say of a fact: what is known goes before what is not, else the lesser, so that copies agree. */
function joined(here: Row[string], there: Row[string]): Row[string] {
  if (here === null || there === null) return here ?? there;
  return here <= there ? here : there;
}

/** Takes over readers, patients, studies, series, imports and images of another copy. Every method is part of a transaction. */
export function createMergeEntities({ handle }: ProjectDatabase) {
  const statements = new Map<string, Statement<Row[string][], Row>>();
  function prepared(sql: string): Statement<Row[string][], Row> {
    const known = statements.get(sql) ?? handle.prepare<Row[string][], Row>(sql);
    statements.set(sql, known);
    return known;
  }
  const rowOf = (table: string, id: Row[string]): Row | undefined =>
    prepared(`SELECT * FROM ${table} WHERE id = ?`).get(id);
  const insertRow = (table: string, row: Row): boolean => {
    const names = Object.keys(row);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;
    return prepared(sql).run(...Object.values(row)).changes === 1;
  };
  const updateRow = (table: string, id: Row[string], row: Row): void => {
    const names = Object.keys(row);
    const sql = `UPDATE ${table} SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`;
    prepared(sql).run(...Object.values(row), id);
  };
  const rootAt = handle
    .prepare<Row[string][], string>('SELECT id FROM root WHERE kind = ? AND path = ?')
    .pluck();
  const fileAt = handle
    .prepare<Row[string][], string>('SELECT id FROM file WHERE root_id = ? AND relative_path = ?')
    .pluck();
  const fileOfBytes = handle
    .prepare<Row[string][], string>(
      `SELECT file.id FROM file WHERE byte_sha256 = ?
         AND NOT EXISTS (SELECT 1 FROM image WHERE file_id = file.id AND frame = ?) ORDER BY file.rowid LIMIT 1`,
    )
    .pluck();
  const patientOfSeries = handle
    .prepare<Row[string][], string | null>(
      'SELECT study.patient_id FROM series JOIN study ON study.id = series.study_id WHERE series.id = ?',
    )
    .pluck();
  const followStudy = handle
    .prepare<Row[string][], string>(
      `UPDATE image SET patient_id = ? WHERE series_id IN (SELECT id FROM series WHERE study_id = ?) RETURNING id`,
    )
    .pluck();

  /** What a row that is here becomes by the one that comes; null: it stays. */
  function change(table: EntityTable | 'image', here: Row, there: Row): Row | null {
    const after = Object.fromEntries(
      (facts[table] ?? []).map((name) => [name, joined(here[name]!, there[name]!)]),
    );
    const changed = Object.entries(after).filter(([name, value]) => here[name] !== value);
    return changed.length === 0 ? null : Object.fromEntries(changed);
  }

  /** Of two spellings of a reader's name the older one. */
  function spelling(here: Row, there: Row): Row | null {
    const order = (row: Row): string => `${row['created_at']} ${row['name']}`;
    return order(there) < order(here) ? { name: there['name']!, created_at: there['created_at']! } : null;
  }

  function updateEntity(table: EntityTable, id: Row[string], here: Row, there: Row): string[] {
    if (table === 'import') {
      updateRow(table, id, { images: Math.max(Number(here['images']), Number(there['images'])) });
      return [];
    }
    const after = table === 'reader' ? spelling(here, there) : change(table, here, there);
    if (after === null) return [];
    updateRow(table, id, after);
    return 'patient_id' in after ? followStudy.all(after['patient_id'], id) : [];
  }

  function insertEntity(table: EntityTable, row: Row): boolean {
    if (table === 'root' && rootAt.get(row['kind']!, row['path']!) !== undefined) return false;
    if (insertRow(table, row)) return true;
    // Two machines may have had it at one path; the path only tells a copy which replica it is itself.
    if (table === 'replica')
      return insertRow(table, { ...row, path: `${String(row['path'])} (${String(row['id'])})` });
    const name = row['name'] ?? row['key'] ?? row['uid'];
    throw new ReadroomError(
      'usage',
      `Both copies came to know the ${table} "${String(name)}" apart, with a version of the program that could not merge.`,
      'Export the labels of one copy and import them into the other.',
    );
  }

  /** The file of this copy that an image belongs to, made when new. */
  function fileOf({ image, file }: MergeImage, roots: ReadonlyMap<Row[string], Row>): string {
    if (rowOf('file', file['id']!)) return file['id'] as string;
    const known = fileOfBytes.get(file['byte_sha256']!, image['frame']!);
    if (known !== undefined) return known;
    const root = roots.get(file['root_id']!)!;
    const rootId = rowOf('root', root['id']!) ? root['id']! : rootAt.get(root['kind']!, root['path']!)!;
    const isTaken = fileAt.get(rootId, file['relative_path']!) !== undefined;
    const digest = String(file['byte_sha256']).slice(0, 16);
    // Other bytes lie at that place here; these count as missing.
    const place = isTaken
      ? {
          relative_path: `${String(file['relative_path'])} (${digest})`,
          missing_since: new Date().toISOString(),
        }
      : { relative_path: file['relative_path']!, missing_since: null };
    insertRow('file', { ...file, root_id: rootId, ...place });
    return file['id'] as string;
  }

  return {
    /**
     * Takes over rows of a table.
     * @returns how many are new, and images whose patient is another now
     * @throws ReadroomError `usage` for what both copies made apart with different ids
     */
    takeRows(table: EntityTable, rows: readonly Row[]): { added: number; images: string[] } {
      let added = 0;
      const images: string[] = [];
      for (const row of rows) {
        const here = rowOf(table, row['id']!);
        if (here) images.push(...updateEntity(table, row['id']!, here, row));
        else if (insertEntity(table, row)) added += 1;
      }
      return { added, images };
    },

    /** Takes over images with their files. @returns those that are new, and those that changed */
    takeImages(
      images: readonly MergeImage[],
      roots: ReadonlyMap<Row[string], Row>,
    ): { added: string[]; changed: string[] } {
      const added: string[] = [];
      const changed: string[] = [];
      for (const coming of images) {
        const there = coming.image;
        const id = there['id'] as string;
        const here = rowOf('image', id);
        const after = here ? change('image', here, there) : null;
        const seriesId = after?.['series_id'] ?? here?.['series_id'] ?? there['series_id'] ?? null;
        const patient: Row = seriesId === null ? {} : { patient_id: patientOfSeries.get(seriesId) ?? null };
        if (!here) {
          insertRow('image', { ...there, ...patient, file_id: fileOf(coming, roots) });
          added.push(id);
          continue;
        }
        // Brought by an import of either copy: taking back one of them does not take it away, both do.
        const removed = Math.min(Number(here['removed']), Number(there['removed']));
        const shared: Row = here['import_id'] === there['import_id'] ? {} : { import_id: null, removed };
        const next = { ...after, ...patient, ...shared };
        const isSame = Object.entries(next).every(([name, value]) => here[name] === value);
        if (isSame) continue;
        updateRow('image', id, next);
        changed.push(id);
      }
      return { added, changed };
    },
  };
}
