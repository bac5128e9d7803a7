import { setImmediate as nextTurn } from 'node:timers/promises';

import { v7 as uuid } from 'uuid';

import type { SplitPart } from '../../contract/dataset.ts';
import type { ImageFacts } from '../../contract/decode.ts';
import type { Journal, LabelChange } from './journal.ts';
import type { ProjectDatabase } from './open.ts';

/** An inspected file on its way into the project. */
export interface NewImage {
  rootId: string;
  /** Forward slashes. */
  relativePath: string;
  facts: ImageFacts;
  patientKey: string | null;
  part: SplitPart | null;
  classId: string | null;
}

/** What the project already knows of a file. */
export interface KnownImage {
  image: string;
  byteSha256: string;
  patientKey: string | null;
  part: SplitPart | null;
  /** By the label of record. */
  classId: string | null;
  width: number;
  height: number;
  /** Imported since mean, sharpness and difference hash are kept. */
  hasPictureFacts: boolean;
}

/** Facts that a later import adds to an image that lacks them. */
export interface ImageAddition {
  image: string;
  patientKey?: string;
  part?: SplitPart;
  classId?: string;
  pictureFacts?: PictureFacts;
}

/** What an image's quality and likeness are judged by. */
export type PictureFacts = Pick<ImageFacts, 'mean' | 'deviation' | 'sharpness' | 'differenceHash'>;

/** An image and where it lies below its root. */
export interface PlacedImage {
  image: string;
  relativePath: string;
  missing: boolean;
}

const importRound = 0;
/** One name may stand in every patient's folder: the search for a file of known name and size ends after so many. */
const mostOfOneName = 64;
const hexDigits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

type KnownColumns = Omit<KnownImage, 'hasPictureFacts'> & { hasPictureFacts: number };
const toKnown = (row: KnownColumns | undefined): KnownImage | null =>
  row ? { ...row, hasPictureFacts: row.hasPictureFacts === 1 } : null;

