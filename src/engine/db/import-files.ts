import { v7 as uuid } from 'uuid';

import type { SplitPart } from '../../contract/split.ts';
import type { FileFacts, HeaderFacts, PictureFacts } from '../../contract/decode.ts';
import { createImportNamings } from './import-namings.ts';
import type { ProjectDatabase } from './open.ts';
import { idOfImage, idOfName, type NamedKind } from './stable-ids.ts';

/** What an import says of an image: the id of a class, or a number. */
export type ImportedLabel = string | number;

/** An inspected file on its way into the project, an image for each of its pictures. */
export interface NewFile {
  rootId: string;
  /** Forward slashes. */
  relativePath: string;
  facts: FileFacts;
  pictures: readonly PictureFacts[];
  /** Of an image in a study the study's patient counts. */
  patientKey: string | null;
  part: SplitPart | null;
  /** Of each picture. */
  labels: (ImportedLabel | null)[];
  /** Whether it joins the study and series that its header names. */
  inSeries: boolean;
  /** Its file in the database when an import that was taken back has brought it before. */
  removedFile: string | null;
}

/** A file that has its rows. */
export interface WrittenFile {
  file: string;
  /** In the order of the pictures. */
  images: string[];
}

/** What an image's quality and likeness are judged by. */
export type LikenessFacts = Pick<PictureFacts, 'mean' | 'deviation' | 'sharpness' | 'differenceHash'>;

export function likenessFactsOf({
  mean,
  deviation,
  sharpness,
  differenceHash,
}: LikenessFacts): LikenessFacts {
  return { mean, deviation, sharpness, differenceHash };
}

/** SQL for the path of a file in whose place another one came: below its root there is no such folder. */
const displacedPath = `'removed/' || file.id || '/' || file.relative_path`;
/** SQL for whether another file came in the place of one. */
export const isDisplaced = `file.relative_path LIKE 'removed/' || file.id || '/%'`;

/** The series that an image joins, with the patient of its study. */
interface Home {
  seriesId: string | null;
  patientId: string | null;
}

