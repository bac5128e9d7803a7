import type { ProjectDatabase } from './open.ts';
import type { ReaderKind } from './project-repository.ts';
import { isLabel, parseValue, type StoredValue } from './stored-value.ts';

/** Brings an image's label of record into line after a reader's word on it changed by `event`. */
export type KeepRecord = (image: string, to: StoredValue | null, event: string) => void;

/** Keeps the labels of record by rule single-reader/1: the newest label of a person; without one, the newest imported. */
export function createRecordKeeper({ handle }: ProjectDatabase) {
  const selectKinds = handle.prepare<[], [string, ReaderKind]>('SELECT id, kind FROM reader').raw();
  const selectLabels = handle.prepare<[string], { reader: string; value: string; event: string }>(
    `SELECT reader_id AS reader, value, event_id AS event FROM label
     WHERE target_kind = 'image' AND target_id = ?`,
  );
  const newerOf = handle
    .prepare<[string, string], string>(
      'SELECT id FROM event WHERE id IN (?, ?) ORDER BY clock DESC, replica_id DESC LIMIT 1',
    )
    .pluck();
  const putRecord = handle.prepare(
    `INSERT INTO record (image_id, class_id, number, unsure, event_id) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET class_id = excluded.class_id, number = excluded.number, unsure = excluded.unsure,
       event_id = excluded.event_id`,
  );
  const dropRecord = handle.prepare('DELETE FROM record WHERE image_id = ?');
  const eventOf = handle.prepare<[string], string>('SELECT event_id FROM record WHERE image_id = ?').pluck();

  function put(image: string, value: StoredValue, event: string): void {
    putRecord.run(image, value.class ?? null, value.number ?? null, value.unsure ? 1 : 0, event);
  }

  /** Mostly there is one label; only among several is the journal asked for their order. */
  function newestLabel(image: string, kinds: ReadonlyMap<string, ReaderKind>): Found | null {
    let best: (Found & { person: boolean }) | null = null;
    for (const { reader, value: text, event } of selectLabels.all(image)) {
      const kind = kinds.get(reader);
      const value = parseValue(text)!;
      // A word that only skips or comments is no label.
      if (kind === 'model' || !isLabel(value)) continue;
      const person = kind === 'person';
      const better =
        best === null ||
        (person === best.person ? newerOf.get(event, best.event) === event : person && !best.person);
      if (better) best = { value, event, person };
    }
    return best;
  }

  return {
    keeperFor(reader: string): KeepRecord {
      const kinds = new Map(selectKinds.all());
      const person = kinds.get(reader) === 'person';
      return (image, to, event) => {
        // The event just made has the highest clock: what a person says in it is the newest label.
        if (person && to && isLabel(to)) return put(image, to, event);
        const newest = newestLabel(image, kinds);
        if (newest) put(image, newest.value, newest.event);
        else dropRecord.run(image);
      };
    },

    /** The event that made an image's label of record. */
    eventOf: (image: string): string | undefined => eventOf.get(image),
  };
}

interface Found {
  value: StoredValue;
  event: string;
}
