import type { TargetKind } from '../../contract/label.ts';
import type { LabelTargetKind } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import type { Made, MadeStates, Owner, State } from './state-keeper.ts';
import { isLabel, parseValue, type StoredAnnotation } from './stored-value.ts';

/** Words of readers in `label`. */
export function createLabelStates({ handle }: ProjectDatabase) {
  const select = handle.prepare<string[], State>(
    `SELECT value, event_id AS event, given_id AS given FROM label
     WHERE target_kind = ? AND target_id = ? AND reader_id = ? AND round = ?`,
  );
  // By position: binding by name takes half as long again for 10,000 events.
  const insert = handle.prepare<string[]>(
    `INSERT INTO label (target_kind, target_id, reader_id, round, value, event_id, given_id) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, event_id = excluded.event_id, given_id = excluded.given_id`,
  );
  const remove = handle.prepare<string[]>(
    'DELETE FROM label WHERE target_kind = ? AND target_id = ? AND reader_id = ? AND round = ?',
  );
  // For thousands of words one statement takes half the time, in the order of the table less than that.
  const followEvents = handle.prepare<[number, number]>(
    `INSERT INTO label (target_kind, target_id, reader_id, round, value, event_id, given_id)
     SELECT target_kind, target_id, reader_id, round, to_value, id, coalesce(given, id) FROM event
     WHERE position BETWEEN ? AND ? AND to_value IS NOT NULL ORDER BY target_id
     ON CONFLICT DO UPDATE SET value = excluded.value, event_id = excluded.event_id, given_id = excluded.given_id`,
  );
  const removeByEvents = handle.prepare<[LabelTargetKind, string, string, number, number]>(
    `DELETE FROM label WHERE target_kind = ? AND reader_id = ? AND round = ? AND target_id IN
       (SELECT target_id FROM event WHERE position BETWEEN ? AND ? AND to_value IS NULL)`,
  );
  const newerOfOthers = handle
    .prepare<string[], string>(
      `SELECT label.value FROM event AS mine
         JOIN label ON label.target_kind = ? AND label.target_id = ? AND label.round = mine.round
           AND label.reader_id <> mine.reader_id
         JOIN reader ON reader.id = label.reader_id AND reader.kind = 'person'
         JOIN event AS theirs ON theirs.id = label.given_id
       WHERE mine.id = ? AND (theirs.clock, theirs.replica_id) > (mine.clock, mine.replica_id)`,
    )
    .pluck();
  return {
    current: (kind: LabelTargetKind, id: string, { reader, round }: Owner): State | null =>
      select.get(kind, id, reader, round) ?? null,
    put(
      kind: LabelTargetKind,
      id: string,
      { reader, round }: Owner,
      value: string | null,
      { event, given }: Made,
    ): void {
      if (value === null) remove.run(kind, id, reader, round);
      else insert.run(kind, id, reader, round, value, event, given);
    },
    /** What events just made say of targets of a kind. */
    putAll(kind: LabelTargetKind, { reader, round, states, first, last }: MadeStates): void {
      followEvents.run(first, last);
      if (states.some(({ value }) => value === null)) removeByEvents.run(kind, reader, round, first, last);
    },
    /** Whether another person gave the target a label after the event `given`. */
    outspoken: (target: { kind: TargetKind; id: string }, given: string): boolean =>
      newerOfOthers.all(target.kind, target.id, given).some((value) => isLabel(parseValue(value))),
  };
}

/** Shapes in `annotation`. */
export function createAnnotationStates({ handle }: ProjectDatabase) {
  const select = handle.prepare<[string], State>(
    'SELECT value, event_id AS event FROM annotation WHERE id = ?',
  );
  const insert = handle.prepare(
    `INSERT INTO annotation (id, image_id, reader_id, round, class_id, value, event_id) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET class_id = excluded.class_id, value = excluded.value, event_id = excluded.event_id`,
  );
  const remove = handle.prepare('DELETE FROM annotation WHERE id = ?');
  return {
    current: (id: string): State | null => select.get(id) ?? null,
    put(id: string, { reader, round }: Owner, value: string | null, { event }: Made): void {
      if (value === null) {
        remove.run(id);
        return;
      }
      const { image, class: classId } = JSON.parse(value) as StoredAnnotation;
      insert.run(id, image, reader, round, classId, value, event);
    },
  };
}
