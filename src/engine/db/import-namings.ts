import type { ProjectDatabase } from './open.ts';

/** What an import gives a patient: an image that was there without one, or a study. */
type NamedKind = 'image' | 'study';

/**
 * Which import said whose an image or a study is. Of several that stand the first counts; what only imports named that
 * were taken back has no patient.
 */
export function createImportNamings({ handle }: ProjectDatabase) {
  const insert = handle.prepare(
    `INSERT INTO import_named (id, import_id, target_kind, target_id, patient_id) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const remove = handle.prepare('DELETE FROM import_named WHERE target_kind = ? AND target_id = ?');
  const asked = handle
    .prepare<{ import: string | null }, [NamedKind, string]>(
      `SELECT DISTINCT target_kind, target_id FROM import_named WHERE @import IS NULL OR import_id = @import`,
    )
    .raw();
  const setPatient = (kind: NamedKind): string => {
    const ofTarget = `FROM import_named AS named JOIN import ON import.id = named.import_id
      WHERE named.target_kind = '${kind}' AND named.target_id = @target`;
    const standing = `(SELECT named.patient_id ${ofTarget} AND import.removed = 0 ORDER BY import.at, import.id LIMIT 1)`;
    return `UPDATE ${kind} SET patient_id = ${standing} WHERE id = @target AND patient_id IS NOT ${standing}
      AND (patient_id IS NULL OR patient_id IN (SELECT named.patient_id ${ofTarget})) RETURNING id`;
  };
  const set = {
    image: handle.prepare<{ target: string }, string>(setPatient('image')).pluck(),
    study: handle.prepare<{ target: string }, string>(setPatient('study')).pluck(),
  };
  const followStudy = handle
    .prepare<{ study: string }, string>(
      `UPDATE image SET patient_id = (SELECT patient_id FROM study WHERE id = @study)
       WHERE series_id IN (SELECT id FROM series WHERE study_id = @study) RETURNING id`,
    )
    .pluck();

  return {
    /** Notes that an import says whose an image or a study is. */
    note(importId: string, kind: NamedKind, target: string, patient: string): void {
      insert.run(`${importId} ${target}`, importId, kind, target, patient);
    },

    /** Forgets what was said of an image or a study that comes anew. */
    forget: (kind: NamedKind, target: string): void => void remove.run(kind, target),

    /** Brings what an import named, or all, into line with which imports stand; returns the images that changed. */
    follow: (importId: string | null): string[] =>
      asked.all({ import: importId }).flatMap(([kind, target]) => {
        const changed = set[kind].all({ target });
        return kind === 'image' ? changed : changed.flatMap((study) => followStudy.all({ study }));
      }),
  };
}
