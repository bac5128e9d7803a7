import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { JournalEvent } from '../../contract/label.ts';
import { createActionFinder, type StoredAction } from './journal-actions.ts';
import type { ProjectDatabase } from './open.ts';
import { createRecordKeeper } from './record-keeper.ts';
import { isLabel, parseValue, type StoredValue } from './stored-value.ts';

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

interface EventDetails {
  reader: string;
  round: number;
  kind: JournalEvent['kind'];
  batch: string;
  at: string;
}

/** What was done to each image by a `change`. */
export interface ChangeOutcome {
  appended: AppendedEvent[];
  /** The reader's word on the first image afterwards, with the event that gave it. */
  first: AppendedEvent | null;
}

/**
 * The append-only label journal of one replica. Every change is an event; `label` and `record` are what the events
 * amount to and change in the same transaction. An appended event has reached the disk when the call returns.
 */
export function createJournal(database: ProjectDatabase, replica: string) {
  const { handle } = database;
  const takeSequences = handle
    .prepare<[number, string, number], number>(
      'UPDATE replica SET next_sequence = next_sequence + ? WHERE id = ? RETURNING next_sequence - ?',
    )
    .pluck();
  const highestClock = handle.prepare<[], number>('SELECT coalesce(max(clock), 0) FROM event').pluck();
  // By position: binding by name takes half as long again for 10,000 events.
  const insertEvent = handle.prepare(
    `INSERT INTO event (id, replica_id, sequence, clock, batch, reader_id, round, kind, target_kind, target_id,
       from_value, to_value, undoes, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'image', ?, ?, ?, ?, ?)`,
  );
  const currentLabel = handle.prepare<[string, string, number], { value: string; event: string }>(
    `SELECT value, event_id AS event FROM label
     WHERE target_kind = 'image' AND target_id = ? AND reader_id = ? AND round = ?`,
  );
  const putLabel = handle.prepare(
    `INSERT INTO label (target_kind, target_id, reader_id, round, value, event_id) VALUES ('image', ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, event_id = excluded.event_id`,
  );
  const dropLabel = handle.prepare(
    `DELETE FROM label WHERE target_kind = 'image' AND target_id = ? AND reader_id = ? AND round = ?`,
  );
  const records = createRecordKeeper(database);
  const actions = createActionFinder(database);

  /** Appends events of one action. `from` is what the reader said before, as stored. */
  function append(
    changes: readonly { image: string; from: string | null; to: StoredValue | null; undoes: string | null }[],
    { reader, round, kind, batch, at }: EventDetails,
  ): AppendedEvent[] {
    if (changes.length === 0) return [];
    let sequence = takeSequences.get(changes.length, replica, changes.length)!;
    let clock = highestClock.get()!;
    const keepRecord = records.keeperFor(reader);
    return changes.map(({ image, from, to, undoes }) => {
      const id = uuid();
      const value = to === null ? null : JSON.stringify(to);
      clock += 1;
      insertEvent.run(
        ...[id, replica, sequence++, clock, batch, reader, round, kind],
        ...[image, from, value, undoes, at],
      );
      if (value === null) dropLabel.run(image, reader, round);
      else putLabel.run(image, reader, round, value, id);
      keepRecord(image, to, id);
      return { event: id, image, to };
    });
  }

  const nowIs = (): Pick<EventDetails, 'batch' | 'at'> => ({ batch: uuid(), at: new Date().toISOString() });

  function reverse(kind: 'undo' | 'redo', reader: string, round: number): AppendedEvent[] {
    const last = actions.newest(kind, reader, round);
    if (!last) {
      throw new ReadroomError(
        'nothingToUndo',
        `There is nothing to ${kind}.`,
        'Only your own labels are undone.',
      );
    }
    const changes = actions.events(last.batch).map((event) => ({
      image: event.image,
      from: currentLabel.get(event.image, reader, round)?.value ?? null,
      to: event.from,
      undoes: event.id,
    }));
    return append(changes, { reader, round, kind, ...nowIs() });
  }

  /** Whether an action would change nothing: the same word, and not one that another reader's stands over. */
  function isSettled(image: string, before: { value: string; event: string }, to: StoredValue): boolean {
    if (before.value !== JSON.stringify(to)) return false;
    return !isLabel(to) || records.eventOf(image) === before.event;
  }

  const immediately = <T>(work: () => T): T => handle.transaction(work).immediate();

  return {
    /** Sets labels as one action: one transaction, one undo. */
    set: (changes: readonly LabelChange[], reader: string, round: number): AppendedEvent[] =>
      immediately(() => {
        const full = changes.map(({ image, to }) => {
          const from = currentLabel.get(image, reader, round)?.value ?? null;
          return { image, from, to, undoes: null };
        });
        return append(full, { reader, round, kind: 'label.set', ...nowIs() });
      }),

    /**
     * Changes the reader's words on distinct images as one action; images on which `merge` changes nothing get no event.
     * A label that is given again although another's newer one is the label of record counts as new.
     */
    change: (
      images: readonly string[],
      merge: (before: StoredValue | null) => StoredValue | null,
      reader: string,
      round: number,
    ): ChangeOutcome =>
      immediately(() => {
        const changes: Parameters<typeof append>[0][number][] = [];
        let first: AppendedEvent | null = null;
        for (const [index, image] of images.entries()) {
          const before = currentLabel.get(image, reader, round);
          const to = merge(parseValue(before?.value ?? null));
          const settled = before ? to !== null && isSettled(image, before, to) : to === null;
          if (!settled) changes.push({ image, from: before?.value ?? null, to, undoes: null });
          else if (index === 0) first = { event: before?.event ?? '', image, to };
        }
        const appended = append(changes, { reader, round, kind: 'label.set', ...nowIs() });
        return { appended, first: first ?? appended[0] ?? null };
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

/** What `undo` and `redo` would reverse now. */
export function createJournalReading(database: ProjectDatabase) {
  const actions = createActionFinder(database);
  return {
    reversible: (reader: string, round: number): Record<'undo' | 'redo', StoredAction | null> => ({
      undo: actions.newest('undo', reader, round),
      redo: actions.newest('redo', reader, round),
    }),
    history: (image: string): StoredEvent[] => readHistory(database, image),
  };
}
export type JournalReading = ReturnType<typeof createJournalReading>;

/** A journal event with values by class id. */
export type StoredEvent = Omit<JournalEvent, 'from' | 'to'> & Record<'from' | 'to', StoredValue | null>;

/** Everything that ever happened to an image's labels, oldest first. */
export function readHistory({ handle }: ProjectDatabase, image: string): StoredEvent[] {
  return handle
    .prepare<[string], Omit<JournalEvent, 'from' | 'to'> & Record<'from' | 'to', string | null>>(
      `SELECT event.id AS event, event.kind, reader.name AS reader, event.round, event.target_id AS image,
         event.from_value AS "from", event.to_value AS "to", event.undoes, event.at
       FROM event JOIN reader ON reader.id = event.reader_id
       WHERE event.target_kind = 'image' AND event.target_id = ? ORDER BY event.clock, event.replica_id`,
    )
    .all(image)
    .map((row) => ({ ...row, from: parseValue(row.from), to: parseValue(row.to) }));
}
