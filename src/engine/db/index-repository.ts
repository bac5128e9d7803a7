import type { SplitPart } from '../../contract/split.ts';
import type { TargetKind } from '../../contract/label.ts';
import { openReading } from '../../contract/round-id.ts';
import type { LabelLevel, LabelSchema } from '../../contract/project.ts';
import { type Heirs, precedence } from '../../core/label-record.ts';
import { isBlinded } from './blinding.ts';
import { createHeirsReading } from './class-heirs.ts';
import {
  concernsImage,
  isLabelTarget,
  type LabelTargetKind,
  labelTargets,
  perLevel,
  targetIdOf,
} from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import type { ReaderKind } from './project-repository.ts';

/** Rows come as arrays: objects would take half of the time that an index may take. */
export type ImageFactsRow = [
  row: number,
  patient: string | null,
  series: string | null,
  position: number | null,
  width: number,
  height: number,
  generated: 0 | 1,
  mean: number | null,
  deviation: number | null,
  sharpness: number | null,
  laterality: string | null,
  view: string | null,
  format: string,
];

export type PatientRow = [row: number, id: string, key: string, sex: string | null];

/** A series with what its study says. */
export type SeriesRow = [
  row: number,
  id: string,
  study: string,
  studyRow: number,
  modality: string | null,
  bodyPart: string | null,
  device: string | null,
  age: number | null,
];

/** A reader's current word, as JSON, on an image or on what the image belongs to. */
export type WordRow = [row: number, reader: string, value: string];

/** A label of record: a class id, class ids as JSON or a number, and the event that made it. */
export type RecordRow = [
  row: number,
  classId: string | null,
  classes: string | null,
  number: number | null,
  event: string,
];

/** What shows whether pictures are alike. */
export type LikenessRow = [row: number, pixelSha256: string, differenceHash: string | null];

/** What tells that something changed since; cheap enough to ask before every view. */
export interface IndexStamp {
  /** Highest row number of an image, of a patient. */
  images: number;
  patients: number;
  /** Position of the newest event. */
  events: number;
  /** Position of the newest event on a class, an import, a setting or a round: it may change what any label counts as. */
  rules: number;
  version: string | null;
  missing: string;
}

/**
 * What the image index is made of, in portions. Images are named by their row number, which grows as they are added;
 * those whose import was taken back are left out.
 */
