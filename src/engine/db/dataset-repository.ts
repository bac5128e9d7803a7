import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ImageRow, SplitPart } from '../../contract/dataset.ts';
import { allPages } from '../turns.ts';
import type { ProjectDatabase } from './open.ts';
import { createVersionRepository, type DatasetVersion } from './version-repository.ts';

export type { DatasetMember, DatasetVersion } from './version-repository.ts';

/** What a split needs to know of an image. */
export interface SplitCandidate {
  image: string;
  relativePath: string;
  patient: string | null;
  pixelSha256: string;
  byteSha256: string;
  classId: string | null;
  importedPart: SplitPart | null;
}

/** What tells whether an image shows the same as another, and whether that matters. */
export interface ImageLikeness {
  image: string;
  pixelSha256: string;
  /** 64 hex digits; null: imported before it was kept. */
  differenceHash: string | null;
  patientId: string | null;
  /** Of the label of record. */
  classId: string | null;
  /** In the current split. */
  part: SplitPart | null;
}

/** An image file as media and training reach it. */
export interface ImageFile {
  image: string;
  path: string;
  fileName: string;
  relativePath: string;
  /** Of the file as it was imported. */
  byteSha256: string;
  pixelSha256: string;
  /** Of the picture: 1 for grey, also where the file stores it as colour. */
  channels: 1 | 3;
  /** When it was found gone, ISO 8601; null: not that anyone noticed. */
  missingSince: string | null;
}

interface FileColumns extends Omit<ImageFile, 'path'> {
  rootKind: 'reference' | 'originals';
  rootPath: string;
}

const candidatesPerTurn = 1000;

