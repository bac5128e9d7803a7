import { openReading } from '../../contract/round-id.ts';
import { heirOf, type Heirs, labelOfRecord, recordValue, type RecordValue } from '../../core/label-record.ts';
import { createHeirsReading } from './class-heirs.ts';
import { concernsImage, type LabelTargetKind, perLevel } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import { createRecordWords, type KeepingRules, type StandingRecord } from './record-words.ts';
import type { MadeStates } from './state-keeper.ts';
import { parseValue } from './stored-value.ts';

const imagesPerPortion = 1000;

/** Keeps the labels of record in line with the words (`labelOfRecord`). Words of a blinded round count once it is closed. */
export function createRecordKeeper(database: ProjectDatabase) {
  const { handle } = database;
  const words = createRecordWords(database);
  const { rules } = words;
  const heirsNow = createHeirsReading(database);
  // In the order of the table, where its pages are near each other.
  const putRecords = handle.prepare(
    `INSERT INTO record (image_id, class_id, classes, number, unsure, event_id)
     SELECT asked.key, @classId, @classes, @number, @unsure, asked.value
     FROM json_each(@events) AS asked CROSS JOIN image ON image.id = asked.key AND image.removed = 0
     WHERE true ORDER BY asked.key
     ON CONFLICT DO UPDATE SET class_id = excluded.class_id, classes = excluded.classes, number = excluded.number,
       unsure = excluded.unsure, event_id = excluded.event_id`,
  );
  const dropRecords = handle.prepare<[string]>(
    'DELETE FROM record WHERE image_id IN (SELECT value FROM json_each(?))',
  );
  const selectImagesOf = perLevel((level) =>
    handle.prepare<[string], string>(`SELECT id FROM image WHERE ${concernsImage(level, '?')}`).pluck(),
  );
  const imagesBehind = handle
    .prepare<[number, number], [number, string]>(
      'SELECT rowid, id FROM image WHERE rowid > ? ORDER BY rowid LIMIT ?',
    )
    .raw();

  const renameRecords = handle.prepare<{ class: string; was: string; id: string; named: string }>(
    `UPDATE record SET class_id = @class WHERE class_id = @was AND (@was = @id OR
       (SELECT to_value ->> '$.class' FROM event WHERE id = record.event_id) IN (SELECT value FROM json_each(@named)))`,
  );

  /** Writes records of images that are there; those that say the same by one statement. */
  function put(records: Iterable<readonly [image: string, record: StandingRecord]>): void {
    const alike = new Map<string, { value: RecordValue; events: Record<string, string> }>();
    for (const [image, { value, event }] of records) {
      const key = JSON.stringify(value);
      const group = alike.get(key) ?? { value, events: {} };
      alike.set(key, group);
      group.events[image] = event;
    }
    for (const { value, events } of alike.values()) {
      putRecords.run({
        classId: 'class' in value ? value.class : null,
        classes: 'classes' in value ? JSON.stringify(value.classes) : null,
        number: 'number' in value ? value.number : null,
        unsure: value.unsure ? 1 : 0,
        events: JSON.stringify(events),
      });
    }
  }

  function refresh(images: readonly string[], now: KeepingRules): void {
    const [counting, standing] = [words.candidates(images, now), words.standing(images)];
    const changed: [string, StandingRecord][] = [];
    const dropped: string[] = [];
    for (const image of images) {
      const record = labelOfRecord(counting.get(image) ?? [], now.rule, now.level);
      const before = standing.get(image);
      if (record && !(before && isSameRecord(before, record))) changed.push([image, record]);
      else if (!record && before) dropped.push(image);
    }
    put(changed);
    if (dropped.length > 0) dropRecords.run(JSON.stringify(dropped));
  }

  function refreshAmong(images: readonly string[], now: KeepingRules): void {
    for (let start = 0; start < images.length; start += imagesPerPortion)
      refresh(images.slice(start, start + imagesPerPortion), now);
  }

  return {
    /** Brings records into line after words changed, of one kind of target after the other in one action. */
    keeper(): (kind: LabelTargetKind, made: MadeStates) => void {
      const now = rules();
      return (kind, { reader, round, states }) => {
        if (kind !== 'image') {
          now.broader = true;
          refreshAmong([...new Set(states.flatMap(({ id }) => selectImagesOf[kind].all(id)))], now);
          return;
        }
        // A label just given has the highest clock: what a person says of the image itself is the newest.
        const isNewest =
          round === openReading &&
          now.rule === 'single-reader/1' &&
          now.level === 'image' &&
          now.kinds.get(reader) === 'person';
        const given: [string, StandingRecord][] = [];
        const others: string[] = [];
        for (const { id, value: to, event, given: by } of states) {
          const value =
            isNewest && by === event && to ? recordValue(parseValue(to)!, now.kind, now.heirs) : null;
          if (value) given.push([id, { value, event }]);
          else others.push(id);
        }
        put(given);
        refreshAmong(others, now);
      };
    },

    /** Images whose records may follow from a word on a target. */
    imagesUnder: ({ kind, id }: { kind: LabelTargetKind; id: string }): string[] =>
      kind === 'image' ? [id] : selectImagesOf[kind].all(id),

    /** The class that labels of a class count as. */
    countsAs: (id: string): string => heirOf(id, heirsNow()),

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
        refreshAmong([...images()], now);
      }
    },

    /** After the rule or the kind of labels changed, or images came and went. */
    refreshImages(images: Iterable<string>): void {
      refreshAmong([...images], rules());
    },

    refreshAll(): void {
      const now = rules();
      let last = 0;
      for (;;) {
        const rows = imagesBehind.all(last, imagesPerPortion);
        refresh(
          rows.map(([, image]) => image),
          now,
        );
        if (rows.length < imagesPerPortion) return;
        last = rows.at(-1)![0];
      }
    },
  };
}

const isSameRecord = (one: StandingRecord, other: StandingRecord): boolean =>
  one.event === other.event && JSON.stringify(one.value) === JSON.stringify(other.value);

/** Whether labels of a class count as what those of another count as, because it is among its heirs. */
function leadsThrough(id: string, other: string, heirs: Heirs): boolean {
  for (let next: string | undefined = id; next !== undefined; next = heirs.get(next)) {
    if (next === other) return true;
  }
  return false;
}