/** Writes rows of files, of their images, and of the patients, studies and series that these belong to. */
export function createFileWriter(database: ProjectDatabase) {
  const { handle } = database;
  const namings = createImportNamings(database);
  const projectId = handle.prepare<[], string>('SELECT id FROM project').pluck();
  const idOf = (kind: NamedKind, name: string): string => idOfName(projectId.get()!, kind, name);
  const selectPatient = handle.prepare<[string], string>('SELECT id FROM patient WHERE key = ?').pluck();
  const insertPatient = handle.prepare('INSERT INTO patient (id, key) VALUES (?, ?)');
  const setSex = handle.prepare('UPDATE patient SET sex = ? WHERE id = ? AND sex IS NULL');
  const selectStudy = handle.prepare<[string], { id: string; patientId: string | null; present: number }>(
    `SELECT id, patient_id AS patientId, EXISTS (SELECT 1 FROM series JOIN image ON image.series_id = series.id
       AND image.removed = 0 WHERE series.study_id = study.id) AS present FROM study WHERE uid = ?`,
  );
  const insertStudy = handle.prepare('INSERT INTO study (id, patient_id, uid) VALUES (?, ?, ?)');
  const setStudyPatient = handle.prepare('UPDATE study SET patient_id = ? WHERE id = ?');
  const setAge = handle.prepare('UPDATE study SET age_years = ? WHERE id = ? AND age_years IS NULL');
  const nameImages = handle
    .prepare<[string, string], string>(
      `UPDATE image SET patient_id = ? WHERE removed = 0 AND series_id IN (SELECT id FROM series WHERE study_id = ?)
       RETURNING id`,
    )
    .pluck();
  const nameFile = handle
    .prepare<[string, string], string>(
      'UPDATE image SET patient_id = ? WHERE file_id = ? AND patient_id IS NULL RETURNING id',
    )
    .pluck();
  const selectSeries = handle.prepare<[string], string>('SELECT id FROM series WHERE uid = ?').pluck();
  const insertSeries = handle.prepare('INSERT INTO series (id, study_id, uid) VALUES (?, ?, ?)');
  const setSeriesFacts = handle.prepare(
    `UPDATE series SET modality = coalesce(modality, @modality), body_part = coalesce(body_part, @bodyPart),
       device = coalesce(device, @device) WHERE id = @id`,
  );
  const insertFile = handle.prepare(
    'INSERT INTO file (id, root_id, relative_path, byte_sha256, size_bytes, format) VALUES (?, ?, ?, ?, ?, ?)',
  );
  // A file that was taken back leaves its place to another one.
  const makeRoom = handle.prepare(
    `UPDATE file SET relative_path = ${displacedPath}, missing_since = coalesce(missing_since, ?)
     WHERE root_id = ? AND relative_path = ? AND id <> ?
       AND NOT EXISTS (SELECT 1 FROM image WHERE image.file_id = file.id AND image.removed = 0)`,
  );
  const moveFile = handle.prepare(
    'UPDATE file SET root_id = ?, relative_path = ?, missing_since = NULL WHERE id = ?',
  );
  const selectImage = handle
    .prepare<[string, number], string>('SELECT id FROM image WHERE file_id = ? AND frame = ?')
    .pluck();
  const hasImage = handle
    .prepare<[string], number>('SELECT EXISTS (SELECT 1 FROM image WHERE id = ?)')
    .pluck();
  const columns =
    `file_id, frame, file_name, series_id, patient_id, width, height, channels, bit_depth, pixel_sha256, imported_part,
     generated, mean, deviation, sharpness, difference_hash, laterality, view, series_position, import_id, added_at`.split(
      /,\s*/,
    );
  // By position: binding by name takes half as long again.
  const insertImage = handle.prepare(
    `INSERT INTO image (id, ${columns.join(', ')}) VALUES (?, ${columns.map(() => '?').join(', ')})`,
  );
  // It was there before: what stood at an earlier moment does not change.
  const bringBack = handle.prepare(
    `UPDATE image SET removed = 0, ${columns
      .map((column) => (column === 'added_at' ? 'added_at = min(added_at, ?)' : `${column} = ?`))
      .join(', ')} WHERE id = ?`,
  );

  function patient(key: string): string {
    const found = selectPatient.get(key);
    if (found !== undefined) return found;
    const id = idOf('patient', key);
    insertPatient.run(id, key);
    return id;
  }

  function studyOf(
    uid: string,
    patientKey: string | null,
    importId: string,
  ): { id: string; patientId: string | null } {
    const found = selectStudy.get(uid);
    const patientId = patientKey === null ? null : patient(patientKey);
    const id = found?.id ?? idOf('study', uid);
    const isEmpty = found?.present === 0;
    if (!found) insertStudy.run(id, patientId, uid);
    // Nobody's images are in it any more: who it was of may have been why they were taken back.
    if (isEmpty) {
      namings.forget('study', id);
      setStudyPatient.run(patientId, id);
    }
    if (patientId !== null) namings.note(importId, 'study', id, patientId);
    return found && !isEmpty ? found : { id, patientId };
  }

  function seriesOf(uid: string, study: string, header: HeaderFacts): string {
    let id = selectSeries.get(uid);
    if (id === undefined) {
      id = idOf('series', uid);
      insertSeries.run(id, study, uid);
    }
    const { modality, bodyPart, device } = header;
    setSeriesFacts.run({ id, modality, bodyPart, device });
    return id;
  }

  function homeOf(
    { facts: { header }, inSeries, patientKey }: NewFile,
    studyPatients: ReadonlyMap<string, string>,
    importId: string,
  ): Home {
    if (!inSeries || header?.studyUid == null || header.seriesUid === null) {
      return { seriesId: null, patientId: patientKey === null ? null : patient(patientKey) };
    }
    const study = studyOf(header.studyUid, studyPatients.get(header.studyUid) ?? patientKey, importId);
    if (header.ageYears !== null) setAge.run(header.ageYears, study.id);
    return { seriesId: seriesOf(header.seriesUid, study.id, header), patientId: study.patientId };
  }

  function fileId({ removedFile, rootId, relativePath, facts }: NewFile): string {
    const id = removedFile ?? uuid();
    makeRoom.run(new Date().toISOString(), rootId, relativePath, id);
    if (removedFile !== null) moveFile.run(rootId, relativePath, removedFile);
    else insertFile.run(id, rootId, relativePath, facts.byteSha256, facts.sizeBytes, facts.format);
    return id;
  }

  function newImage(byteSha256: string, frame: number): string {
    const id = idOfImage(byteSha256, frame);
    return hasImage.get(id) === 1 ? uuid() : id;
  }

  return {
    /** Gives studies that are there and have no patient theirs, and their images with them, which are returned. */
    nameStudies(studyPatients: ReadonlyMap<string, string>, importId: string): string[] {
      return [...studyPatients].flatMap(([uid, key]) => {
        const study = selectStudy.get(uid);
        if (!study || study.patientId !== null || study.present === 0) return [];
        const id = patient(key);
        setStudyPatient.run(id, study.id);
        namings.note(importId, 'study', study.id, id);
        return nameImages.all(id, study.id);
      });
    },

    /** Gives a file's images that have no patient theirs; they are returned. */
    nameFile(file: string, patientKey: string, importId: string): string[] {
      const id = patient(patientKey);
      const named = nameFile.all(id, file);
      for (const image of named) namings.note(importId, 'image', image, id);
      return named;
    },

    /** Writes a file with its images; one that was taken back gets its rows again. */
    write(file: NewFile, importId: string, studyPatients: ReadonlyMap<string, string>): WrittenFile {
      const { facts, relativePath } = file;
      const { header } = facts;
      const home = homeOf(file, studyPatients, importId);
      if (header?.sex != null && home.patientId !== null) setSex.run(header.sex, home.patientId);
      const id = fileId(file);
      const name = relativePath.slice(relativePath.lastIndexOf('/') + 1);
      const addedAt = new Date().toISOString();
      const images = file.pictures.map((picture) => {
        const { frame, width, height, channels, bitDepth, pixelSha256 } = picture;
        const { mean, deviation, sharpness, differenceHash } = picture;
        const values = [
          ...[id, frame, name, home.seriesId, home.patientId, width, height, channels, bitDepth, pixelSha256],
          ...[file.part, facts.generated ? 1 : 0, mean, deviation, sharpness, differenceHash],
          ...[header?.laterality ?? null, header?.view ?? null, picture.position, importId, addedAt],
        ];
        const known = file.removedFile === null ? undefined : selectImage.get(id, frame);
        const image = known ?? newImage(facts.byteSha256, frame);
        if (known === undefined) insertImage.run(image, ...values);
        else {
          namings.forget('image', known);
          bringBack.run(...values, known);
        }
        return image;
      });
      return { file: id, images };
    },
  };
}
