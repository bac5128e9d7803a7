import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { JournalEvent } from '../../contract/label.ts';
import type { ProjectDatabase } from './open.ts';

/** A label as stored: by class id, so that renaming a class never touches labels. */
export type StoredValue = { class: string } | { number: number };

/** What a reader wants a target's label to be; null takes it away. */
export interface LabelChange {
  image: string;
  to: StoredValue | null;
}

export interface AppendedEvent {
  event: string;
  image: string;
  to: StoredValue | null;
}

interface EventRow {
  id: string;
  batch: string;
  target_id: string;
  from_value: string | null;
  to_value: string | null;
}

/**
 * The append-only label journal of one replica. Every change is an event; `label` and `record` are what the events
 * amount to and change in the same transaction. An appended event has reached the disk when the call returns.
 */
export function createJournal({ handle }: ProjectDatabase, replica: string) {
  const nextSequence = handle.prepare<[string], { next_sequence: number }>(
    'UPDATE replica SET next_sequence = next_sequence + 1 WHERE id = ? RETURNING next_sequence - 1 AS next_sequence',
  );
  const highestClock = handle.prepare('SELECT coalesce(max(clock), 0) FROM event').pluck();
  const insertEvent = handle.prepare(
    `INSERT INTO event (id, replica_id, sequence, clock, batch, reader_id, round, kind, target_kind, target_id,
       from_value, to_value, undoes, at)
     VALUES (@id, @replica, @sequence, @clock, @batch, @reader, @round, @kind, 'image', @image, @from, @to, @undoes, @at)`,
  );
  const currentValue = handle
    .prepare<[string, string, number], string>(
      `SELECT value FROM label WHERE target_kind = 'image' AND target_id = ? AND reader_id = ? AND round = ?`,
    )
    .pluck();
  const putLabel = handle.prepare(
    `INSERT INTO label (target_kind, target_id, reader_id, round, value, event_id) VALUES ('image', ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, event_id = excluded.event_id`,
  );
  const dropLabel = handle.prepare(
    `DELETE FROM label WHERE target_kind = 'image' AND target_id = ? AND reader_id = ? AND round = ?`,
  );
  // Rule single-reader/1: the newest label of a person; without one, the newest imported label.
  const labelOfRecord = handle.prepare<[string], { value: string; event_id: string }>(
    `SELECT label.value, label.event_id FROM label
     JOIN event ON event.id = label.event_id JOIN reader ON reader.id = label.reader_id
     WHERE label.target_kind = 'image' AND label.target_id = ? AND reader.kind <> 'model'
     ORDER BY reader.kind = 'person' DESC, event.clock DESC, event.replica_id DESC LIMIT 1`,
  );
  const putRecord = handle.prepare(
    `INSERT INTO record (image_id, class_id, number, event_id) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET class_id = excluded.class_id, number = excluded.number, event_id = excluded.event_id`,
  );
  const dropRecord = handle.prepare('DELETE FROM record WHERE image_id = ?');
  const eventColumns = 'id, batch, target_id, from_value, to_value';
  const lastUndoable = handle.prepare<[string, number], EventRow>(
    `SELECT ${eventColumns} FROM event WHERE reader_id = ? AND round = ? AND kind IN ('label.set', 'redo')
       AND NOT EXISTS (SELECT 1 FROM event AS later WHERE later.undoes = event.id AND later.kind = 'undo')
     ORDER BY position DESC LIMIT 1`,
  );
  const lastRedoable = handle.prepare<[string, number, string, number], EventRow>(
    `SELECT ${eventColumns} FROM event WHERE reader_id = ? AND round = ? AND kind = 'undo'
       AND NOT EXISTS (SELECT 1 FROM event AS later WHERE later.undoes = event.id AND later.kind = 'redo')
       AND position > (SELECT coalesce(max(position), 0) FROM event WHERE reader_id = ? AND round = ? AND kind = 'label.set')
     ORDER BY position DESC LIMIT 1`,
  );
  const eventsOfBatch = handle.prepare<[string], EventRow>(
    `SELECT ${eventColumns} FROM event WHERE batch = ? ORDER BY position DESC`,
  );
  function append(
    change: LabelChange,
    details: {
      reader: string;
      round: number;
      kind: JournalEvent['kind'];
      batch: string;
      undoes: string | null;
    },
  ): AppendedEvent {
    const id = uuid();
    const { reader, round } = details;
    const to = change.to === null ? null : JSON.stringify(change.to);
    insertEvent.run({
      ...details,
      id,
      replica,
      sequence: nextSequence.get(replica)!.next_sequence,
      clock: (highestClock.get() as number) + 1,
      image: change.image,
      from: currentValue.get(change.image, reader, round) ?? null,
      to,
      at: new Date().toISOString(),
    });
    if (to === null) dropLabel.run(change.image, reader, round);
    else putLabel.run(change.image, reader, round, to, id);
    updateRecord(change.image);
    return { event: id, image: change.image, to: change.to };
  }

  function updateRecord(image: string): void {
    const newest = labelOfRecord.get(image);
    if (!newest) {
      dropRecord.run(image);
      return;
    }
    const value = JSON.parse(newest.value) as StoredValue;
    const classId = 'class' in value ? value.class : null;
    const number = 'number' in value ? value.number : null;
    putRecord.run(image, classId, number, newest.event_id);
  }

  function reverse(kind: 'undo' | 'redo', reader: string, round: number): AppendedEvent[] {
    const last =
      kind === 'undo' ? lastUndoable.get(reader, round) : lastRedoable.get(reader, round, reader, round);
    if (!last) {
      throw new ReadroomError(
        'nothingToUndo',
        `There is nothing to ${kind}.`,
        'Only your own labels are undone.',
      );
    }
    const batch = uuid();
    return eventsOfBatch.all(last.batch).map((event) => {
      const to = event.from_value === null ? null : (JSON.parse(event.from_value) as StoredValue);
      return append({ image: event.target_id, to }, { reader, round, kind, batch, undoes: event.id });
    });
  }

  const immediately = <T>(work: () => T): T => handle.transaction(work).immediate();

  return {
    /** Sets labels as one action: one transaction, one undo. */
    set: (changes: readonly LabelChange[], reader: string, round: number): AppendedEvent[] =>
      immediately(() => {
        const batch = uuid();
        return changes.map((change) =>
          append(change, { reader, round, kind: 'label.set', batch, undoes: null }),
        );
      }),

    /** Takes back the reader's newest action in this round. @throws ReadroomError `nothingToUndo` */
    undo: (reader: string, round: number): AppendedEvent[] =>
      immediately(() => reverse('undo', reader, round)),

    /** Takes back the reader's newest undo, unless a label came after it. @throws ReadroomError `nothingToUndo` */
    redo: (reader: string, round: number): AppendedEvent[] =>
      immediately(() => reverse('redo', reader, round)),
  };
}
export type Journal = ReturnType<typeof createJournal>;

/** A journal event with values by class id. */
export type StoredEvent = Omit<JournalEvent, 'from' | 'to'> & Record<'from' | 'to', StoredValue | null>;

/** Everything that ever happened to an image's labels, oldest first. */
export function readHistory({ handle }: ProjectDatabase, image: string): StoredEvent[] {
  const parsed = (value: string | null): StoredValue | null =>
    value === null ? null : (JSON.parse(value) as StoredValue);
  return handle
    .prepare<[string], Omit<JournalEvent, 'from' | 'to'> & Record<'from' | 'to', string | null>>(
      `SELECT event.id AS event, event.kind, reader.name AS reader, event.round, event.target_id AS image,
         event.from_value AS "from", event.to_value AS "to", event.undoes, event.at
       FROM event JOIN reader ON reader.id = event.reader_id
       WHERE event.target_kind = 'image' AND event.target_id = ? ORDER BY event.clock, event.replica_id`,
    )
    .all(image)
    .map((row) => ({ ...row, from: parsed(row.from), to: parsed(row.to) }));
}
