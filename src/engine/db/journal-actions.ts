import type { JournalEvent } from '../../contract/label.ts';
import type { ProjectDatabase } from './open.ts';
import { parseValue, type StoredValue } from './stored-value.ts';

/** An action of a reader: what its first event did, and how many there are. */
export interface StoredAction {
  batch: string;
  image: string;
  from: StoredValue | null;
  to: StoredValue | null;
  count: number;
  at: string;
}

interface Step {
  id: string;
  position: number;
  kind: JournalEvent['kind'];
  batch: string;
}

/** Finds what a reader could take back or do again. All events of an action are reversed together. */
export function createActionFinder({ handle }: ProjectDatabase) {
  const newestBefore = handle.prepare<[string, number, number], Step>(
    `SELECT id, position, kind, batch FROM event WHERE reader_id = ? AND round = ? AND position < ?
     ORDER BY position DESC LIMIT 1`,
  );
  const isReversed = handle
    .prepare<[string], number>('SELECT EXISTS (SELECT 1 FROM event WHERE undoes = ?)')
    .pluck();
  const startOf = handle.prepare<[string], number>('SELECT min(position) FROM event WHERE batch = ?').pluck();
  const countOf = handle.prepare<[string], number>('SELECT count(*) FROM event WHERE batch = ?').pluck();
  const firstOf = handle.prepare<
    [string],
    { image: string; from: string | null; to: string | null; at: string }
  >(
    `SELECT target_id AS image, from_value AS "from", to_value AS "to", at FROM event
     WHERE batch = ? ORDER BY position LIMIT 1`,
  );
  const eventsOf = handle.prepare<[string], { id: string; image: string; from: string | null }>(
    `SELECT id, target_id AS image, from_value AS "from" FROM event WHERE batch = ? ORDER BY position DESC`,
  );

  /** Goes back action by action, not event by event: one action may hold 100,000 events. */
  function newestStep(direction: 'undo' | 'redo', reader: string, round: number): Step | null {
    let position = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const step = newestBefore.get(reader, round, position);
      if (!step) return null;
      // A new label ends what could be done again.
      if (direction === 'redo' && step.kind === 'label.set') return null;
      const fits = direction === 'undo' ? step.kind !== 'undo' : step.kind === 'undo';
      if (fits && isReversed.get(step.id) === 0) return step;
      position = startOf.get(step.batch)!;
    }
  }

  return {
    newest(direction: 'undo' | 'redo', reader: string, round: number): StoredAction | null {
      const step = newestStep(direction, reader, round);
      if (!step) return null;
      const first = firstOf.get(step.batch)!;
      // What an undo would do again is the reverse of what the undo did.
      const [from, to] = direction === 'redo' ? [first.to, first.from] : [first.from, first.to];
      const count = countOf.get(step.batch)!;
      return { ...first, batch: step.batch, from: parseValue(from), to: parseValue(to), count };
    },

    /** Events of an action, newest first. */
    events: (batch: string): { id: string; image: string; from: StoredValue | null }[] =>
      eventsOf.all(batch).map((event) => ({ ...event, from: parseValue(event.from) })),
  };
}
