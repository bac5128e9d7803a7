import type { FileFormat } from '../../contract/decode.ts';
import { isBlinded } from './blinding.ts';
import { type LabelTargetKind, labelTargets, targetIdOf } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import { parseValue, type StoredAnnotation, type StoredValue } from './stored-value.ts';

/** An image with its label of record, as files of labels name it. */
export interface LabelledImage {
  row: number;
  image: string;
  /** Below its root, forward slashes. */
  relativePath: string;
  rootPath: string;
  format: FileFormat;
  /** Which picture of its file, from 0; whether the file has several. */
  frame: number;
  severalFrames: boolean;
  patient: string | null;
  /** UIDs of a DICOM header. */
  study: string | null;
  series: string | null;
  width: number;
  height: number;
  /** In the form of a word; null: no label of record. */
  record: { value: StoredValue; at: string } | null;
}

/** A reader's word on an image or on its series, study or patient. */
export interface ReaderWord {
  image: string;
  level: LabelTargetKind;
  reader: string;
  round: string;
  value: StoredValue;
  at: string;
}

/** A shape that stands. */
export interface ReaderShape {
  id: string;
  image: string;
  reader: string;
  round: string;
  value: StoredAnnotation;
  at: string;
}

type ImageColumns = Omit<LabelledImage, 'severalFrames' | 'record'> & {
  severalFrames: 0 | 1;
  classId: string | null;
  classes: string | null;
  number: number | null;
  unsure: 0 | 1 | null;
  at: string | null;
};

/** What goes out of a project as labels and shapes. Words and shapes of rounds that are still blinded stay inside. */
export function createInterchangeRepository({ handle }: ProjectDatabase) {
  const images = handle.prepare<[number, number], ImageColumns>(
    `SELECT image.rowid AS row, image.id AS image, file.relative_path AS relativePath, root.path AS rootPath, file.format, image.frame,
       EXISTS (SELECT 1 FROM image AS other WHERE other.file_id = image.file_id AND other.frame <> image.frame) AS severalFrames,
       patient.key AS patient, study.uid AS study, series.uid AS series, image.width, image.height,
       record.class_id AS classId, record.classes, record.number, record.unsure, event.at
     FROM image JOIN file ON file.id = image.file_id JOIN root ON root.id = file.root_id
     LEFT JOIN patient ON patient.id = image.patient_id LEFT JOIN series ON series.id = image.series_id
     LEFT JOIN study ON study.id = series.study_id LEFT JOIN record ON record.image_id = image.id
     LEFT JOIN event ON event.id = record.event_id
     WHERE image.rowid > ? AND image.removed = 0 ORDER BY image.rowid LIMIT ?`,
  );
  const wordsAt = (level: LabelTargetKind): string =>
    `SELECT image.id AS image, '${level}' AS level, reader.name AS reader, label.round, label.value, event.at
     FROM json_each(@images) AS asked CROSS JOIN image ON image.id = asked.value
     CROSS JOIN label ON label.target_kind = '${level}' AND label.target_id = ${targetIdOf[level]} AND NOT ${isBlinded('label.round')}
     JOIN reader ON reader.id = label.reader_id JOIN event ON event.id = label.event_id`;
  const words = handle.prepare<{ images: string }, Omit<ReaderWord, 'value'> & { value: string }>(
    labelTargets.map(wordsAt).join('\nUNION ALL\n'),
  );
  const shapes = handle.prepare<[string], Omit<ReaderShape, 'value'> & { value: string }>(
    `SELECT annotation.id, annotation.image_id AS image, reader.name AS reader, annotation.round, annotation.value, event.at
     FROM json_each(?) AS asked CROSS JOIN annotation ON annotation.image_id = asked.value
     JOIN reader ON reader.id = annotation.reader_id JOIN event ON event.id = annotation.event_id
     WHERE NOT ${isBlinded('annotation.round')} ORDER BY asked.key, annotation.id`,
  );
  const present = handle.prepare<[string], [string, string]>(
    'SELECT id, value FROM annotation WHERE id IN (SELECT value FROM json_each(?))',
  );

  return {
    /** Images behind a row number, in the order in which they came. */
    images: (after: number, limit: number): LabelledImage[] =>
      images.all(after, limit).map(({ severalFrames, classId, classes, number, unsure, at, ...row }) => ({
        ...row,
        severalFrames: severalFrames === 1,
        record:
          at === null
            ? null
            : {
                at,
                value: {
                  ...(classId !== null && { class: classId }),
                  ...(classes !== null && { classes: JSON.parse(classes) as string[] }),
                  ...(number !== null && { number }),
                  ...(unsure === 1 && { unsure: true as const }),
                },
              },
      })),

    /** Every reader's words on some images, of whatever level; most specific levels first. */
    words: (ids: readonly string[]): ReaderWord[] =>
      words.all({ images: JSON.stringify(ids) }).map((row) => ({ ...row, value: parseValue(row.value)! })),

    /** Everybody's shapes on some images, in their order. */
    shapes: (ids: readonly string[]): ReaderShape[] =>
      shapes
        .all(JSON.stringify(ids))
        .map((row) => ({ ...row, value: JSON.parse(row.value) as StoredAnnotation })),

    /** Those of the shapes that stand, by id, as they are stored. */
    present: (ids: readonly string[]): Map<string, string> => new Map(present.raw().all(JSON.stringify(ids))),
  };
}
export type InterchangeRepository = ReturnType<typeof createInterchangeRepository>;
