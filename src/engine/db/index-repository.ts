import type { SplitPart } from '../../contract/dataset.ts';
import type { ProjectDatabase } from './open.ts';
import type { ReaderKind } from './project-repository.ts';

/** Rows come as arrays: objects would take half of the time that an index may take. */
export type ImageFactsRow = [
  row: number,
  patient: string | null,
  width: number,
  height: number,
  generated: 0 | 1,
  mean: number | null,
  deviation: number | null,
  sharpness: number | null,
];

/** A reader's current word on an image, as JSON; whether it makes the label of record. */
export type WordRow = [row: number, reader: string, value: string, isRecord: 0 | 1 | null, event?: string];

/** What tells that something changed since; cheap enough to ask before every view. */
export interface IndexStamp {
  /** Highest row number of an image, of a patient. */
  images: number;
  patients: number;
  /** Position of the newest label event. */
  events: number;
  version: string | null;
  missing: string;
}

/** What the image index is made of, in portions. Images are named by their row number, which grows as they are added. */
export function createIndexRepository({ handle }: ProjectDatabase) {
  const stamp = handle.prepare<[], IndexStamp>(
    `SELECT (SELECT coalesce(max(rowid), 0) FROM image) AS images,
       (SELECT coalesce(max(rowid), 0) FROM patient) AS patients,
       (SELECT coalesce(max(position), 0) FROM event) AS events,
       (SELECT current_version FROM project) AS version,
       (SELECT count(*) || ' ' || coalesce(max(missing_since), '') FROM file WHERE missing_since IS NOT NULL) AS missing`,
  );
  const rows = handle.prepare<[number, number], number>(
    'SELECT rowid FROM image WHERE rowid > ? ORDER BY rowid LIMIT ?',
  );
  const images = handle.prepare<[number, number], ImageFactsRow>(
    `SELECT rowid, patient_id, width, height, generated, mean, deviation, sharpness FROM image
     WHERE rowid > ? ORDER BY rowid LIMIT ?`,
  );
  const patients = handle.prepare<[number, number], [number, string, string]>(
    'SELECT rowid, id, key FROM patient WHERE rowid > ? ORDER BY rowid LIMIT ?',
  );
  // CROSS JOIN keeps SQLite at the order written: each portion begins with its few rows, whatever statistics say.
  const wordsOfImages = `CROSS JOIN label ON label.target_kind = 'image' AND label.target_id = image.id AND label.round = 0
     LEFT JOIN record ON record.image_id = image.id`;
  const words = handle.prepare<[number, number], WordRow>(
    `SELECT image.rowid, label.reader_id, label.value, record.event_id = label.event_id FROM image ${wordsOfImages}
     WHERE image.rowid > ? AND image.rowid <= ?`,
  );
  const parts = handle.prepare<[string, number, number], [number, SplitPart]>(
    `SELECT image.rowid, member.part FROM image CROSS JOIN dataset_member AS member ON member.image_id = image.id
       AND member.version_position = (SELECT position FROM dataset_version WHERE hash = ?)
     WHERE image.rowid > ? AND image.rowid <= ?`,
  );
  const duplicates = handle.prepare<[string, string], string>(
    `SELECT group_concat(rowid) FROM image WHERE pixel_sha256 >= ? AND pixel_sha256 < ?
     GROUP BY pixel_sha256 HAVING count(*) > 1`,
  );
  const missing = handle.prepare<[], number>(
    `SELECT image.rowid FROM file JOIN image ON image.file_id = file.id WHERE file.missing_since IS NOT NULL`,
  );
  const names = handle.prepare<[number, number], [number, string, string | null]>(
    `SELECT image.rowid, file.relative_path, record.event_id FROM image JOIN file ON file.id = image.file_id
     LEFT JOIN record ON record.image_id = image.id WHERE image.rowid > ? ORDER BY image.rowid LIMIT ?`,
  );
  const changedIn = `FROM event CROSS JOIN image ON image.id = event.target_id`;
  // Without the plus an index over all events could be preferred to the few positions.
  const positions = `WHERE +event.target_kind = 'image' AND event.position > ? AND event.position <= ?`;
  const changes = handle.prepare<[number, number], [number, string]>(
    `SELECT image.rowid, event.reader_id ${changedIn} ${positions}`,
  );
  const changedWords = handle.prepare<[number, number], WordRow>(
    `SELECT image.rowid, label.reader_id, label.value, record.event_id = label.event_id, label.event_id
     ${changedIn} ${wordsOfImages} ${positions}`,
  );
  // One statement for many: outside a transaction every statement locks the database anew.
  const rowsOf = handle
    .prepare<[string], number>(
      `SELECT image.rowid FROM json_each(?) AS asked CROSS JOIN image ON image.id = asked.value ORDER BY asked.key`,
    )
    .pluck();
  const idsOf = handle
    .prepare<[string], string>(
      `SELECT image.id FROM json_each(?) AS asked CROSS JOIN image ON image.rowid = asked.value ORDER BY asked.key`,
    )
    .pluck();
  const readers = handle.prepare<[], [string, ReaderKind]>('SELECT id, kind FROM reader').raw();

  return {
    stamp: (): IndexStamp => stamp.get()!,
    /** Row numbers behind `after`, ascending; alike in all that take a limit. */
    rows: (after: number, limit: number): number[] => rows.pluck().all(after, limit),
    images: (after: number, limit: number) => images.raw().all(after, limit),
    patients: (after: number, limit: number) => patients.raw().all(after, limit),
    /** Words on the images behind `after`, up to and with `upTo`. */
    words: (after: number, upTo: number) => words.raw().all(after, upTo),
    parts: (version: string, after: number, upTo: number) => parts.raw().all(version, after, upTo),
    /** Rows of each group of equal pixels whose hash begins in [from, to). */
    duplicates: (from: string, to: string): number[][] =>
      duplicates
        .pluck()
        .all(from, to)
        .map((list) => list.split(',').map(Number)),
    missing: (): number[] => missing.pluck().all(),
    /** Path below the root, and the event that made the label of record. */
    names: (after: number, limit: number) => names.raw().all(after, limit),
    /** Images and readers of the events behind position `after`, up to and with `upTo`. */
    changes: (after: number, upTo: number) => changes.raw().all(after, upTo),
    /** Every word on the images of those events. */
    changedWords: (after: number, upTo: number) => changedWords.raw().all(after, upTo),
    /** Row numbers of those images that exist, in the order given. */
    rowsOf: (images: readonly string[]): number[] => rowsOf.all(JSON.stringify(images)),
    idsOf: (rows: readonly number[]): string[] => idsOf.all(JSON.stringify(rows)),
    readerKinds: (): Map<string, ReaderKind> => new Map(readers.all()),
  };
}
export type IndexRepository = ReturnType<typeof createIndexRepository>;
