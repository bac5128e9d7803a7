import type { HistoryKind, JournalEvent, TargetKind } from '../../contract/label.ts';
import {
  actionColumns,
  createActions,
  type Direction,
  type StoredAction,
  toAction,
} from './journal-actions.ts';
import { isBlinded } from './blinding.ts';
import { targetsOfImages } from './label-targets.ts';
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

/** Where something stands in the history; what was done at one moment is in the order of its ids. */
export interface HistoryPlace {
  /** ISO 8601. */
  at: string;
  /** Batch of an action, or job of a merge. */
  id: string;
}

/** Which actions of the history are asked for; null: of everybody, of every kind. */
export interface HistoryFilter {
  /** A reader's id. */
  actor: string | null;
  about: HistoryKind | null;
}

/** A merge of another copy into this one. */
export interface DoneMerge {
  job: string;
  /** When it ended, ISO 8601. */
  at: string;
  /** Empty where nobody kept it. */
  actorName: string;
  events: number;
  images: number;
  conflicts: number;
}

/** What an event did to one class; JSON as stored. */
export interface ClassChange {
  id: string;
  from: string | null;
  to: string | null;
}

type PageOf = HistoryPlace & HistoryFilter & { limit: number };
type Columns = Omit<StoredEvent, 'target'> & { targetKind: TargetKind; targetId: string };
type ActionRow = Parameters<typeof toAction>[0] & { actorName: string; undone: 0 | 1 };

/** What can be read of the journal without the right to write. */
export function createJournalReading(database: ProjectDatabase) {
  const { handle } = database;
  const actions = createActions(database);
  const ofImage = handle.prepare<{ image: string }, Columns>(
    `WITH target (kind, id) AS (
       ${targetsOfImages('image.id = @image')}
       UNION ALL SELECT DISTINCT 'annotation', target_id FROM event
         WHERE target_kind = 'annotation' AND coalesce(to_value, from_value) ->> '$.image' = @image)
     SELECT event.id AS event, event.kind, actor.name AS actor, reader.name AS reader, event.round,
       event.target_kind AS targetKind, event.target_id AS targetId, @image AS image,
       event.from_value AS "from", event.to_value AS "to", event.undoes, event.at
     FROM target CROSS JOIN event ON event.target_kind = target.kind AND event.target_id = target.id
     JOIN reader ON reader.id = event.reader_id JOIN reader AS actor ON actor.id = event.actor_id
     WHERE NOT ${isBlinded('event.round')}
     ORDER BY event.at, event.clock, event.replica_id`,
  );
  // An undo that was itself taken back leaves the action standing: what counts is how often it was reversed.
  const isUndone = `(WITH RECURSIVE later (batch, depth) AS (
      SELECT action.batch, 0
      UNION ALL SELECT reversal.batch, depth + 1 FROM later JOIN action AS reversal ON reversal.reverses = later.batch)
    SELECT max(depth) % 2 FROM later)`;
  const newestFirst = 'ORDER BY head.at DESC, action.batch DESC';
  const list = handle.prepare<PageOf, ActionRow>(
    `WITH page (position) AS MATERIALIZED (
       SELECT action.position FROM action JOIN event AS head ON head.position = action.head
       WHERE (head.at, action.batch) < (@at, @id) AND (@actor IS NULL OR action.actor_id = @actor)
         AND (@about IS NULL OR @about = iif(head.target_kind IN ('image', 'series', 'study', 'patient'), 'label', head.target_kind))
         AND NOT ${isBlinded('action.round')}
       ${newestFirst} LIMIT @limit)
     SELECT ${actionColumns}, reader.name AS actorName, ${isUndone} AS undone
     FROM page CROSS JOIN action ON action.position = page.position
     JOIN event AS head ON head.position = action.head JOIN reader ON reader.id = action.actor_id
     ${newestFirst}`,
  );
  const merges = handle.prepare<PageOf, DoneMerge>(
    `SELECT id AS job, ended_at AS at, coalesce(result ->> '$.reader', '') AS actorName, result ->> '$.events' AS events,
       result ->> '$.images' AS images, result ->> '$.conflicts' AS conflicts
     FROM job WHERE kind = 'merge' AND status = 'completed' AND (ended_at, id) < (@at, @id) AND (@about IS NULL OR @about = 'merge')
       AND (@actor IS NULL OR result ->> '$.reader' = (SELECT name FROM reader WHERE id = @actor) COLLATE NOCASE)
     ORDER BY ended_at DESC, id DESC LIMIT @limit`,
  );
  const classChanges = handle.prepare<[string], ClassChange>(
    `SELECT target_id AS id, from_value AS "from", to_value AS "to" FROM event
     WHERE batch = ? AND target_kind = 'class' ORDER BY position`,
  );
  const spokenFor = handle
    .prepare<[string], string>(
      `SELECT reader_id FROM event WHERE batch = ? AND target_kind <> 'class' ORDER BY position LIMIT 1`,
    )
    .pluck();
  const countsOf = handle.prepare<[string], { shapes: number; labels: number }>(
    `SELECT count(*) FILTER (WHERE target_kind = 'annotation') AS shapes,
       count(*) FILTER (WHERE target_kind IN ('image', 'series', 'study', 'patient')) AS labels
     FROM event WHERE batch = ?`,
  );
  return {
    /** What undo and redo would reverse now. */
    reversible: (actor: string, round: string): Record<Direction, StoredAction | null> => ({
      undo: actions.newest('undo', actor, round),
      redo: actions.newest('redo', actor, round),
    }),

    /**
     * Actions before a place, newest first by the time at which they were made; not those of rounds that are still
     * blinded.
     */
    actions: (before: HistoryPlace, of: HistoryFilter, limit: number): ListedAction[] =>
      list.all({ ...before, ...of, limit }).map(({ actorName, undone, ...row }) => ({
        ...toAction(row),
        actorName,
        undone: undone === 1,
      })),

    /** Merges that other copies were taken over by, as `actions`. */
    merges: (before: HistoryPlace, of: HistoryFilter, limit: number): DoneMerge[] =>
      merges.all({ ...before, ...of, limit }),

    /** What an action did to classes, in its order. */
    classChanges: (batch: string): ClassChange[] => classChanges.all(batch),

    /** Labels and shapes of an action that gave them as words of a reader; null where it did not. */
    broughtFor(batch: string, reader: string): { shapes: number; labels: number } | null {
      return spokenFor.get(batch) === reader ? countsOf.get(batch)! : null;
    },

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
