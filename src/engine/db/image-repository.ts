import type { ImageDetail, ImageRow } from '../../contract/image.ts';
import type { SplitPart } from '../../contract/split.ts';
import type { LabelLevel } from '../../contract/project.ts';
import { isBlinded } from './blinding.ts';
import { concernsImage, perLevel, targetIdOf, targetsOfImages } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import { isLabel, parseValue, type StoredValue } from './stored-value.ts';

/** A label of record: one of the three, all null without one. */
interface RecordColumns {
  /** Class id. */
  class: string | null;
  /** Class ids of a multi-label one. */
  classes: string[] | null;
  number: number | null;
}

/** A picture as a grid or a viewer shows it. */
export interface ShownImage extends RecordColumns {
  image: string;
  fileName: string;
  patient: string | null;
  width: number;
  height: number;
  unsure: boolean;
  part: SplitPart | null;
  seriesId: string | null;
  modality: string | null;
  generated: boolean;
  missing: boolean;
  /** Another image has the same pixels. */
  duplicate: boolean;
  mean: number | null;
  deviation: number | null;
  sharpness: number | null;
  /** What the reader who was named says of it. */
  word: StoredValue | null;
}

/** A row of `dataset.images` with its label of record as stored. */
export type ListedImage = Omit<ImageRow, 'label'> & RecordColumns;

/** A label of record in the form of a word; null without one. */
export function recordWord({ class: id, classes, number }: RecordColumns): StoredValue | null {
  if (id !== null) return { class: id };
  if (classes) return { classes };
  return number === null ? null : { number };
}

type Stored<T, K extends keyof T> = Omit<T, K> & Record<K, number>;
type ShownColumns = Omit<
  Stored<ShownImage, 'unsure' | 'generated' | 'missing' | 'duplicate'>,
  'word' | 'classes'
> & { word: string | null; classes: string | null };
type ListedColumns = Omit<Stored<ListedImage, 'missing'>, 'classes'> & { classes: string | null };

/** What is stored of an image beyond what a grid shows. */
export type ImageFileFacts = Pick<
  ImageDetail,
  | 'format'
  | 'sizeBytes'
  | 'channels'
  | 'bitDepth'
  | 'pixelSha256'
  | 'addedAt'
  | 'relativePath'
  | 'frame'
  | 'study'
  | 'series'
  | 'ageYears'
> & {
  patientId: string | null;
  bodyPart: string | null;
  laterality: string | null;
  view: string | null;
  sex: string | null;
  device: string | null;
  modality: string | null;
};

/** A reader's current word on an image, or on what the image belongs to. */
export interface StoredWord {
  reader: string;
  value: StoredValue;
  at: string;
}

/** An image of a series, and its order within it; null: not known. */
export interface SeriesPlace {
  image: string;
  position: number | null;
}

/** An image of a patient with what tells its study and series apart. */
export interface StudyImage {
  image: string;
  study: string | null;
  series: string | null;
  modality: string | null;
  format: string;
}

const mostOfPatient = 50;

const parseClasses = (classes: string | null): string[] | null =>
  classes === null ? null : (JSON.parse(classes) as string[]);

