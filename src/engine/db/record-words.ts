import type { LabelKind, LabelLevel, LabelSchema } from '../../contract/project.ts';
import { adjudicatedRound, adjudicationMark, openReading } from '../../contract/round-id.ts';
import {
  type Heirs,
  labelOfRecord,
  type LabelRule,
  type RecordCandidate,
  recordValue,
  type RecordValue,
  saidBy,
} from '../../core/label-record.ts';
import type { Steps } from '../../core/steps.ts';
import { createHeirsReading } from './class-heirs.ts';
import { type LabelTargetKind, labelTargets, targetIdOf } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import type { ReaderKind } from './project-repository.ts';
import { createTolerancesReading } from './round-repository.ts';
import { parseValue } from './stored-value.ts';

/** Rows come as arrays: many are read at once. */
type WordRow = [
  image: string,
  level: LabelLevel,
  reader: string,
  value: string,
  event: string,
  given: string,
  round: string,
];

type GivenCandidate = RecordCandidate & { given: string };

/** Where an event stands in the journal. */
interface Place {
  clock: number;
  replica: string;
}

/** What records follow from beside the words. */
export interface RecordRules {
  kind: LabelKind;
  level: LabelLevel;
  rule: LabelRule;
  heirs: Heirs;
  kinds: ReadonlyMap<string, ReaderKind>;
  /** By round, where it has one: readers' numbers that lie no further apart agree. */
  tolerances: ReadonlyMap<string, number>;
}

export interface KeepingRules extends RecordRules {
  /** There are words on series, studies or patients. */
  broader: boolean;
}

/** An image's label of record as it is, and as another rule would have it; null: none. */
export interface RecordChange {
  image: string;
  now: RecordValue | null;
  then: RecordValue | null;
}

/** A label of record as it stands, with the event that gave it. */
export interface StandingRecord {
  value: RecordValue;
  event: string;
}

type RecordRow = [
  image: string,
  classId: string | null,
  classes: string | null,
  number: number | null,
  unsure: 0 | 1,
  event: string,
];

const imagesPerStep = 500;

