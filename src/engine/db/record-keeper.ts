import type { TargetKind } from '../../contract/label.ts';
import type { LabelKind, LabelLevel, LabelSchema } from '../../contract/project.ts';
import { adjudicationMark } from '../../contract/round.ts';
import {
  heirOf,
  type Heirs,
  labelOfRecord,
  type LabelRule,
  type RecordCandidate,
  recordValue,
  type RecordValue,
} from '../../core/label-record.ts';
import type { ProjectDatabase } from './open.ts';
import type { ReaderKind } from './project-repository.ts';
import { parseValue, type StoredValue } from './stored-value.ts';

/** What a word is said of. */
export type LabelTargetKind = Extract<TargetKind, LabelLevel>;

interface WordColumns {
  level: LabelLevel;
  reader: string;
  value: string;
  event: string;
  given: string;
  adjudicates: 0 | 1;
}

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
}

interface KeepingRules extends RecordRules {
  /** There are words on series, studies or patients. */
  broader: boolean;
}

/** A word as it stands after an event. */
export interface KeptWord {
  reader: string;
  round: string;
  to: StoredValue | null;
  event: string;
  /** The event that gave its label. */
  given: string;
}

const imagesPerPortion = 500;

/** Keeps the labels of record in line with the words (`labelOfRecord`). Words of a blinded round count once it is closed. */
export function createRecordKeeper({ handle }: ProjectDatabase) {
  const selectKinds = handle.prepare<[], [string, ReaderKind]>('SELECT id, kind FROM reader').raw();
  const selectHeirs = handle
    .prepare<[], [string, string]>('SELECT id, heir FROM class WHERE heir IS NOT NULL')
    .raw();
  const selectProject = handle.prepare<[], { rule: LabelRule; schema: string }>(
    'SELECT label_rule AS rule, label_schema AS schema FROM project',
  );
  const adjudicates = `label.round LIKE '%${adjudicationMark}'`;
  const counts = `(label.round = '' OR ${adjudicates}
    OR EXISTS (SELECT 1 FROM reading_round WHERE id = label.round AND status <> 'open'))`;
  const wordsAt = (level: LabelTargetKind, id: string): string =>
    `SELECT '${level}' AS level, label.reader_id AS reader, label.value, label.event_id AS event,
       label.given_id AS given, ${adjudicates} AS adjudicates
     FROM label WHERE label.target_kind = '${level}' AND label.target_id = ${id} AND ${counts}`;
  const ofImage = 'FROM image WHERE image.id = @image';
  const wordsOnImage = wordsAt('image', '@image');
  const selectWordsOnImage = handle.prepare<{ image: string }, WordColumns>(wordsOnImage);
  const hasBroaderWords = handle
    .prepare<[], number>(
      `SELECT EXISTS (SELECT 1 FROM label WHERE target_kind IN ('series', 'study', 'patient'))`,
    )
    .pluck();
  const selectWords = handle.prepare<{ image: string }, WordColumns>(
    [
      wordsOnImage,
      wordsAt('series', `(SELECT series_id ${ofImage})`),
      wordsAt(
        'study',
        `(SELECT series.study_id FROM image JOIN series ON series.id = image.series_id WHERE image.id = @image)`,
      ),
      wordsAt('patient', `(SELECT patient_id ${ofImage})`),
    ].join('\nUNION ALL\n'),
  );
  const placeOf = handle.prepare<[string], Place>(
    'SELECT clock, replica_id AS replica FROM event WHERE id = ?',
  );
  const isPresent = handle
    .prepare<[string], number>('SELECT EXISTS (SELECT 1 FROM image WHERE id = ? AND removed = 0)')
    .pluck();
  const putRecord = handle.prepare(
    `INSERT INTO record (image_id, class_id, classes, number, unsure, event_id) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET class_id = excluded.class_id, classes = excluded.classes, number = excluded.number,
       unsure = excluded.unsure, event_id = excluded.event_id`,
  );
  const dropRecord = handle.prepare('DELETE FROM record WHERE image_id = ?');
  const imagesOf: Record<Exclude<LabelTargetKind, 'image'>, string> = {
    series: 'SELECT id FROM image WHERE series_id = ?',
    study:
      'SELECT image.id FROM series CROSS JOIN image ON image.series_id = series.id WHERE series.study_id = ?',
    patient: 'SELECT id FROM image WHERE patient_id = ?',
  };
  const selectImagesOf = {
    series: handle.prepare<[string], string>(imagesOf.series).pluck(),
    study: handle.prepare<[string], string>(imagesOf.study).pluck(),
    patient: handle.prepare<[string], string>(imagesOf.patient).pluck(),
  };
  const imagesBehind = handle
    .prepare<[number, number], [number, string]>(
      'SELECT rowid, id FROM image WHERE rowid > ? ORDER BY rowid LIMIT ?',
    )
    .raw();

  const renameRecords = handle.prepare<{ class: string; was: string; id: string; named: string }>(
    `UPDATE record SET class_id = @class WHERE class_id = @was AND (@was = @id OR
       (SELECT to_value ->> '$.class' FROM event WHERE id = record.event_id) IN (SELECT value FROM json_each(@named)))`,
  );

  function rules(): KeepingRules {
    const { rule, schema } = selectProject.get()!;
    const { kind, level } = JSON.parse(schema) as LabelSchema;
    const broader = hasBroaderWords.get() === 1;
    return {
      kind,
      level,
      rule,
      heirs: new Map(selectHeirs.all()),
      kinds: new Map(selectKinds.all()),
      broader,
    };
  }

  function put(image: string, value: RecordValue, event: string): void {
    const classId = 'class' in value ? value.class : null;
    const classes = 'classes' in value ? JSON.stringify(value.classes) : null;
    const number = 'number' in value ? value.number : null;
    putRecord.run(image, classId, classes, number, value.unsure ? 1 : 0, event);
  }

  function candidatesOf(image: string, { kind, heirs, kinds, broader }: KeepingRules): RecordCandidate[] {
    const found: (Omit<RecordCandidate, 'rank'> & { given: string })[] = [];
    for (const { reader, value: text, adjudicates, ...word } of (broader
      ? selectWords
      : selectWordsOnImage
    ).all({ image })) {
      const readerKind = kinds.get(reader);
      const value = recordValue(parseValue(text)!, kind, heirs);
      if (value === null || readerKind === 'model') continue;
      found.push({ ...word, reader, value, person: readerKind === 'person', adjudicates: adjudicates === 1 });
    }
    // Mostly there is one; only among several is the journal asked for their order.
    if (found.length < 2) return found.map((candidate) => ({ ...candidate, rank: 0 }));
    const ordered = found
      .map((candidate) => ({ candidate, place: placeOf.get(candidate.given)! }))
      .sort((a, b) => a.place.clock - b.place.clock || (a.place.replica < b.place.replica ? -1 : 1));
    return ordered.map(({ candidate }, rank) => ({ ...candidate, rank }));
  }

  function refresh(image: string, now: KeepingRules): void {
    const record =
      isPresent.get(image) === 1 ? labelOfRecord(candidatesOf(image, now), now.rule, now.level) : null;
    if (record) put(image, record.value, record.event);
    else dropRecord.run(image);
  }

  return {
    /** Brings records into line after words changed, one after the other in one action. */
    keeper(): (target: { kind: LabelTargetKind; id: string }, word: KeptWord) => void {
      const now = rules();
      return (target, { reader, round, to, event, given }) => {
        if (target.kind !== 'image') {
          now.broader = true;
          for (const image of selectImagesOf[target.kind].all(target.id)) refresh(image, now);
          return;
        }
        // A label just given has the highest clock: what a person says of the image itself is the newest.
        const isNewest =
          given === event &&
          round === '' &&
          now.rule === 'single-reader/1' &&
          now.level === 'image' &&
          now.kinds.get(reader) === 'person';
        const value = isNewest && to && recordValue(to, now.kind, now.heirs);
        if (value && isPresent.get(target.id) === 1) put(target.id, value, event);
        else refresh(target.id, now);
      };
    },

    /** Images whose records may follow from a word on a target. */
    imagesUnder: ({ kind, id }: { kind: LabelTargetKind; id: string }): string[] =>
      kind === 'image' ? [id] : selectImagesOf[kind].all(id),

    /** The class that labels of a class count as. */
    countsAs: (id: string): string => heirOf(id, new Map(selectHeirs.all())),

    /**
     * After labels of a class came to count as another's, or as its own again.
     * @param was what they counted as before
     * @param images with a word that names the class or one that it is the heir of
     */
    refreshClass(id: string, was: string, images: () => Iterable<string>): void {
      const now = rules();
      const isSingle = now.kind === 'single' || now.kind === 'ordinal';
      if (now.rule === 'single-reader/1' && isSingle) {
        // Whose word stands does not depend on its class; one statement takes a tenth of the time.
        const named = [...now.heirs.keys()].filter((one) => leadsThrough(one, id, now.heirs));
        const after = heirOf(id, now.heirs);
        renameRecords.run({ class: after, was, id, named: JSON.stringify([id, ...named]) });
      } else {
        for (const image of images()) refresh(image, now);
      }
    },

    /** After the rule or the kind of labels changed, or images came and went. */
    refreshImages(images: Iterable<string>): void {
      const now = rules();
      for (const image of images) refresh(image, now);
    },

    refreshAll(): void {
      const now = rules();
      let last = 0;
      for (;;) {
        const rows = imagesBehind.all(last, imagesPerPortion);
        for (const [, image] of rows) refresh(image, now);
        if (rows.length < imagesPerPortion) return;
        last = rows.at(-1)![0];
      }
    },
  };
}
/** Whether labels of a class count as what those of another count as, because it is among its heirs. */
function leadsThrough(id: string, other: string, heirs: Heirs): boolean {
  for (let next: string | undefined = id; next !== undefined; next = heirs.get(next)) {
    if (next === other) return true;
  }
  return false;
}
