import { setImmediate as nextTurn } from 'node:timers/promises';

import { v7 as uuid } from 'uuid';

import type { LabelLevel } from '../../contract/project.ts';
import type { SplitPart } from '../../contract/split.ts';
import {
  createFileWriter,
  type ImportedLabel,
  type LikenessFacts,
  likenessFactsOf,
  type NewFile,
  type WrittenFile,
} from './import-files.ts';
import { createImportWords } from './import-words.ts';
import type { Action, Journal } from './journal.ts';
import type { ProjectDatabase } from './open.ts';
import { createRecordKeeper } from './record-keeper.ts';
import { parseValue, type StoredImport } from './stored-value.ts';

/** What the project already knows of a file. */
export interface KnownFile {
  file: string;
  byteSha256: string;
  format: string;
  patientKey: string | null;
  /** Of its series. */
  seriesUid: string | null;
  studyUid: string | null;
  part: SplitPart | null;
  /** Of the first picture. */
  width: number;
  height: number;
  /** Imported since mean, sharpness and difference hash are kept. */
  hasPictureFacts: boolean;
  /** The import that brought it was taken back. */
  removed: boolean;
  /** In the order of frames. */
  images: KnownImage[];
}

export interface KnownImage {
  image: string;
  /** Whether it has a label of record. */
  labelled: boolean;
  /** That label, where it is one class or a number. */
  label: ImportedLabel | null;
}

/** Facts that a later import adds to a file that lacks them; of what it has nothing is overwritten. */
export interface FileAddition {
  file: string;
  patientKey?: string;
  part?: SplitPart;
  /** Labels of images without one. */
  labels?: { image: string; label: ImportedLabel }[];
  /** Of the first picture: of a file imported before such facts were kept. */
  pictureFacts?: LikenessFacts;
}

/** What one transaction of an import writes. */
export interface ImportChunk {
  files: readonly NewFile[];
  additions: readonly FileAddition[];
  /** Patients of studies that have none yet, by study UID. */
  studyPatients: ReadonlyMap<string, string>;
}

/** The import that a chunk belongs to. */
export interface ImportAction extends Action {
  /** Events of all chunks are one action. */
  batch: string;
  importId: string;
  /** "images from films". */
  what: string;
}

/** An image and where it lies below its root. */
export interface PlacedImage {
  image: string;
  relativePath: string;
  missing: boolean;
}

/** One name may stand in every patient's folder: the search for a file of known name and size ends after so many. */
const mostOfOneName = 64;
const hexDigits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

type KnownColumns = Omit<KnownFile, 'removed' | 'hasPictureFacts' | 'images'>;
type KnownImageColumns = { image: string; removed: 0 | 1; hasFacts: 0 | 1 } & (
  | { labelled: 0; classId: null; classes: null; number: null }
  | { labelled: 1; classId: string | null; classes: string | null; number: number | null }
);

/** A label of record as an import would give it; of several classes none. */
function labelOf({
  classId,
  classes,
  number,
}: {
  classId: string | null;
  classes: string | null;
  number: number | null;
}): ImportedLabel | null {
  if (classes === null) return classId ?? number;
  const ids = JSON.parse(classes) as string[];
  return ids.length === 1 ? ids[0]! : null;
}

