import type { JournalEvent, TargetKind } from '../../contract/label.ts';
import {
  actionColumns,
  createActions,
  type Direction,
  type StoredAction,
  toAction,
} from './journal-actions.ts';
import { isBlinded } from './blinding.ts';
import type { ProjectDatabase } from './open.ts';

/** A journal event with values as stored. */
export type StoredEvent = Omit<JournalEvent, 'from' | 'to' | 'what'> & {
  from: string | null;
  to: string | null;
};

/** An action as the history lists it. */
export interface ListedAction extends StoredAction {
  actorName: string;
  /** It was taken back, and not done again. */
  undone: boolean;
}

/** What an event did to one class; JSON as stored. */
export interface ClassChange {
  id: string;
  from: string | null;
  to: string | null;
}

type Columns = Omit<StoredEvent, 'target'> & { targetKind: TargetKind; targetId: string };
type ActionRow = Parameters<typeof toAction>[0] & { actorName: string; undone: 0 | 1 };

/** What can be read of the journal without the right to write. */
export function createJournalReading(database: ProjectDatabase) {
  const { handle } = database;
  const actions = createActions(database);
  const ofImage = handle.prepare<{ image: string }, Columns>(
    `WITH target (kind, id) AS (
       SELECT 'image', @image
       UNION ALL SELECT 'series', series_id FROM image WHERE id = @image
       UNION ALL SELECT 'study', series.study_id FROM image JOIN series ON series.id = image.series_id WHERE image.id = @image
       UNION ALL SELECT 'patient', patient_id FROM image WHERE id = @image
       UNION ALL SELECT DISTINCT 'annotation', target_id FROM event
         WHERE target_kind = 'annotation' AND coalesce(to_value, from_value) ->> '$.image' = @image)
     SELECT event.id AS event, event.kind, actor.name AS actor, reader.name AS reader, event.round,
       event.target_kind AS targetKind, event.target_id AS targetId, @image AS image,
       event.from_value AS "from", event.to_value AS "to", event.undoes, event.at
     FROM target CROSS JOIN event ON event.target_kind = target.kind AND event.target_id = target.id
     JOIN reader ON reader.id = event.reader_id JOIN reader AS actor ON actor.id = event.actor_id
     WHERE NOT ${isBlinded('event.round')}
     ORDER BY event.clock, event.replica_id`,
  );
  // An undo that was itself taken back leaves the action standing: what counts is how often it was reversed.
  const isUndone = `(WITH RECURSIVE later (batch, depth) AS (
      SELECT action.batch, 0
      UNION ALL SELECT reversal.batch, depth + 1 FROM later JOIN action AS reversal ON reversal.reverses = later.batch)
    SELECT max(depth) % 2 FROM later)`;
  const list = handle.prepare<{ before: number; actor: string | null; limit: number }, ActionRow>(
    `SELECT ${actionColumns}, reader.name AS actorName, ${isUndone} AS undone
     FROM action JOIN event AS head ON head.position = action.head JOIN reader ON reader.id = action.actor_id
     WHERE action.position < @before AND (@actor IS NULL OR action.actor_id = @actor)
       AND NOT ${isBlinded('action.round')}
     ORDER BY action.position DESC LIMIT @limit`,
  );
  const classChanges = handle.prepare<[string], ClassChange>(
    `SELECT target_id AS id, from_value AS "from", to_value AS "to" FROM event
     WHERE batch = ? AND target_kind = 'class' ORDER BY position`,
  );
  return {
    /** What undo and redo would reverse now. */
    reversible: (actor: string, round: string): Record<Direction, StoredAction | null> => ({
      undo: actions.newest('undo', actor, round),
      redo: actions.newest('redo', actor, round),
    }),

    /** Actions before a position, newest first; not those of rounds that are still blinded. `actor` null: of everybody. */
    actions: (before: number, actor: string | null, limit: number): ListedAction[] =>
      list.all({ before, actor, limit }).map(({ actorName, undone, ...row }) => ({
        ...toAction(row),
        actorName,
        undone: undone === 1,
      })),

    /** What an action did to classes, in its order. */
    classChanges: (batch: string): ClassChange[] => classChanges.all(batch),

    /**
     * Everything that ever happened to an image's labels and shapes, and to those of its series, study and patient,
     * oldest first; not what is said in rounds that are still blinded.
     */
    history: (image: string): StoredEvent[] =>
      ofImage.all({ image }).map(({ targetKind, targetId, ...row }) => ({
        ...row,
        target: { kind: targetKind, id: targetId },
      })),
  };
}
export type JournalReading = ReturnType<typeof createJournalReading>;
