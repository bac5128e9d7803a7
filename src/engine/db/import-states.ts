import { ReadroomError } from '../../contract/errors.ts';
import { isDisplaced } from './import-files.ts';
import { createImportNamings } from './import-namings.ts';
import type { ProjectDatabase } from './open.ts';
import type { State } from './state-keeper.ts';
import type { StoredImport } from './stored-value.ts';

/** Imports: which stand, and what follows of their images and patients. */
export function createImportStates(database: ProjectDatabase) {
  const { handle } = database;
  const namings = createImportNamings(database);
  const select = handle
    .prepare<[string], string>('SELECT what FROM import WHERE id = ? AND removed = 0')
    .pluck();
  const insert = handle.prepare(
    `INSERT INTO import (id, what, images, at) VALUES (?, ?, 0, ?)
     ON CONFLICT DO UPDATE SET what = excluded.what, removed = 0`,
  );
  const takeBack = handle.prepare('UPDATE import SET removed = 1 WHERE id = ?');
  const setRemoved = handle.prepare('UPDATE image SET removed = ? WHERE import_id = ?');
  // Studies may have become another patient's while the import was taken back.
  const followStudies = handle.prepare(
    `UPDATE image SET patient_id = study.patient_id FROM series JOIN study ON study.id = series.study_id
     WHERE image.import_id = ? AND series.id = image.series_id AND image.patient_id IS NOT study.patient_id`,
  );
  const images = handle.prepare<[string], string>('SELECT id FROM image WHERE import_id = ?').pluck();
  const displaced = handle
    .prepare<[string], string>(
      `SELECT image.file_name FROM image JOIN file ON file.id = image.file_id
       WHERE image.import_id = ? AND ${isDisplaced} LIMIT 1`,
    )
    .pluck();
  return {
    current(id: string): State | null {
      const what = select.get(id);
      return what === undefined
        ? null
        : { value: JSON.stringify({ what } satisfies StoredImport), event: null };
    },
    /** @throws ReadroomError `changedSince` for files in whose place others were imported since */
    refuseDisplaced(id: string): void {
      const name = displaced.get(id);
      if (name === undefined) return;
      throw new ReadroomError(
        'changedSince',
        `Another picture was imported since from where "${name}" lay.`,
        'Put the old one back under another name, and import it again.',
      );
    },
    /** Takes the import's images out, or in again, and what it named with them; returns what changed. */
    put(id: string, value: string | null): string[] {
      if (value === null) takeBack.run(id);
      else insert.run(id, (JSON.parse(value) as StoredImport).what, new Date().toISOString());
      setRemoved.run(value === null ? 1 : 0, id);
      const named = namings.follow(id);
      if (value !== null) followStudies.run(id);
      return [...images.all(id), ...named];
    },
  };
}