/** Single images for the screens. */
export function createImageRepository({ handle }: ProjectDatabase) {
  const currentVersion = handle
    .prepare<[], number>(
      'SELECT position FROM dataset_version WHERE hash = (SELECT current_version FROM project)',
    )
    .pluck();
  const member = `LEFT JOIN dataset_member AS member ON member.image_id = image.id AND member.version_position = ?`;
  const asked = `FROM json_each(?) AS asked CROSS JOIN image ON image.rowid = asked.value
     JOIN file ON file.id = image.file_id LEFT JOIN patient ON patient.id = image.patient_id
     LEFT JOIN record ON record.image_id = image.id`;
  const label = 'record.class_id AS class, record.classes, record.number';
  const shown = perLevel((level) =>
    // One statement for all rows: outside a transaction every statement locks the database anew.
    handle.prepare<[string, number, string, string], ShownColumns>(
      `SELECT image.id AS image, image.file_name AS fileName, patient.key AS patient, image.width, image.height,
         ${label}, coalesce(record.unsure, 0) AS unsure, member.part, image.generated,
         image.series_id AS seriesId, series.modality, file.missing_since IS NOT NULL AS missing,
         EXISTS (SELECT 1 FROM image AS twin WHERE twin.pixel_sha256 = image.pixel_sha256
           AND twin.rowid <> image.rowid AND twin.removed = 0) AS duplicate,
         image.mean, image.deviation, image.sharpness, mine.value AS word
       ${asked} LEFT JOIN series ON series.id = image.series_id ${member}
       LEFT JOIN label AS mine ON mine.target_kind = '${level}' AND mine.target_id = ${targetIdOf[level]}
         AND mine.reader_id = ? AND mine.round = ?
       ORDER BY asked.key`,
    ),
  );
  const listed = handle.prepare<[string, number], ListedColumns>(
    `SELECT image.id AS image, image.file_name AS fileName, file.relative_path AS relativePath,
       patient.key AS patient, image.width, image.height, ${label}, member.part,
       file.missing_since IS NOT NULL AS missing
     ${asked} ${member} ORDER BY asked.key`,
  );
  const words = handle.prepare<{ image: string }, { reader: string; value: string; at: string }>(
    `WITH target (kind, id) AS (${targetsOfImages('image.id = @image')})
     SELECT reader.name AS reader, label.value, event.at
     FROM target CROSS JOIN label ON label.target_kind = target.kind AND label.target_id = target.id
     JOIN reader ON reader.id = label.reader_id JOIN event ON event.id = label.event_id
     WHERE NOT ${isBlinded('label.round')}
     ORDER BY event.clock, event.replica_id`,
  );
  const facts = handle.prepare<[string], ImageFileFacts>(
    `SELECT file.format, file.size_bytes AS sizeBytes, image.channels, image.bit_depth AS bitDepth,
       image.pixel_sha256 AS pixelSha256, image.added_at AS addedAt, image.patient_id AS patientId,
       file.relative_path AS relativePath, image.frame, series.study_id AS study, image.series_id AS series,
       study.age_years AS ageYears, series.body_part AS bodyPart, image.laterality, image.view, patient.sex, series.device,
       series.modality
     FROM image JOIN file ON file.id = image.file_id LEFT JOIN patient ON patient.id = image.patient_id
     LEFT JOIN series ON series.id = image.series_id LEFT JOIN study ON study.id = series.study_id
     WHERE image.id = ? AND image.removed = 0`,
  );
  const ofPatient = handle
    .prepare<[string, string, number], string>(
      'SELECT id FROM image WHERE patient_id = ? AND id <> ? AND removed = 0 ORDER BY rowid LIMIT ?',
    )
    .pluck();
  const ofPixels = handle
    .prepare<[string, string, number], string>(
      'SELECT id FROM image WHERE pixel_sha256 = ? AND id <> ? AND removed = 0 ORDER BY rowid LIMIT ?',
    )
    .pluck();
  // The order that the index gives a series as well: what has no place first, then as they were added.
  const seriesOrder = 'series_position, rowid';
  const placesOfSeries = handle.prepare<[string], SeriesPlace>(
    `SELECT id AS image, series_position AS position FROM image
     WHERE series_id = ? AND removed = 0 ORDER BY ${seriesOrder}`,
  );
  const studyImages = (where: string) =>
    handle.prepare<[string], StudyImage>(
      `SELECT image.id AS image, series.study_id AS study, image.series_id AS series, series.modality, file.format
       FROM image JOIN file ON file.id = image.file_id LEFT JOIN series ON series.id = image.series_id
       WHERE ${where} AND image.removed = 0
       ORDER BY coalesce(series.study_id, image.id) DESC, series.rowid, image.series_position, image.rowid`,
    );
  const imagesOfPatient = studyImages('image.patient_id = ?');
  const seriesOf = (where: string) =>
    handle.prepare<[string], { image: string; total: number }>(
      `SELECT (SELECT id FROM image WHERE series_id = series.id AND removed = 0 ORDER BY ${seriesOrder} LIMIT 1) AS image,
         (SELECT count(*) FROM image WHERE series_id = series.id AND removed = 0) AS total
       FROM series JOIN study ON study.id = series.study_id WHERE ${where} AND total > 0 ORDER BY study.rowid, series.rowid`,
    );
  const withoutSeries = handle
    .prepare<[string], string>(
      'SELECT id FROM image WHERE patient_id = ? AND series_id IS NULL AND removed = 0 ORDER BY rowid',
    )
    .pluck();
  const seriesOfStudy = seriesOf('series.study_id = ?');
  const seriesOfPatient = seriesOf('study.patient_id = ?');

  const pixels = handle.prepare<[string, string], [number, string]>(
    `SELECT min(rowid), pixel_sha256 FROM image WHERE pixel_sha256 >= ? AND pixel_sha256 < ? GROUP BY pixel_sha256`,
  );
  // One statement for many: outside a transaction every statement locks the database anew.
  const idsOf = handle
    .prepare<[string], string>(
      `SELECT image.id FROM json_each(?) AS asked CROSS JOIN image ON image.rowid = asked.value ORDER BY asked.key`,
    )
    .pluck();
  const wordsOfReader = perLevel((level) =>
    handle
      .prepare<[string, string], [number, string]>(
        `SELECT image.rowid, label.value FROM label CROSS JOIN image ON ${concernsImage(level, 'label.target_id')}
         WHERE label.target_kind = '${level}' AND label.round = ? AND label.reader_id = ?`,
      )
      .raw(),
  );

  return {
    /** Each distinct picture whose pixel hash lies in [from, to): the oldest image's row number, and the hash. */
    pixels: (from: string, to: string): [number, string][] => pixels.raw().all(from, to),

    idsOf: (rows: readonly number[]): string[] => idsOf.all(JSON.stringify(rows)),

    /** Images by row number, with a reader's words in a round at a level of labels. */
    shown: (
      rows: Iterable<number>,
      mine: { readerId: string | null; round: string; level: LabelLevel },
    ): ShownImage[] =>
      shown[mine.level]
        .all(JSON.stringify([...rows]), currentVersion.get() ?? 0, mine.readerId ?? '', mine.round)
        .map(({ unsure, generated, missing, duplicate, word, classes, ...row }) => ({
          ...row,
          classes: parseClasses(classes),
          unsure: unsure === 1,
          generated: generated === 1,
          missing: missing === 1,
          duplicate: duplicate === 1,
          word: parseValue(word),
        })),

    /** As `dataset.images` lists them, by row number. */
    listed: (rows: Iterable<number>): ListedImage[] =>
      listed
        .all(JSON.stringify([...rows]), currentVersion.get() ?? 0)
        .map(({ missing, classes, ...row }) => ({
          ...row,
          classes: parseClasses(classes),
          missing: missing === 1,
        })),

    /** Every reader's current words on an image and on what it belongs to, oldest first; not of open blinded rounds. */
    words: (image: string): StoredWord[] =>
      words.all({ image }).map((row) => ({ ...row, value: parseValue(row.value)! })),

    /** Row numbers of the images that a reader has labelled or skipped in a round, at a level of labels. */
    rowsRead: (readerId: string, round: string, level: LabelLevel): Set<number> =>
      new Set(
        wordsOfReader[level]
          .all(round, readerId)
          .filter(([, value]) => {
            const word = parseValue(value);
            return isLabel(word) || word?.skipped === true;
          })
          .map(([row]) => row),
      ),

    /** Null for an image that is not there. */
    facts: (image: string): ImageFileFacts | null => facts.get(image) ?? null,

    /** Other images of a patient, oldest first. */
    ofPatient: (patientId: string, image: string): string[] => ofPatient.all(patientId, image, mostOfPatient),

    /** Other images with these pixels, oldest first. */
    ofPixels: (pixelSha256: string, image: string): string[] =>
      ofPixels.all(pixelSha256, image, mostOfPatient),

    /** Images of a series in their order. */
    ofSeries: (series: string): string[] => placesOfSeries.all(series).map(({ image }) => image),

    /** The same with their order within it; null: not known. */
    placesOfSeries: (series: string): SeriesPlace[] => placesOfSeries.all(series),

    /** The first image of each series of a study or a patient, and how many it has; in the order in which they were added. */
    seriesOfStudy: (study: string) => seriesOfStudy.all(study),
    seriesOfPatient: (patientId: string) => seriesOfPatient.all(patientId),

    /** Images of a patient that belong to no series, in the order in which they were added. */
    withoutSeries: (patientId: string): string[] => withoutSeries.all(patientId),

    /** Every image of a patient: study by study, newest first, series by series, in their order. */
    studyImages: (patientId: string): StudyImage[] => imagesOfPatient.all(patientId),
  };
}
export type ImageRepository = ReturnType<typeof createImageRepository>;
