import path from 'node:path';

import type { FileFormat } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { SplitPart } from '../../contract/split.ts';
import type { MemberLabel } from '../../core/split-strata.ts';
import { allPages } from '../turns.ts';
import { isBlinded } from './blinding.ts';
import { concernsImage, labelTargets } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import { createVersionRepository, type DatasetVersion, withParsedClasses } from './version-repository.ts';

export type { DatasetMember, DatasetVersion } from './version-repository.ts';

/** What a split needs to know of an image. */
export interface SplitCandidate extends MemberLabel {
  image: string;
  relativePath: string;
  /** Which picture of its file it is. */
  frame: number;
  patient: string | null;
  /** UID; pictures of one are never parted, also where the patient is unknown. */
  study: string | null;
  pixelSha256: string;
  byteSha256: string;
  importedPart: SplitPart | null;
}

/** What tells whether an image shows the same as another, and whether that matters. */
export interface ImageLikeness {
  image: string;
  pixelSha256: string;
  /** 64 hex digits; null: imported before it was kept. */
  differenceHash: string | null;
  patientId: string | null;
  /** What the label of record says; equal texts say the same. */
  label: string | null;
  /** In the current split. */
  part: SplitPart | null;
}

/** An image file as media and training reach it. */
export interface ImageFile {
  image: string;
  path: string;
  /** Which picture of the file, from 0. */
  frame: number;
  fileName: string;
  relativePath: string;
  format: FileFormat;
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

type CandidateColumns = Omit<SplitCandidate, 'classes'> & { classes: string | null };

const candidatesPerTurn = 1000;

/** Images, their files and the versions of the dataset. */
export function createDatasetRepository(database: ProjectDatabase, projectFolder: string) {
  const { handle, readOnly } = database;
  const fileColumns = `image.id AS image, image.file_name AS fileName, file.relative_path AS relativePath,
    file.format, image.frame, image.pixel_sha256 AS pixelSha256, image.channels, file.byte_sha256 AS byteSha256, file.missing_since AS missingSince, root.kind AS rootKind, root.path AS rootPath
    FROM image JOIN file ON file.id = image.file_id JOIN root ON root.id = file.root_id`;
  const fileById = handle.prepare<[string], FileColumns>(`SELECT ${fileColumns} WHERE image.id = ?`);
  const idsByName = handle
    .prepare<[string], string>('SELECT id FROM image WHERE file_name = ? AND removed = 0 LIMIT 6')
    .pluck();
  const idsByPath = handle
    .prepare<[string], string>(
      `SELECT image.id FROM image JOIN file ON file.id = image.file_id
       WHERE file.relative_path = ? AND image.removed = 0 LIMIT 6`,
    )
    .pluck();
  const idsOfPicture = handle
    .prepare<[string, number], string>(
      `SELECT image.id FROM image JOIN file ON file.id = image.file_id
       WHERE file.relative_path = ? AND image.frame = ? AND image.removed = 0`,
    )
    .pluck();
  const idById = handle
    .prepare<[string], string>('SELECT id FROM image WHERE id = ? AND removed = 0')
    .pluck();
  const studyOfImage = handle
    .prepare<[string], string>(
      `SELECT study.uid FROM image JOIN series ON series.id = image.series_id JOIN study ON study.id = series.study_id
       WHERE image.id = ?`,
    )
    .pluck();
  const currentPosition = handle
    .prepare<[], number>(
      'SELECT position FROM dataset_version WHERE hash = (SELECT current_version FROM project)',
    )
    .pluck();
  // Images are read in the order in which they came; an id that is none begins with the first.
  const isBehind = 'image.rowid > coalesce((SELECT rowid FROM image WHERE id = ?), 0)';
  const selectCandidates = handle.prepare<[string, number], CandidateColumns>(
    `SELECT image.id AS image, file.relative_path AS relativePath, image.frame, patient.key AS patient, study.uid AS study,
       image.pixel_sha256 AS pixelSha256, file.byte_sha256 AS byteSha256, image.imported_part AS importedPart,
       record.class_id AS classId, record.classes, record.number
     FROM image JOIN file ON file.id = image.file_id
     LEFT JOIN patient ON patient.id = image.patient_id LEFT JOIN record ON record.image_id = image.id
     LEFT JOIN series ON series.id = image.series_id LEFT JOIN study ON study.id = series.study_id
     WHERE ${isBehind} AND image.removed = 0 ORDER BY image.rowid LIMIT ?`,
  );

  const selectLikenesses = handle.prepare<[number, string, number], ImageLikeness>(
    `SELECT image.id AS image, image.pixel_sha256 AS pixelSha256, image.difference_hash AS differenceHash,
       image.patient_id AS patientId, coalesce(record.class_id, record.classes, record.number || '') AS label, member.part
     FROM image LEFT JOIN record ON record.image_id = image.id
     LEFT JOIN dataset_member AS member ON member.image_id = image.id AND member.version_position = ?
     WHERE ${isBehind} AND image.removed = 0 ORDER BY image.rowid LIMIT ?`,
  );

  // Of those that are removed there is an index, of the others none: counting all needs no rows.
  const countImages = handle
    .prepare<[], number>(
      'SELECT (SELECT count(*) FROM image) - (SELECT count(*) FROM image WHERE removed = 1)',
    )
    .pluck();
  const selectPage = handle
    .prepare<[string, number, number], number>(
      `SELECT rowid FROM image WHERE ${isBehind} AND removed = 0 ORDER BY rowid LIMIT ? OFFSET ?`,
    )
    .pluck();

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

    /** The image that a picture of the file at an absolute path is; null where it is none of the project's. */
    imageAt(file: string, frame: number): string | null {
      const isIt = (image: string): boolean => toFile(fileById.get(image)!).path === file;
      const levels = file.split(path.sep);
      for (let from = 1; from < levels.length; from += 1) {
        const found = idsOfPicture.all(levels.slice(from).join('/'), frame).find(isIt);
        if (found !== undefined) return found;
      }
      return null;
    },

    /** UID of the study that an image is of; null where none is known. */
    studyOfImage: (image: string): string | null => studyOfImage.get(image) ?? null,

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

    /** Every image, in the order in which they came, read a page a turn. */
    candidates: (): Promise<SplitCandidate[]> =>
      allPages((last) => selectCandidates.all(last?.image ?? '', candidatesPerTurn).map(withParsedClasses)),

    /** Every image, in the order in which they came, read a page a turn. */
    likenesses: (): Promise<ImageLikeness[]> => {
      const version = currentPosition.get() ?? -1;
      return allPages((last) => selectLikenesses.all(version, last?.image ?? '', candidatesPerTurn));
    },

    /**
     * Opaque group of every image that has a patient, or a study of an unknown one: the id, never the key. Whoever
     * counts patients counts these.
     */
    groupKeys: (): Map<string, string> =>
      new Map(
        handle
          .prepare<[], [string, string]>(
            `SELECT image.id, coalesce(image.patient_id, series.study_id) AS of
             FROM image LEFT JOIN series ON series.id = image.series_id WHERE of IS NOT NULL`,
          )
          .raw()
          .all(),
      ),

    /** Key of the patient by image, where one is known. */
    patientKeys: (): Map<string, string> =>
      new Map(
        handle
          .prepare<[], [string, string]>(
            'SELECT image.id, patient.key FROM image JOIN patient ON patient.id = image.patient_id',
          )
          .raw()
          .all(),
      ),

    /** Id of the study by image, where one is known. */
    studies: (): Map<string, string> =>
      new Map(
        handle
          .prepare<[], [string, string]>(
            'SELECT image.id, series.study_id FROM image JOIN series ON series.id = image.series_id',
          )
          .raw()
          .all(),
      ),

    /** Notes that the files of these images are gone. Nothing happens in a project opened for reading. */
    markMissing: (images: readonly string[]): void => mark(images, setMissing, new Date().toISOString()),

    /** Notes that the files of these images are where they should be. */
    markFound: (images: readonly string[]): void => mark(images, setFound),

    /**
     * Row numbers of one page of images in the order in which they came: those behind `after`, if it is given, less the
     * first `offset`. Paging by `after` costs the same for every page.
     */
    page: (offset: number, limit: number, after = ''): { total: number; rows: number[] } => ({
      total: countImages.get()!,
      rows: selectPage.all(after, limit, offset),
    }),

    /** Whether every image is grey, and whether any was generated. */
    traits(): { allGrey: boolean; anyGenerated: boolean } {
      const exists = (where: string): boolean =>
        handle.prepare(`SELECT EXISTS (SELECT 1 FROM image WHERE ${where})`).pluck().get() === 1;
      return {
        allGrey: !exists('channels <> 1 AND removed = 0'),
        anyGenerated: exists('generated = 1 AND removed = 0'),
      };
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
      const images = countImages.get()!;
      const withoutPatient = count('SELECT count(*) FROM image WHERE patient_id IS NULL AND removed = 0');
      return {
        images,
        patients: count(
          `SELECT count(DISTINCT coalesce(image.patient_id, series.study_id, image.id))
           FROM image LEFT JOIN series ON series.id = image.series_id WHERE image.removed = 0`,
        ),
        patientsKnown: withoutPatient === 0,
        unlabelled: images - count('SELECT count(*) FROM record'),
        missing: count(
          `SELECT count(*) FROM file JOIN image ON image.file_id = file.id
           WHERE file.missing_since IS NOT NULL AND image.removed = 0`,
        ),
        readers: count(`SELECT count(DISTINCT reader_id) FROM label
          WHERE NOT ${isBlinded('label.round')}
            AND CASE target_kind ${labelTargets
              .map((level) => {
                const images = `SELECT 1 FROM image WHERE ${concernsImage(level, 'label.target_id')} AND removed = 0`;
                return `WHEN '${level}' THEN EXISTS (${images})`;
              })
              .join(' ')} END`),
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
