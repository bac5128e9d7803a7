import { v7 as uuid } from 'uuid';

import type { SplitPart } from '../../contract/split.ts';
import { type Evaluation, evaluationSchema } from '../../contract/evaluation.ts';
import type { MemberLabel } from '../../core/split-strata.ts';
import type { ProjectDatabase } from './open.ts';
import { withParsedClasses } from './version-repository.ts';

/** What a screen shows of an image beside a prediction. */
export interface CaseFacts {
  fileName: string;
  patient: string | null;
  /** Of the label of record: one class, or several, in their order; empty where it is none or a number. */
  classes: { id: string; name: string }[];
  /** What the label of record is; null without one. */
  says: 'class' | 'classes' | 'number' | null;
  number: number | null;
}

/** Images of a part that are labelled alike; all numbers count as 1. */
export interface LabelledCount extends MemberLabel {
  part: SplitPart;
  images: number;
}

/** Evaluations, the counter of looks at the test set, and what stands beside their cases. */
export function createEvaluationRepository(handle: ProjectDatabase['handle']) {
  const selectCase = handle.prepare<[string], Omit<CaseFacts, 'classes'> & { classes: string }>(
    `SELECT image.file_name AS fileName, patient.key AS patient, record.number,
       CASE WHEN record.class_id IS NOT NULL THEN 'class' WHEN record.classes IS NOT NULL THEN 'classes'
         WHEN record.number IS NOT NULL THEN 'number' END AS says,
       (SELECT json_group_array(json_object('id', class.id, 'name', class.name) ORDER BY class.position) FROM class
        WHERE class.id = record.class_id OR class.id IN (SELECT value FROM json_each(record.classes))) AS classes
     FROM image LEFT JOIN patient ON patient.id = image.patient_id
     LEFT JOIN record ON record.image_id = image.id WHERE image.id = ?`,
  );
  const selectCounts = handle.prepare<
    [number, string, number],
    Omit<LabelledCount, 'classes'> & { classes: string | null; last: string }
  >(
    `SELECT page.part, record.class_id AS classId, record.classes, iif(record.number IS NULL, NULL, 1) AS number,
       count(*) AS images, max(page.image_id) AS last
     FROM (SELECT image_id, part FROM dataset_member WHERE version_position = ? AND image_id > ?
           ORDER BY image_id LIMIT ?) AS page
     LEFT JOIN record ON record.image_id = page.image_id GROUP BY 1, 2, 3, 4`,
  );
  const selectWithoutValues = handle.prepare<
    { position: number; after: string; limit: number; inHounsfield: 0 | 1 },
    { images: number; seen: number; last: string | null }
  >(
    `SELECT count(*) AS seen, max(page.image_id) AS last,
       count(*) FILTER (WHERE record.image_id IS NOT NULL AND NOT (image.channels = 1 AND
         CASE WHEN @inHounsfield THEN file.format = 'dicom' AND coalesce(series.modality, 'CT') = 'CT'
           ELSE file.format IN ('dicom', 'nifti') END)) AS images
     FROM (SELECT image_id FROM dataset_member WHERE version_position = @position AND image_id > @after
           ORDER BY image_id LIMIT @limit) AS page
     JOIN image ON image.id = page.image_id JOIN file ON file.id = image.file_id
     LEFT JOIN series ON series.id = image.series_id LEFT JOIN record ON record.image_id = page.image_id`,
  );
  const selectTrained = handle
    .prepare<[string, number], string>(
      `SELECT image_id FROM dataset_member
       WHERE version_position = (SELECT position FROM dataset_version
           WHERE hash = (SELECT current_version FROM project))
         AND part = 'train' AND class_id = ?
         AND EXISTS (SELECT 1 FROM image WHERE id = image_id AND removed = 0) ORDER BY image_id LIMIT ?`,
    )
    .pluck();
  const testOpenings = (): number =>
    handle.prepare('SELECT count(*) FROM test_opening').pluck().get() as number;

  return {
    /** Counts one more look at the test set and returns how many there have been. */
    openTestSet(run: string): number {
      handle
        .prepare('INSERT INTO test_opening (id, run_id, at) VALUES (?, ?, ?)')
        .run(uuid(), run, new Date().toISOString());
      return testOpenings();
    },

    testOpenings,

    putEvaluation(evaluation: Evaluation): void {
      handle
        .prepare(
          `INSERT INTO evaluation (run_id, split, result, at) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET result = excluded.result, at = excluded.at`,
        )
        .run(evaluation.run, evaluation.split, JSON.stringify(evaluation), new Date().toISOString());
    },

    evaluation(run: string, split: 'val' | 'test'): Evaluation | null {
      const result = handle
        .prepare<[string, string], string>('SELECT result FROM evaluation WHERE run_id = ? AND split = ?')
        .pluck()
        .get(run, split);
      return result === undefined ? null : evaluationSchema.parse(JSON.parse(result));
    },

    caseFacts(image: string): CaseFacts | null {
      const facts = selectCase.get(image);
      return facts ? { ...facts, classes: JSON.parse(facts.classes) as CaseFacts['classes'] } : null;
    },

    /**
     * Images of a version's parts as their labels are now, by label: of one page of its images, in the
     * order of their ids. `next` is what to go on `after`, null at the end.
     */
    labelledCounts(
      versionPosition: number,
      after: string,
      limit: number,
    ): { counts: LabelledCount[]; next: string | null } {
      const rows = selectCounts.all(versionPosition, after, limit);
      const full = rows.reduce((sum, { images }) => sum + images, 0) === limit;
      return {
        counts: rows.map(withParsedClasses),
        next: full ? rows.reduce((last, row) => (row.last > last ? row.last : last), '') : null,
      };
    },

    /**
     * How many labelled images of one page of a version's cannot have values, or values in Hounsfield units, as far as
     * is known of them without reading them. `next` as in `labelledCounts`.
     */
    withoutValues(
      of: { position: number; inHounsfield: boolean },
      after: string,
      limit: number,
    ): { images: number; next: string | null } {
      const inHounsfield = of.inHounsfield ? 1 : 0;
      const { images, seen, last } = selectWithoutValues.get({ ...of, inHounsfield, after, limit })!;
      return { images, next: seen === limit ? last : null };
    },

    /** A few images of the current split's train part, the classes taking turns; without a split, of all. */
    imagesToShow(count: number): string[] {
      const classes = handle
        .prepare<[], string>('SELECT id FROM class WHERE retired_at IS NULL ORDER BY position')
        .pluck()
        .all();
      const ofClasses = classes.map((id) => selectTrained.all(id, count));
      const inTurn = Array.from({ length: count }, (_, place) =>
        ofClasses.flatMap((images) => images.slice(place, place + 1)),
      ).flat();
      if (inTurn.length > 0) return inTurn.slice(0, count);
      return handle
        .prepare<[number], string>('SELECT id FROM image WHERE removed = 0 ORDER BY id LIMIT ?')
        .pluck()
        .all(count);
    },

    /** Images a second of the newest finished trainings like this one, newest first. */
    measuredSpeeds: (like: {
      network: string;
      scale: number;
      size: number;
      channels: number;
      threads: number;
    }) =>
      handle
        .prepare<[typeof like], { imagesPerSecond: number; backend: string; batchSize: number }>(
          `SELECT images_per_second AS imagesPerSecond, backend, recipe ->> '$.batchSize' AS batchSize FROM run
           WHERE network = @network AND images_per_second > 0 AND backend IS NOT NULL AND threads IS NOT NULL
             AND recipe ->> '$.network.scale' = @scale AND recipe ->> '$.input.size' = @size
             AND recipe ->> '$.input.channels' = @channels AND recipe ->> '$.backend.threads' = @threads
           ORDER BY id DESC LIMIT 5`,
        )
        .all(like),
  };
}