/** Images, their files and the versions of the dataset. */
export function createDatasetRepository(database: ProjectDatabase, projectFolder: string) {
  const { handle, readOnly } = database;
  const fileColumns = `image.id AS image, image.file_name AS fileName, file.relative_path AS relativePath,
    image.pixel_sha256 AS pixelSha256, image.channels, file.byte_sha256 AS byteSha256, file.missing_since AS missingSince, root.kind AS rootKind, root.path AS rootPath
    FROM image JOIN file ON file.id = image.file_id JOIN root ON root.id = file.root_id`;
  const fileById = handle.prepare<[string], FileColumns>(`SELECT ${fileColumns} WHERE image.id = ?`);
  const idsByName = handle
    .prepare<[string], string>('SELECT id FROM image WHERE file_name = ? LIMIT 6')
    .pluck();
  const idsByPath = handle
    .prepare<[string], string>(
      'SELECT image.id FROM image JOIN file ON file.id = image.file_id WHERE file.relative_path = ? LIMIT 6',
    )
    .pluck();
  const idById = handle.prepare<[string], string>('SELECT id FROM image WHERE id = ?').pluck();
  const currentPosition = handle
    .prepare<[], number>(
      'SELECT position FROM dataset_version WHERE hash = (SELECT current_version FROM project)',
    )
    .pluck();
  const selectCandidates = handle.prepare<[string, number], SplitCandidate>(
    `SELECT image.id AS image, file.relative_path AS relativePath, patient.key AS patient,
       image.pixel_sha256 AS pixelSha256, image.channels, file.byte_sha256 AS byteSha256, record.class_id AS classId,
       image.imported_part AS importedPart
     FROM image JOIN file ON file.id = image.file_id
     LEFT JOIN patient ON patient.id = image.patient_id LEFT JOIN record ON record.image_id = image.id
     WHERE image.id > ? ORDER BY image.id LIMIT ?`,
  );

  const selectLikenesses = handle.prepare<[number, string, number], ImageLikeness>(
    `SELECT image.id AS image, image.pixel_sha256 AS pixelSha256, image.difference_hash AS differenceHash,
       image.patient_id AS patientId, record.class_id AS classId, member.part
     FROM image LEFT JOIN record ON record.image_id = image.id
     LEFT JOIN dataset_member AS member ON member.image_id = image.id AND member.version_position = ?
     WHERE image.id > ? ORDER BY image.id LIMIT ?`,
  );

  const ofImage = 'WHERE id = (SELECT file_id FROM image WHERE id = ?)';
  const setMissing = handle.prepare(`UPDATE file SET missing_since = coalesce(missing_since, ?) ${ofImage}`);
  const setFound = handle.prepare(
    `UPDATE file SET missing_since = NULL ${ofImage} AND missing_since IS NOT NULL`,
  );
  const mark = (images: readonly string[], update: typeof setFound, ...values: string[]): void => {
    if (readOnly || images.length === 0) return;
    handle.transaction(() => images.forEach((image) => update.run(...values, image))).immediate();
  };

  const toFile = ({ rootKind, rootPath, ...row }: FileColumns): ImageFile => ({
    ...row,
    path: path.join(
      rootKind === 'originals' ? path.join(projectFolder, 'originals') : rootPath,
      row.relativePath,
    ),
  });

  return {
    ...createVersionRepository(database),

    /** The image with this id, path below its root, or file name. @throws ReadroomError `unknownImage`, `ambiguousImage` */
    findImage(reference: string): string {
      const byId = idById.get(reference);
      if (byId) return byId;
      const normal = reference.replaceAll('\\', '/');
      const byPath = idsByPath.all(normal);
      const found = byPath.length > 0 ? byPath : idsByName.all(normal.slice(normal.lastIndexOf('/') + 1));
      if (found.length === 1) return found[0]!;
      if (found.length === 0) {
        throw new ReadroomError(
          'unknownImage',
          `There is no image "${reference}".`,
          'Give its id or its file name.',
        );
      }
      throw new ReadroomError(
        'ambiguousImage',
        `${found.length > 5 ? 'More than five' : found.length} images are called "${reference}".`,
        'Give the path below the imported folder, or the id.',
        { images: found },
      );
    },

    file(image: string): ImageFile {
      const row = fileById.get(image);
      if (!row)
        throw new ReadroomError(
          'unknownImage',
          `There is no image "${image}".`,
          'It may belong to another project.',
        );
      return toFile(row);
    },

    /** Files of a list of images, in the list's order. */
    files(images: readonly string[]): ImageFile[] {
      return images.map((image) => toFile(fileById.get(image)!));
    },

    /** Every image, in the order of their ids, read a page a turn. */
    candidates: (): Promise<SplitCandidate[]> =>
      allPages((last) => selectCandidates.all(last?.image ?? '', candidatesPerTurn)),

    /** Every image, in the order of their ids, read a page a turn. */
    likenesses: (): Promise<ImageLikeness[]> => {
      const version = currentPosition.get() ?? -1;
      return allPages((last) => selectLikenesses.all(version, last?.image ?? '', candidatesPerTurn));
    },

    /** Opaque group of every image that has a patient: the patient's id, never the key. */
    groupKeys: (): Map<string, string> =>
      new Map(
        handle
          .prepare<[], [string, string]>('SELECT id, patient_id FROM image WHERE patient_id IS NOT NULL')
          .raw()
          .all(),
      ),

    /** Notes that the files of these images are gone. Nothing happens in a project opened for reading. */
    markMissing: (images: readonly string[]): void => mark(images, setMissing, new Date().toISOString()),

    /** Notes that the files of these images are where they should be. */
    markFound: (images: readonly string[]): void => mark(images, setFound),

    /**
     * One page of images in the order of their ids: those behind `after`, if it is given, less the first
     * `offset`. Paging by `after` costs the same for every page.
     */
    rows(offset: number, limit: number, after = ''): { total: number; rows: ImageRow[] } {
      const version = currentPosition.get() ?? -1;
      const rows = handle
        .prepare<[number, string, number, number], Omit<ImageRow, 'missing'> & { missing: number }>(
          `SELECT image.id AS image, image.file_name AS fileName, file.relative_path AS relativePath,
             patient.key AS patient, image.width, image.height, class.name AS label, member.part,
             file.missing_since IS NOT NULL AS missing
           FROM image JOIN file ON file.id = image.file_id
           LEFT JOIN patient ON patient.id = image.patient_id
           LEFT JOIN record ON record.image_id = image.id LEFT JOIN class ON class.id = record.class_id
           LEFT JOIN dataset_member AS member ON member.image_id = image.id AND member.version_position = ?
           WHERE image.id > ? ORDER BY image.id LIMIT ? OFFSET ?`,
        )
        .all(version, after, limit, offset);
      const total = handle.prepare('SELECT count(*) FROM image').pluck().get() as number;
      return { total, rows: rows.map((row) => ({ ...row, missing: row.missing === 1 })) };
    },

    /** Whether every image is grey, and whether any was generated. */
    traits(): { allGrey: boolean; anyGenerated: boolean } {
      const exists = (where: string): boolean =>
        handle.prepare(`SELECT EXISTS (SELECT 1 FROM image WHERE ${where})`).pluck().get() === 1;
      return { allGrey: !exists('channels <> 1'), anyGenerated: exists('generated = 1') };
    },

    /** Figures for a report's data flow. */
    dataFlow(): {
      images: number;
      patients: number;
      patientsKnown: boolean;
      unlabelled: number;
      missing: number;
      readers: number;
    } {
      const count = (sql: string): number => handle.prepare(sql).pluck().get() as number;
      const images = count('SELECT count(*) FROM image');
      const known = count('SELECT count(DISTINCT patient_id) FROM image');
      const withoutPatient = count('SELECT count(*) FROM image WHERE patient_id IS NULL');
      return {
        images,
        patients: known + withoutPatient,
        patientsKnown: withoutPatient === 0,
        unlabelled: images - count('SELECT count(*) FROM record'),
        missing: count('SELECT count(*) FROM file WHERE missing_since IS NOT NULL'),
        readers: count('SELECT count(DISTINCT reader_id) FROM label'),
      };
    },

    /** Whether any image of a version came with its part from the imported folders. */
    hasImportedParts: (version: DatasetVersion): boolean =>
      handle
        .prepare(
          `SELECT EXISTS (SELECT 1 FROM dataset_member AS member JOIN image ON image.id = member.image_id
             WHERE member.version_position = ? AND image.imported_part = member.part)`,
        )
        .pluck()
        .get(version.position) === 1,
  };
}
export type DatasetRepository = ReturnType<typeof createDatasetRepository>;