export function createIndexRepository(database: ProjectDatabase) {
  const { handle } = database;
  const stamp = handle.prepare<[], IndexStamp>(
    `SELECT (SELECT coalesce(max(rowid), 0) FROM image) AS images,
       (SELECT coalesce(max(rowid), 0) FROM patient) AS patients,
       (SELECT coalesce(max(position), 0) FROM event) AS events,
       (SELECT coalesce(max(position), 0) FROM event WHERE target_kind IN ('class', 'import', 'setting', 'round')) AS rules,
       (SELECT current_version FROM project) AS version,
       (SELECT count(*) || ' ' || coalesce(max(missing_since), '') FROM file WHERE missing_since IS NOT NULL) AS missing`,
  );
  const hasSeries = handle.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM series)').pluck();
  const rows = handle
    .prepare<[number, number], number>(
      'SELECT rowid FROM image WHERE rowid > ? AND removed = 0 ORDER BY rowid LIMIT ?',
    )
    .pluck();
  const images = handle
    .prepare<[number, number], ImageFactsRow>(
      `SELECT image.rowid, patient_id, series_id, series_position, width, height, generated, mean, deviation, sharpness,
         laterality, view, file.format FROM image CROSS JOIN file ON file.id = image.file_id
       WHERE image.rowid > ? AND removed = 0 ORDER BY image.rowid LIMIT ?`,
    )
    .raw();
  const patients = handle
    .prepare<[number, number], PatientRow>(
      'SELECT rowid, id, key, sex FROM patient WHERE rowid > ? ORDER BY rowid LIMIT ?',
    )
    .raw();
  const series = handle
    .prepare<[number, number], SeriesRow>(
      `SELECT series.rowid, series.id, study.id, study.rowid, modality, body_part, device, age_years
       FROM series CROSS JOIN study ON study.id = series.study_id
       WHERE series.rowid > ? ORDER BY series.rowid LIMIT ?`,
    )
    .raw();
  // CROSS JOIN keeps SQLite at the order written: each portion begins with its few rows, whatever statistics say.
  const asked = 'FROM json_each(?) AS asked CROSS JOIN image ON image.rowid = asked.value';
  const words = labelTargets.map((kind) => {
    const selectWords = (which: string) =>
      handle
        .prepare<[string], WordRow>(
          `SELECT image.rowid, label.reader_id, label.value ${asked}
           CROSS JOIN label ON label.target_kind = '${kind}' AND label.target_id = ${targetIdOf[kind]} AND ${which}`,
        )
        .raw();
    return {
      kind,
      any: handle
        .prepare<[], number>(`SELECT EXISTS (SELECT 1 FROM label WHERE target_kind = '${kind}')`)
        .pluck(),
      ofOpenReading: selectWords(`label.round = '${openReading}'`),
      // Only where a reader said something in several rounds is the journal asked what came last.
      ofAllRounds: selectWords(`(label.round = '${openReading}' OR NOT ${isBlinded('label.round')})
        ORDER BY iif(count(*) OVER (PARTITION BY image.rowid, label.reader_id) > 1,
          (SELECT format('%020d %s', clock, replica_id) FROM event WHERE id = label.given_id), '')`),
    };
  });
  const anyClosedRound = handle
    .prepare<[], number>(`SELECT EXISTS (SELECT 1 FROM reading_round WHERE status <> 'open')`)
    .pluck();
  const records = handle
    .prepare<[string], RecordRow>(
      `SELECT image.rowid, record.class_id, record.classes, record.number, record.event_id
       ${asked} CROSS JOIN record ON record.image_id = image.id`,
    )
    .raw();
  const anyAnnotation = handle.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM annotation)').pluck();
  // What is drawn in a blinded round shows once it is closed.
  const annotated = handle
    .prepare<[string], number>(
      `SELECT DISTINCT image.rowid ${asked} CROSS JOIN annotation ON annotation.image_id = image.id
       WHERE NOT ${isBlinded('annotation.round')}`,
    )
    .pluck();
  const parts = handle
    .prepare<[string, number, number], [number, SplitPart]>(
      `SELECT image.rowid, member.part FROM image CROSS JOIN dataset_member AS member ON member.image_id = image.id
         AND member.version_position = (SELECT position FROM dataset_version WHERE hash = ?)
       WHERE image.rowid > ? AND image.rowid <= ?`,
    )
    .raw();
  const duplicates = handle
    .prepare<[string, string], string>(
      `SELECT group_concat(rowid) FROM image WHERE pixel_sha256 >= ? AND pixel_sha256 < ?
       GROUP BY pixel_sha256 HAVING count(*) > 1`,
    )
    .pluck();
  const likenesses = handle
    .prepare<[string], LikenessRow>(
      `SELECT image.rowid, image.pixel_sha256, image.difference_hash ${asked} ORDER BY asked.key`,
    )
    .raw();
  const missing = handle
    .prepare<[], number>(
      `SELECT image.rowid FROM file JOIN image ON image.file_id = file.id WHERE file.missing_since IS NOT NULL`,
    )
    .pluck();
  const names = handle
    .prepare<[string], [number, string]>(
      `SELECT image.rowid, file.relative_path ${asked} CROSS JOIN file ON file.id = image.file_id ORDER BY asked.key`,
    )
    .raw();
  const changes = handle
    .prepare<[number, number], [TargetKind, string]>(
      `SELECT DISTINCT target_kind,
         iif(target_kind = 'annotation',
           coalesce((SELECT image_id FROM annotation WHERE id = target_id), coalesce(to_value, from_value) ->> '$.image'),
           target_id)
       FROM event WHERE position > ? AND position <= ?`,
    )
    .raw();
  const rowsOfTargets = perLevel((level) =>
    handle
      .prepare<[string], number>(
        `SELECT DISTINCT image.rowid FROM json_each(?) AS asked CROSS JOIN image ON ${concernsImage(level, 'asked.value')}`,
      )
      .pluck(),
  );
  // One statement for many: outside a transaction every statement locks the database anew.
  const rowsOf = handle
    .prepare<[string], number>(
      `SELECT image.rowid FROM json_each(?) AS asked CROSS JOIN image ON image.id = asked.value AND image.removed = 0
       ORDER BY asked.key`,
    )
    .pluck();
  const idsOf = handle
    .prepare<[string], string>(`SELECT image.id ${asked} WHERE image.removed = 0 ORDER BY asked.key`)
    .pluck();
  const readers = handle.prepare<[], [string, ReaderKind]>('SELECT id, kind FROM reader').raw();
  const heirs = createHeirsReading(database);
  const labelSchema = handle.prepare<[], string>('SELECT label_schema FROM project').pluck();

  const listOf = (rowNumbers: ArrayLike<number>): string => `[${Array.prototype.join.call(rowNumbers)}]`;

  return {
    stamp: (): IndexStamp => stamp.get()!,
    /** Row numbers behind `after`, ascending; alike in all that take a limit. */
    rows: (after: number, limit: number): number[] => rows.all(after, limit),
    hasSeries: (): boolean => hasSeries.get() === 1,
    images: (after: number, limit: number) => images.all(after, limit),
    patients: (after: number, limit: number) => patients.all(after, limit),
    series: (after: number, limit: number) => series.all(after, limit),
    /**
     * Words that everybody may see, of open reading and of closed rounds, on images and on what they belong to, level
     * by level: what comes later goes before what came earlier (`precedence`; a reader's newest word at a level last).
     * `own` is the project's level.
     */
    *words(of: ArrayLike<number>, own: LabelLevel): Generator<WordRow[]> {
      const list = listOf(of);
      const levels = words.toSorted((a, b) => precedence(b.kind, own) - precedence(a.kind, own));
      const afterRounds = anyClosedRound.get() === 1;
      for (const { any, ofOpenReading, ofAllRounds } of levels)
        if (any.get() === 1) yield (afterRounds ? ofAllRounds : ofOpenReading).all(list);
    },
    records: (of: ArrayLike<number>) => records.all(listOf(of)),
    /** Those of the images on which something is drawn that may be seen. */
    annotated: (of: ArrayLike<number>): number[] =>
      anyAnnotation.get() === 1 ? annotated.all(listOf(of)) : [],
    /** Parts of a version, of images behind `after`, up to and with `upTo`. */
    parts: (version: string, after: number, upTo: number) => parts.all(version, after, upTo),
    /** Rows of each group of equal pixels whose hash begins in [from, to), also of images that are removed. */
    duplicates: (from: string, to: string): number[][] =>
      duplicates.all(from, to).map((list) => list.split(',').map(Number)),
    likenesses: (of: ArrayLike<number>) => likenesses.all(listOf(of)),
    missing: (): number[] => missing.all(),
    /** Paths below the root, in the order asked for. */
    names: (of: ArrayLike<number>) => names.all(listOf(of)),
    /** Images that the events behind position `after`, up to and with `upTo`, concern. */
    changedRows(after: number, upTo: number): Set<number> {
      const targets = new Map<LabelTargetKind, string[]>();
      for (const [kind, id] of changes.all(after, upTo)) {
        const of = kind === 'annotation' ? 'image' : kind;
        if (!isLabelTarget(of)) continue;
        const ids = targets.get(of);
        if (ids) ids.push(id);
        else targets.set(of, [id]);
      }
      const found = new Set<number>();
      for (const [kind, ids] of targets)
        for (const row of rowsOfTargets[kind].all(JSON.stringify(ids))) found.add(row);
      return found;
    },
    /** Row numbers of those images that exist, in the order given. */
    rowsOf: (ids: readonly string[]): number[] => rowsOf.all(JSON.stringify(ids)),
    idsOf: (of: ArrayLike<number>): string[] => idsOf.all(listOf(of)),
    readerKinds: (): Map<string, ReaderKind> => new Map(readers.all()),
    /** How words are read. */
    labelRules(): Pick<LabelSchema, 'kind' | 'level'> & { heirs: Heirs } {
      const { kind, level } = JSON.parse(labelSchema.get()!) as LabelSchema;
      return { kind, level, heirs: heirs() };
    },
  };
}
export type IndexRepository = ReturnType<typeof createIndexRepository>;
