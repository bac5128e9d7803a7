import type { ImageDetail, ImageRow, SplitPart } from '../../contract/dataset.ts';
import type { ProjectDatabase } from './open.ts';
import { parseValue, type StoredValue } from './stored-value.ts';

/** A picture as a grid or a viewer shows it. */
export interface ShownImage {
  image: string;
  fileName: string;
  patient: string | null;
  width: number;
  height: number;
  /** Class id of the label of record. */
  class: string | null;
  unsure: boolean;
  part: SplitPart | null;
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

type Stored<T, K extends keyof T> = Omit<T, K> & Record<K, number>;
type ShownColumns = Omit<Stored<ShownImage, 'unsure' | 'generated' | 'missing' | 'duplicate'>, 'word'> & {
  word: string | null;
};

/** What is stored of an image beyond what a grid shows. */
export type ImageFileFacts = Pick<
  ImageDetail,
  'format' | 'sizeBytes' | 'channels' | 'bitDepth' | 'pixelSha256' | 'addedAt' | 'relativePath'
> & { patientId: string | null };

/** A reader's current word on an image. */
export interface StoredWord {
  reader: string;
  value: StoredValue;
  at: string;
}

const mostOfPatient = 50;

/** Single images for the screens. */
export function createImageRepository({ handle }: ProjectDatabase) {
  const currentVersion = handle
    .prepare<[], number>(
      'SELECT position FROM dataset_version WHERE hash = (SELECT current_version FROM project)',
    )
    .pluck();
  const member = `LEFT JOIN dataset_member AS member ON member.image_id = image.id AND member.version_position = ?`;
  // One statement for all rows: outside a transaction every statement locks the database anew.
  const shown = handle.prepare<[string, number, string, number], ShownColumns>(
    `SELECT image.id AS image, image.file_name AS fileName, patient.key AS patient, image.width, image.height,
       record.class_id AS class, coalesce(record.unsure, 0) AS unsure, member.part, image.generated,
       file.missing_since IS NOT NULL AS missing,
       EXISTS (SELECT 1 FROM image AS twin WHERE twin.pixel_sha256 = image.pixel_sha256 AND twin.rowid <> image.rowid)
         AS duplicate, image.mean, image.deviation, image.sharpness,
       mine.value AS word
     FROM json_each(?) AS asked CROSS JOIN image ON image.rowid = asked.value JOIN file ON file.id = image.file_id LEFT JOIN patient ON patient.id = image.patient_id
     LEFT JOIN record ON record.image_id = image.id ${member}
     LEFT JOIN label AS mine ON mine.target_kind = 'image' AND mine.target_id = image.id
       AND mine.reader_id = ? AND mine.round = ?
     ORDER BY asked.key`,
  );
  const listed = handle.prepare<[string, number], Stored<ImageRow, 'missing'>>(
    `SELECT image.id AS image, image.file_name AS fileName, file.relative_path AS relativePath,
       patient.key AS patient, image.width, image.height, class.name AS label, member.part,
       file.missing_since IS NOT NULL AS missing
     FROM json_each(?) AS asked CROSS JOIN image ON image.rowid = asked.value JOIN file ON file.id = image.file_id LEFT JOIN patient ON patient.id = image.patient_id
     LEFT JOIN record ON record.image_id = image.id LEFT JOIN class ON class.id = record.class_id
     ${member} ORDER BY asked.key`,
  );
  const words = handle.prepare<[string], { reader: string; value: string; at: string }>(
    `SELECT reader.name AS reader, label.value, event.at FROM label JOIN reader ON reader.id = label.reader_id
     JOIN event ON event.id = label.event_id WHERE label.target_kind = 'image' AND label.target_id = ?
     ORDER BY event.clock, event.replica_id`,
  );
  const facts = handle.prepare<[string], ImageFileFacts>(
    `SELECT file.format, file.size_bytes AS sizeBytes, image.channels, image.bit_depth AS bitDepth,
       image.pixel_sha256 AS pixelSha256, image.added_at AS addedAt, image.patient_id AS patientId,
       file.relative_path AS relativePath
     FROM image JOIN file ON file.id = image.file_id WHERE image.id = ?`,
  );
  const number = handle
    .prepare<[string], number | null>('SELECT number FROM record WHERE image_id = ?')
    .pluck();
  const ofPatient = handle
    .prepare<[string, string, number], string>(
      'SELECT id FROM image WHERE patient_id = ? AND id <> ? ORDER BY rowid LIMIT ?',
    )
    .pluck();
  const ofPixels = handle
    .prepare<[string, string, number], string>(
      'SELECT id FROM image WHERE pixel_sha256 = ? AND id <> ? ORDER BY rowid LIMIT ?',
    )
    .pluck();

  const pixels = handle.prepare<[string, string], [number, string]>(
    `SELECT min(rowid), pixel_sha256 FROM image WHERE pixel_sha256 >= ? AND pixel_sha256 < ? GROUP BY pixel_sha256`,
  );
  // One statement for many: outside a transaction every statement locks the database anew.
  const idsOf = handle
    .prepare<[string], string>(
      `SELECT image.id FROM json_each(?) AS asked CROSS JOIN image ON image.rowid = asked.value ORDER BY asked.key`,
    )
    .pluck();

  return {
    /** Each distinct picture whose pixel hash lies in [from, to): the oldest image's row number, and the hash. */
    pixels: (from: string, to: string): [number, string][] => pixels.raw().all(from, to),

    idsOf: (rows: readonly number[]): string[] => idsOf.all(JSON.stringify(rows)),

    /** Images by row number, with a reader's words in a round. */
    shown: (rows: Iterable<number>, readerId: string | null, round: number): ShownImage[] =>
      shown
        .all(JSON.stringify([...rows]), currentVersion.get() ?? 0, readerId ?? '', round)
        .map(({ unsure, generated, missing, duplicate, word, ...row }) => ({
          ...row,
          unsure: unsure === 1,
          generated: generated === 1,
          missing: missing === 1,
          duplicate: duplicate === 1,
          word: parseValue(word),
        })),

    /** As `dataset.images` lists them. */
    listed: (rows: Iterable<number>): ImageRow[] =>
      listed
        .all(JSON.stringify([...rows]), currentVersion.get() ?? 0)
        .map(({ missing, ...row }) => ({ ...row, missing: missing === 1 })),

    /** Every reader's current word, oldest first. */
    words: (image: string): StoredWord[] =>
      words.all(image).map((row) => ({ ...row, value: parseValue(row.value)! })),

    facts: (image: string): ImageFileFacts => facts.get(image)!,

    /** The label of record where it is a number. */
    number: (image: string): number | null => number.get(image) ?? null,

    /** Other images of a patient, oldest first. */
    ofPatient: (patientId: string, image: string): string[] => ofPatient.all(patientId, image, mostOfPatient),

    /** Other images with these pixels, oldest first. */
    ofPixels: (pixelSha256: string, image: string): string[] =>
      ofPixels.all(pixelSha256, image, mostOfPatient),
  };
}
export type ImageRepository = ReturnType<typeof createImageRepository>;