/** What an import reads: all that a dry run needs, also in a project opened for reading. */
export function createImportReading({ handle }: ProjectDatabase) {
  const byBytes = handle.prepare<[string], KnownColumns>(
    `SELECT file.id AS file, file.byte_sha256 AS byteSha256, file.format, patient.key AS patientKey,
       series.uid AS seriesUid, study.uid AS studyUid, image.imported_part AS part, image.width, image.height
     FROM file JOIN image ON image.file_id = file.id AND image.frame = 0
     LEFT JOIN patient ON patient.id = image.patient_id LEFT JOIN series ON series.id = image.series_id
     LEFT JOIN study ON study.id = series.study_id
     WHERE file.byte_sha256 = ? ORDER BY image.removed, image.rowid LIMIT 1`,
  );
  const imagesOfFile = handle.prepare<[string], KnownImageColumns>(
    `SELECT image.id AS image, image.removed, image.difference_hash IS NOT NULL AS hasFacts,
       record.image_id IS NOT NULL AS labelled, record.class_id AS classId, record.classes, record.number
     FROM image LEFT JOIN record ON record.image_id = image.id WHERE image.file_id = ? ORDER BY image.frame`,
  );
  const byPath = handle.prepare<[string, string], { image: string; byteSha256: string }>(
    `SELECT image.id AS image, file.byte_sha256 AS byteSha256 FROM file
     JOIN image ON image.file_id = file.id AND image.removed = 0 WHERE file.root_id = ? AND file.relative_path = ?
     ORDER BY image.frame LIMIT 1`,
  );
  const hasLike = handle
    .prepare<[string, number], number>(
      `SELECT EXISTS (SELECT 1 FROM (SELECT file_id FROM image WHERE file_name = ? LIMIT ${mostOfOneName}) AS named
         JOIN file ON file.id = named.file_id WHERE file.size_bytes = ?)`,
    )
    .pluck();
  const selectRoot = handle.prepare('SELECT id FROM root WHERE kind = ? AND path = ?').pluck();
  const imagesOfRoot = handle.prepare<
    [string, string, number],
    Omit<PlacedImage, 'missing'> & { missing: number }
  >(
    `SELECT image.id AS image, file.relative_path AS relativePath, file.missing_since IS NOT NULL AS missing
     FROM file JOIN image ON image.file_id = file.id AND image.frame = 0
     WHERE file.root_id = ? AND file.relative_path > ? ORDER BY file.relative_path LIMIT ?`,
  );
  const hasPatient = handle
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM image JOIN patient ON patient.id = image.patient_id
         WHERE patient.key = ? AND image.removed = 0)`,
    )
    .pluck();
  const imagesOfStudy = `FROM study JOIN series ON series.study_id = study.id
    JOIN image ON image.series_id = series.id AND image.removed = 0`;
  const presentStudy = handle.prepare<[string], { patientKey: string | null }>(
    `SELECT patient.key AS patientKey FROM study LEFT JOIN patient ON patient.id = study.patient_id
     WHERE study.uid = ? AND EXISTS (SELECT 1 FROM series JOIN image ON image.series_id = series.id AND image.removed = 0
       WHERE series.study_id = study.id)`,
  );
  const studyOfSeries = handle
    .prepare<[string], string>(
      'SELECT study.uid FROM series JOIN study ON study.id = series.study_id WHERE series.uid = ?',
    )
    .pluck();
  const importedWordOf = (level: LabelLevel, name: string) =>
    handle
      .prepare<[string], string>(
        `SELECT label.value FROM ${level} JOIN label ON label.target_kind = '${level}' AND label.target_id = ${level}.id
           AND label.round = '' JOIN reader ON reader.id = label.reader_id AND reader.kind = 'import'
         WHERE ${level}.${name} = ?`,
      )
      .pluck();
  const importedWord = {
    series: importedWordOf('series', 'uid'),
    study: importedWordOf('study', 'uid'),
    patient: importedWordOf('patient', 'key'),
  };
  const hasSeries = handle
    .prepare<[string], number>(`SELECT EXISTS (SELECT 1 ${imagesOfStudy} WHERE series.uid = ?)`)
    .pluck();
  const conflictingDuplicates = handle
    .prepare<[string, string], number>(
      `SELECT coalesce(sum(n), 0) FROM (
         SELECT count(*) AS n FROM image LEFT JOIN record ON record.image_id = image.id
         WHERE pixel_sha256 >= ? AND pixel_sha256 < ? AND image.removed = 0 GROUP BY pixel_sha256
         HAVING count(*) > 1 AND (count(DISTINCT record.class_id) > 1 OR count(DISTINCT imported_part) > 1))`,
    )
    .pluck();

  return {
    /** Id of a root if there is one. */
    existingRoot: (kind: 'reference' | 'originals', path: string): string | null =>
      (selectRoot.get(kind, path) as string | undefined) ?? null,

    /** The first image of the file at a place, and the bytes that it had; of one that was taken back nothing. */
    imageAt: (rootId: string, relativePath: string): { image: string; byteSha256: string } | null =>
      byPath.get(rootId, relativePath) ?? null,

    /** A file of these bytes; one that was taken back only where there is no other. */
    findByBytes(byteSha256: string): KnownFile | null {
      const file = byBytes.get(byteSha256);
      if (!file) return null;
      const images = imagesOfFile.all(file.file);
      return {
        ...file,
        hasPictureFacts: images.every(({ hasFacts }) => hasFacts === 1),
        removed: images.every(({ removed }) => removed === 1),
        images: images.map((row) => ({
          image: row.image,
          labelled: row.labelled === 1,
          label: labelOf(row),
        })),
      };
    },

    /** Whether a file of this name and size is probably in the project: its bytes are worth a look before its pixels. */
    hasLike: (fileName: string, sizeBytes: number): boolean => hasLike.get(fileName, sizeBytes) === 1,

    /** Whether some image belongs to this patient. */
    hasPatient: (key: string): boolean => hasPatient.get(key) === 1,

    /** The patient of a study that some image belongs to; null: there is no such study. */
    study: (uid: string): { patientKey: string | null } | null => presentStudy.get(uid) ?? null,

    /**
     * What imports have said of a series, study or patient as a whole: a label, null for one of no or several classes,
     * undefined where they have said nothing.
     * @param key UID of the series or study, key of the patient
     */
    importedLabel(level: Exclude<LabelLevel, 'image'>, key: string): ImportedLabel | null | undefined {
      const found = importedWord[level].get(key);
      if (found === undefined) return undefined;
      const { class: id, classes, number } = parseValue(found)!;
      const only = classes?.length === 1 ? classes[0]! : null;
      return id ?? number ?? only;
    },

    /** The study that a series belongs to, by their UIDs. */
    studyOfSeries: (uid: string): string | null => studyOfSeries.get(uid) ?? null,

    /** Whether some image belongs to this series. */
    hasSeries: (uid: string): boolean => hasSeries.get(uid) === 1,

    /** How many series and studies have images. */
    countSeries: (): { series: number; studies: number } =>
      handle
        .prepare<[], { series: number; studies: number }>(
          `SELECT count(DISTINCT series.id) AS series, count(DISTINCT series.study_id) AS studies FROM series
           WHERE EXISTS (SELECT 1 FROM image WHERE image.series_id = series.id AND image.removed = 0)`,
        )
        .get()!,

    /** One image of each file of a root, in the order of their paths: up to `limit` behind the path `after`. */
    imagesOfRoot: (rootId: string, after: string, limit: number): PlacedImage[] =>
      imagesOfRoot
        .all(rootId, after, limit)
        .map(({ missing, ...placed }) => ({ ...placed, missing: missing === 1 })),

    /** Images per class id by the label of record. */
    countsByClass: (): Map<string, number> =>
      new Map(
        handle
          .prepare<[], [string, number]>(
            `SELECT class_id, count(*) FROM record WHERE class_id IS NOT NULL GROUP BY class_id
             UNION ALL SELECT each.value, count(*) FROM record JOIN json_each(record.classes) AS each
               WHERE record.classes IS NOT NULL GROUP BY each.value`,
          )
          .raw()
          .all(),
      ),

    /**
     * How many images have a twin of identical pixels with another label or in another imported part. Goes
     * through the images in sixteen steps, between which others have their turn.
     */
    async countConflictingDuplicates(): Promise<number> {
      let count = 0;
      for (const [index, digit] of hexDigits.entries()) {
        count += conflictingDuplicates.get(digit, hexDigits[index + 1] ?? 'g')!;
        await nextTurn();
      }
      return count;
    },
  };
}
export type ImportReading = ReturnType<typeof createImportReading>;

/** What an import reads and writes. */
export function createImportRepository(database: ProjectDatabase, journal: Journal, importReader: string) {
  const { handle } = database;
  const reading = createImportReading(database);
  const files = createFileWriter(database);
  const records = createRecordKeeper(database);
  const words = createImportWords(database);
  const insertRoot = handle.prepare('INSERT INTO root (id, kind, path) VALUES (?, ?, ?)');
  const setPictureFacts = handle.prepare(
    `UPDATE image SET mean = @mean, deviation = @deviation, sharpness = @sharpness,
       difference_hash = @differenceHash WHERE file_id = @file AND frame = 0 AND difference_hash IS NULL`,
  );
  const setPart = handle.prepare(
    'UPDATE image SET imported_part = ? WHERE file_id = ? AND imported_part IS NULL',
  );
  const hasImport = handle.prepare('SELECT EXISTS (SELECT 1 FROM import WHERE id = ?)').pluck();
  const countImages = handle.prepare('UPDATE import SET images = images + ? WHERE id = ?');
  const hasWordsAbove = handle
    .prepare<[], number>(
      "SELECT EXISTS (SELECT 1 FROM label WHERE target_kind IN ('series', 'study', 'patient'))",
    )
    .pluck();

  /** Images whose label of record may follow from words on what they belong to now. */
  function completeFile(addition: FileAddition, importId: string): string[] {
    const { file, patientKey, part, pictureFacts } = addition;
    if (pictureFacts) setPictureFacts.run({ file, ...likenessFactsOf(pictureFacts) });
    if (part !== undefined) setPart.run(part, file);
    return patientKey === undefined ? [] : files.nameFile(file, patientKey, importId);
  }

  const importEvent = ({ importId, what, ...action }: ImportAction): void => {
    const to: StoredImport = { what };
    journal.set([{ target: { kind: 'import', id: importId }, to }], action);
  };

  function write(
    { files: added, additions, studyPatients }: ImportChunk,
    action: ImportAction,
  ): WrittenFile[] {
    const names = studyPatients.size > 0 || additions.some(({ patientKey }) => patientKey !== undefined);
    if ((added.length > 0 || names) && hasImport.get(action.importId) === 0) importEvent(action);
    const moved = files.nameStudies(studyPatients, action.importId);
    const written = added.map((file) => files.write(file, action.importId, studyPatients));
    const images = written.flatMap((file) => file.images);
    if (images.length > 0) countImages.run(images.length, action.importId);
    for (const addition of additions) moved.push(...completeFile(addition, action.importId));
    const given = added.flatMap((file, i) =>
      file.labels.flatMap((label, picture) =>
        label === null ? [] : [{ image: written[i]!.images[picture]!, label }],
      ),
    );
    const labels = [...given, ...additions.flatMap((addition) => addition.labels ?? [])];
    const changes = words.changes(labels, importReader);
    // Also without labels: an import that was taken back while it goes on is refused.
    journal.set(changes, action);
    const returned = written.flatMap((file, i) => (added[i]!.removedFile === null ? [] : file.images));
    records.refreshImages(hasWordsAbove.get() === 1 ? [...moved, ...images] : returned);
    return written;
  }

  return {
    ...reading,

    /** Id of a root, made when new. `path` is absolute for `reference`, `.` for the project's originals. */
    root(kind: 'reference' | 'originals', path: string): string {
      const found = reading.existingRoot(kind, path);
      if (found !== null) return found;
      const id = uuid();
      insertRoot.run(id, kind, path);
      return id;
    },

    /** An import that starts, by a person's id; by nobody it is the import reader's, and is not undone. */
    begin: (person: string | null, what: string): ImportAction => ({
      actor: person ?? importReader,
      round: '',
      batch: uuid(),
      importId: uuid(),
      what,
    }),

    /**
     * Adds files with all their pictures and their labels, and what files lacked that are there. One transaction:
     * about 500 images at once, unless a single file has more. With the first image or patient comes the event that
     * names the import. What is written belongs to `files`, in their order.
     */
    write: (chunk: ImportChunk, action: ImportAction): WrittenFile[] =>
      handle.transaction(() => write(chunk, action)).immediate(),
  };
}
export type ImportRepository = ReturnType<typeof createImportRepository>;