/** What an import reads: all that a dry run needs, also in a project opened for reading. */
export function createImportReading({ handle }: ProjectDatabase) {
  const knownColumns = `image.id AS image, file.byte_sha256 AS byteSha256, patient.key AS patientKey,
    image.imported_part AS part, record.class_id AS classId, image.width, image.height,
    image.difference_hash IS NOT NULL AS hasPictureFacts
    FROM image JOIN file ON file.id = image.file_id
    LEFT JOIN patient ON patient.id = image.patient_id LEFT JOIN record ON record.image_id = image.id`;
  const byPath = handle.prepare<[string, string], KnownColumns>(
    `SELECT ${knownColumns} WHERE file.root_id = ? AND file.relative_path = ? LIMIT 1`,
  );
  const byBytes = handle.prepare<[string], KnownColumns>(
    `SELECT ${knownColumns} WHERE file.byte_sha256 = ? ORDER BY image.id LIMIT 1`,
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
     FROM file JOIN image ON image.file_id = file.id
     WHERE file.root_id = ? AND file.relative_path > ? ORDER BY file.relative_path LIMIT ?`,
  );
  const hasPatient = handle
    .prepare(
      'SELECT EXISTS (SELECT 1 FROM image JOIN patient ON patient.id = image.patient_id WHERE patient.key = ?)',
    )
    .pluck();
  const conflictingDuplicates = handle
    .prepare<[string, string], number>(
      `SELECT coalesce(sum(n), 0) FROM (
         SELECT count(*) AS n FROM image LEFT JOIN record ON record.image_id = image.id
         WHERE pixel_sha256 >= ? AND pixel_sha256 < ? GROUP BY pixel_sha256
         HAVING count(*) > 1 AND (count(DISTINCT record.class_id) > 1 OR count(DISTINCT imported_part) > 1))`,
    )
    .pluck();

  return {
    /** Id of a root if there is one. */
    existingRoot: (kind: 'reference' | 'originals', path: string): string | null =>
      (selectRoot.get(kind, path) as string | undefined) ?? null,

    findByPath: (rootId: string, relativePath: string): KnownImage | null =>
      toKnown(byPath.get(rootId, relativePath)),
    findByBytes: (byteSha256: string): KnownImage | null => toKnown(byBytes.get(byteSha256)),

    /** Whether a file of this name and size is probably in the project: its bytes are worth a look before its pixels. */
    hasLike: (fileName: string, sizeBytes: number): boolean => hasLike.get(fileName, sizeBytes) === 1,

    /** Whether some image belongs to this patient. */
    hasPatient: (key: string): boolean => hasPatient.get(key) === 1,

    /** Images of a root in the order of their paths: up to `limit` behind the path `after`. */
    imagesOfRoot: (rootId: string, after: string, limit: number): PlacedImage[] =>
      imagesOfRoot
        .all(rootId, after, limit)
        .map(({ missing, ...placed }) => ({ ...placed, missing: missing === 1 })),

    /** Images per class id by the label of record. */
    countsByClass: (): Map<string, number> =>
      new Map(
        handle
          .prepare<[], [string, number]>(
            'SELECT class_id, count(*) FROM record WHERE class_id IS NOT NULL GROUP BY class_id',
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

function pictureFactsOf({ mean, deviation, sharpness, differenceHash }: PictureFacts): PictureFacts {
  return { mean, deviation, sharpness, differenceHash };
}

/** What an import reads and writes. One call of `add` is one transaction: keep chunks at 500 images or fewer. */
export function createImportRepository(database: ProjectDatabase, journal: Journal, importReader: string) {
  const { handle } = database;
  const reading = createImportReading(database);
  const insertRoot = handle.prepare('INSERT INTO root (id, kind, path) VALUES (?, ?, ?)');
  const selectPatient = handle.prepare('SELECT id FROM patient WHERE key = ?').pluck();
  const insertPatient = handle.prepare('INSERT INTO patient (id, key) VALUES (?, ?)');
  const insertFile = handle.prepare(
    'INSERT INTO file (id, root_id, relative_path, byte_sha256, size_bytes, format) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertImage = handle.prepare(
    `INSERT INTO image (id, file_id, file_name, patient_id, width, height, channels, bit_depth, pixel_sha256,
       imported_part, generated, mean, deviation, sharpness, difference_hash, added_at)
     VALUES (@id, @fileId, @fileName, @patientId, @width, @height, @channels, @bitDepth, @pixelSha256, @part,
       @generated, @mean, @deviation, @sharpness, @differenceHash, @addedAt)`,
  );
  const setPictureFacts = handle.prepare(
    `UPDATE image SET mean = @mean, deviation = @deviation, sharpness = @sharpness,
       difference_hash = @differenceHash WHERE id = @image AND difference_hash IS NULL`,
  );
  const setPatient = handle.prepare('UPDATE image SET patient_id = ? WHERE id = ? AND patient_id IS NULL');
  const setPart = handle.prepare('UPDATE image SET imported_part = ? WHERE id = ? AND imported_part IS NULL');

  function patientId(key: string | null): string | null {
    if (key === null) return null;
    const found = selectPatient.get(key) as string | undefined;
    if (found) return found;
    const id = uuid();
    insertPatient.run(id, key);
    return id;
  }

  function addOne(image: NewImage): string {
    const fileId = uuid();
    const { facts } = image;
    insertFile.run(fileId, image.rootId, image.relativePath, facts.byteSha256, facts.sizeBytes, facts.format);
    const id = uuid();
    insertImage.run({
      id,
      fileId,
      fileName: image.relativePath.slice(image.relativePath.lastIndexOf('/') + 1),
      patientId: patientId(image.patientKey),
      width: facts.width,
      height: facts.height,
      channels: facts.channels,
      bitDepth: facts.bitDepth,
      pixelSha256: facts.pixelSha256,
      part: image.part,
      generated: facts.generated ? 1 : 0,
      ...pictureFactsOf(facts),
      addedAt: new Date().toISOString(),
    });
    return id;
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

    /** Adds images and their labels; ids in the same order. One transaction. */
    add: (images: readonly NewImage[]): string[] =>
      handle
        .transaction(() => {
          const ids = images.map(addOne);
          const labels = images.flatMap(({ classId }, index): LabelChange[] =>
            classId === null ? [] : [{ image: ids[index]!, to: { class: classId } }],
          );
          if (labels.length > 0) journal.set(labels, importReader, importRound);
          return ids;
        })
        .immediate(),

    /** Adds what images lacked; never overwrites. One transaction. */
    complete: (additions: readonly ImageAddition[]): void => {
      handle
        .transaction(() => {
          const labels: LabelChange[] = [];
          for (const { image, patientKey, part, classId, pictureFacts } of additions) {
            if (pictureFacts) setPictureFacts.run({ image, ...pictureFactsOf(pictureFacts) });
            if (patientKey !== undefined) setPatient.run(patientId(patientKey), image);
            if (part !== undefined) setPart.run(part, image);
            if (classId !== undefined) labels.push({ image, to: { class: classId } });
          }
          if (labels.length > 0) journal.set(labels, importReader, importRound);
        })
        .immediate();
    },
  };
}
export type ImportRepository = ReturnType<typeof createImportRepository>;