/** What labels of record follow from: the words that count, which those of a blinded round do once it is closed. */
export function createRecordWords(database: ProjectDatabase) {
  const { handle } = database;
  const tolerancesNow = createTolerancesReading(database);
  const selectKinds = handle.prepare<[], [string, ReaderKind]>('SELECT id, kind FROM reader').raw();
  const heirsNow = createHeirsReading(database);
  const selectProject = handle.prepare<[], { rule: LabelRule; schema: string }>(
    'SELECT label_rule AS rule, label_schema AS schema FROM project',
  );
  const counts = `(label.round = '${openReading}' OR label.round LIKE '%${adjudicationMark}'
    OR EXISTS (SELECT 1 FROM reading_round WHERE id = label.round AND status <> 'open'))`;
  const wordsAt = (level: LabelTargetKind): string =>
    `SELECT image.id, '${level}', label.reader_id, label.value, label.event_id, label.given_id, label.round
     FROM json_each(@images) AS asked CROSS JOIN image ON image.id = asked.value AND image.removed = 0
     CROSS JOIN label ON label.target_kind = '${level}' AND label.target_id = ${targetIdOf[level]} AND ${counts}`;
  const selectWordsOnImages = handle.prepare<{ images: string }, WordRow>(wordsAt('image')).raw();
  const hasBroaderWords = handle
    .prepare<[], number>(
      `SELECT EXISTS (SELECT 1 FROM label WHERE target_kind IN ('series', 'study', 'patient'))`,
    )
    .pluck();
  const selectWords = handle
    .prepare<{ images: string }, WordRow>(labelTargets.map(wordsAt).join('\nUNION ALL\n'))
    .raw();
  const placeOf = handle.prepare<[string], Place>(
    'SELECT clock, replica_id AS replica FROM event WHERE id = ?',
  );
  const imagesBehind = handle
    .prepare<[number], [row: number, image: string, several: 0 | 1]>(
      `SELECT rowid, id, (SELECT count(*) FROM label WHERE target_kind = 'image' AND target_id = image.id) > 1
       FROM image WHERE rowid > ? AND removed = 0 ORDER BY rowid LIMIT ${imagesPerStep}`,
    )
    .raw();
  const selectRecords = handle
    .prepare<[string], RecordRow>(
      `SELECT record.image_id, record.class_id, record.classes, record.number, record.unsure, record.event_id
       FROM json_each(?) AS asked CROSS JOIN record ON record.image_id = asked.value`,
    )
    .raw();

  function rules(): KeepingRules {
    const { rule, schema } = selectProject.get()!;
    const { kind, level } = JSON.parse(schema) as LabelSchema;
    const broader = hasBroaderWords.get() === 1;
    return {
      kind,
      level,
      rule,
      heirs: heirsNow(),
      kinds: new Map(selectKinds.all()),
      tolerances: tolerancesNow(),
      broader,
    };
  }

  /** By image; images that no word counts for, or that are not there, have none. */
  function candidates(images: readonly string[], rules: KeepingRules): Map<string, RecordCandidate[]> {
    const { kind, heirs, kinds, tolerances, broader } = rules;
    const rows = (broader ? selectWords : selectWordsOnImages).all({ images: JSON.stringify(images) });
    // Mostly words are alike.
    const values = new Map<string, RecordValue | null>();
    const found = new Map<string, GivenCandidate[]>();
    for (const [image, level, reader, text, event, given, round] of rows) {
      const readerKind = kinds.get(reader);
      const known = values.get(text);
      const value = known === undefined ? recordValue(parseValue(text)!, kind, heirs) : known;
      values.set(text, value);
      if (value === null || readerKind === 'model') continue;
      const candidate = {
        ...{ level, reader, event, given, value, person: readerKind === 'person' },
        adjudicates: adjudicatedRound(round) !== null,
        tolerance: tolerances.get(round) ?? 0,
        rank: 0,
      };
      const others = found.get(image);
      if (others) others.push(candidate);
      else found.set(image, [candidate]);
    }
    // Only among several is the journal asked for their order.
    for (const several of found.values()) if (several.length > 1) rank(several);
    return found;
  }

  function rank(several: GivenCandidate[]): void {
    const places = several.map((candidate) => ({ candidate, place: placeOf.get(candidate.given)! }));
    places.sort((a, b) => a.place.clock - b.place.clock || (a.place.replica < b.place.replica ? -1 : 1));
    for (const [index, { candidate }] of places.entries()) candidate.rank = index;
  }

  /** Of those of the images that have one. */
  const standing = (images: readonly string[]): Map<string, StandingRecord> =>
    new Map(
      selectRecords.all(JSON.stringify(images)).map(([image, classId, classes, number, unsure, event]) => {
        const said =
          classId !== null
            ? { class: classId }
            : classes !== null
              ? { classes: JSON.parse(classes) as string[] }
              : { number: number! };
        return [image, { value: { ...said, unsure: unsure === 1 }, event }];
      }),
    );

  return {
    rules,
    /** What counts for labels of record. */
    candidates,
    standing,

    /** Images whose label of record would be another under a rule, as they were added; some images a step. */
    *changesUnder(rule: LabelRule): Steps<RecordChange[]> {
      const then = { ...rules(), rule };
      const said = (value: RecordValue | null): string | null => value && saidBy(value);
      const changes: RecordChange[] = [];
      for (let last = 0; ;) {
        const rows = imagesBehind.all(last);
        // Where one word counts, no rule has anything to choose.
        const asked = rows.filter(([, , several]) => several === 1 || then.broader).map(([, image]) => image);
        const [counting, records] = [candidates(asked, then), standing(asked)];
        for (const image of asked) {
          const value = labelOfRecord(counting.get(image) ?? [], rule, then.level)?.value ?? null;
          const now = records.get(image)?.value ?? null;
          if (said(now) !== said(value)) changes.push({ image, now, then: value });
        }
        if (rows.length < imagesPerStep) return changes;
        last = rows.at(-1)![0];
        yield;
      }
    },
  };
}
export type RecordWords = ReturnType<typeof createRecordWords>;
