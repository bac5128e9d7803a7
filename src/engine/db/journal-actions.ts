import { ReadroomError } from '../../contract/errors.ts';
import type { TargetKind } from '../../contract/label.ts';
import type { Target } from './journal-keepers.ts';
import type { ProjectDatabase } from './open.ts';

export type Direction = 'undo' | 'redo';

/** An action: what the event that says most of it did, and how many events there are. Values are JSON as stored. */
export interface StoredAction {
  batch: string;
  /** Actions are in the order of their first events. */
  position: number;
  kind: 'set' | Direction;
  actor: string;
  round: string;
  target: Target;
  from: string | null;
  to: string | null;
  count: number;
  at: string;
}

/** What is kept of an action beside its events. */
interface KeptAction {
  batch: string;
  /** Position of the first of the events just made; they are without gaps. */
  first: number;
  /** Of their targets, in the same order. */
  kinds: readonly TargetKind[];
  actor: string;
  round: string;
  kind: 'set' | Direction;
  /** The action that it reverses. */
  reverses: string | null;
}

interface ActionColumns extends Omit<StoredAction, 'target'> {
  targetKind: TargetKind;
  targetId: string;
}

/** One event of an action; values are JSON as stored. */
export interface StoredChange {
  id: string;
  target: Target;
  reader: string;
  round: string;
  from: string | null;
  to: string | null;
}

type EventColumns = Omit<StoredChange, 'target'> & { targetKind: TargetKind; targetId: string };

/** What says most of an action goes first: an import says more of itself than the labels that it brought. */
const mostTelling: readonly TargetKind[] = ['import', 'class', 'setting', 'round', 'annotation'];
const tellingRank = (kind: TargetKind): number => {
  const rank = mostTelling.indexOf(kind);
  return rank < 0 ? mostTelling.length : rank;
};

export const actionColumns = `action.batch, action.position, action.kind, action.actor_id AS actor, action.round,
  head.target_kind AS targetKind, head.target_id AS targetId, head.from_value AS "from", head.to_value AS "to",
  action.events AS count, head.at`;

export const toAction = ({ targetKind, targetId, ...action }: ActionColumns): StoredAction => ({
  ...action,
  target: { kind: targetKind, id: targetId },
});

/** The actions of the journal: keeps them, and finds what a person could take back or do again. All events of one are reversed together. */
export function createActions({ handle }: ProjectDatabase) {
  const isReversed = `EXISTS (SELECT 1 FROM action AS later WHERE later.reverses = action.batch)`;
  const ofActor = 'action.actor_id = @actor AND action.round = @round';
  const newest = (which: string): string =>
    `SELECT ${actionColumns} FROM action JOIN event AS head ON head.position = action.head
     WHERE ${ofActor} AND ${which} AND NOT ${isReversed} ORDER BY action.position DESC LIMIT 1`;
  const newestUndoable = handle.prepare<{ actor: string; round: string }, ActionColumns>(
    newest("action.kind <> 'undo' AND head.target_kind <> 'round'"),
  );
  // A new action ends what could be done again.
  const newestRedoable = handle.prepare<{ actor: string; round: string }, ActionColumns>(
    newest(`action.kind = 'undo' AND action.position > coalesce(
      (SELECT max(action.position) FROM action WHERE ${ofActor} AND action.kind = 'set'), 0)`),
  );
  const find = handle.prepare<[string], { headKind: TargetKind; reversed: 0 | 1 }>(
    `SELECT head.target_kind AS headKind, ${isReversed} AS reversed
     FROM action JOIN event AS head ON head.position = action.head WHERE action.batch = ?`,
  );
  const insert = handle.prepare(
    `INSERT INTO action (position, batch, actor_id, round, kind, head, events, reverses)
     VALUES (@first, @batch, @actor, @round, @kind, @head, @events, @reverses)`,
  );
  const extend = handle.prepare(
    'UPDATE action SET events = events + @events, head = coalesce(@head, head) WHERE batch = @batch',
  );
  const eventsOf = handle.prepare<[string], EventColumns>(
    `SELECT id, target_kind AS targetKind, target_id AS targetId, reader_id AS reader, round,
       from_value AS "from", to_value AS "to" FROM event
     WHERE batch = ? ORDER BY position DESC`,
  );

  return {
    /** The action that an undo or redo would reverse; of a redo that is an undo. */
    newest(direction: Direction, actor: string, round: string): StoredAction | null {
      const found = (direction === 'undo' ? newestUndoable : newestRedoable).get({ actor, round });
      return found ? toAction(found) : null;
    },

    /** Events of an action, newest first. */
    events: (batch: string): StoredChange[] =>
      eventsOf.all(batch).map(({ targetKind, targetId, ...event }) => ({
        ...event,
        target: { kind: targetKind, id: targetId },
      })),

    /** Whether there is such an action, taken back or not. */
    has: (batch: string): boolean => find.get(batch) !== undefined,

    /** @throws ReadroomError `changedSince` for an action that was taken back while it still went on */
    refuseReversed(batch: string): void {
      if (find.get(batch)?.reversed !== 1) return;
      throw new ReadroomError(
        'changedSince',
        'This was taken back while it still went on.',
        'Do it again, and wait until it has ended.',
      );
    },

    /** Keeps an action whose events were just made, or adds them to one. */
    keep({ kinds, first, ...action }: KeptAction): void {
      const ranks = kinds.map(tellingRank);
      const least = ranks.reduce((best, rank) => Math.min(best, rank));
      const head = first + ranks.indexOf(least);
      const events = kinds.length;
      const known = find.get(action.batch);
      if (!known) insert.run({ ...action, first, head, events });
      else {
        const tellsMore = least < tellingRank(known.headKind);
        extend.run({ batch: action.batch, events, head: tellsMore ? head : null });
      }
    },
  };
}
