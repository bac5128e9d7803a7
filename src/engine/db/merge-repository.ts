import { paletteColor } from '../../core/class-palette.ts';
import { createActions } from './journal-actions.ts';
import { createStateKeepers, type Replay } from './journal-keepers.ts';
import { createClassUses } from './class-uses.ts';
import { createImportNamings } from './import-namings.ts';
import { createMergeEntities } from './merge-entities.ts';
import {
  createMergeSource,
  type EntityTable,
  keyOf,
  type KnownSequences,
  type MergeEvent,
  type MergeImage,
  type MergeSource,
  type Row,
  subjectOf,
} from './merge-source.ts';
import type { ProjectDatabase } from './open.ts';
import { replayClasses } from './class-replay.ts';
import type { StoredClassValue } from './stored-value.ts';
import { createConflictRepository } from './conflict-repository.ts';

/** What a chunk of events needs to know of both copies. */
export interface MergeSides {
  source: MergeSource;
  /** What was known here when the merge began. */
  here: KnownSequences;
  /** What the other copy knows. */
  there: KnownSequences;
}

/** Kinds that others refer to come first. */
const putOrder = ['round', 'import', 'setting', 'image', 'series', 'study', 'patient', 'annotation'];

/** Takes another copy's rows and events in. Every method is one transaction, and leaves a whole project. */
export function createMergeRepository(database: ProjectDatabase) {
  const { handle } = database;
  const keepers = createStateKeepers(database);
  const entities = createMergeEntities(database);
  const mine = createMergeSource(database);
  const actions = createActions(database);
  const conflicts = createConflictRepository(database);
  const namings = createImportNamings(database);
  const classUses = createClassUses(database);
  const immediately = <T>(work: () => T): T => handle.transaction(work).immediate();

  const insertEvent = handle.prepare(
    `INSERT INTO event (id, replica_id, sequence, clock, batch, actor_id, reader_id, round, kind, target_kind, target_id,
       from_value, to_value, undoes, given, at)
     VALUES (@id, @replica, @sequence, @clock, @batch, @actor, @reader, @round, @kind, @targetKind, @targetId, @from, @to,
       @undoes, @given, @at)`,
  );
  const insertTime = handle.prepare('INSERT INTO reading_time (event_id, milliseconds) VALUES (?, ?)');
  const batchOf = handle.prepare<[string | null], string>('SELECT batch FROM event WHERE id = ?').pluck();
  const goOnBehind = handle.prepare(
    'UPDATE replica SET next_sequence = max(next_sequence, ? + 1) WHERE id = ?',
  );
  const classEvents = handle.prepare<[], { id: string; from: string | null; to: string | null }>(
    `SELECT target_id AS id, from_value AS "from", to_value AS "to" FROM event
     WHERE target_kind = 'class' ORDER BY clock, replica_id`,
  );
  const allClasses = handle.prepare<[], StoredClassValue & { id: string }>(
    'SELECT id, name, position, color, key, retired_at AS retiredAt, heir FROM class',
  );
  const followImports = handle
    .prepare<[], string>(
      `UPDATE image SET removed = import.removed FROM import
       WHERE import.id = image.import_id AND image.removed <> import.removed RETURNING image.id`,
    )
    .pluck();
  const raiseSchemaVersion = handle.prepare(
    'UPDATE project SET class_schema_version = max(class_schema_version, ?)',
  );
  // Actions with events from a place on, by their first event.
  const laterActions = handle
    .prepare<{ clock: number }, string>(
      `SELECT batch FROM (SELECT batch, min(clock) AS first, replica_id FROM event INDEXED BY event_by_clock
         WHERE clock >= @clock GROUP BY batch) AS later
       WHERE NOT EXISTS (SELECT 1 FROM event AS earlier INDEXED BY event_by_batch
         WHERE earlier.batch = later.batch AND earlier.clock < @clock)
       ORDER BY first, replica_id`,
    )
    .pluck();
  const lastBefore = handle
    .prepare<[string], number>(
      `SELECT position FROM action WHERE batch NOT IN (SELECT value FROM json_each(?)) ORDER BY position DESC LIMIT 1`,
    )
    .pluck();
  // In two steps, as positions are unique: first below zero.
  const placeAside = handle.prepare<[string]>(
    `UPDATE action SET position = -1 - asked.key FROM json_each(?) AS asked WHERE action.batch = asked.value`,
  );
  const placeBehind = handle.prepare<[number]>(
    'UPDATE action SET position = ? - position WHERE position < 0',
  );

  /** Inserts events so that those of an action are without gaps, as actions say of them, and keeps their actions. */
  function insertEvents(events: readonly MergeEvent[]): void {
    const batches = Map.groupBy(events, ({ batch }) => batch);
    for (const [batch, members] of batches) {
      const positions = members.map(({ milliseconds, ...event }) => {
        const { lastInsertRowid } = insertEvent.run(event);
        if (milliseconds !== null) insertTime.run(event.id, milliseconds);
        return Number(lastInsertRowid);
      });
      const { actor, round, kind, undoes } = members[0]!;
      const kinds = members.map(({ targetKind }) => targetKind);
      const reverses = undoes === null ? null : batchOf.get(undoes)!;
      actions.keep({ batch, first: positions[0]!, kinds, actor, round, kind, reverses });
    }
    for (const [replica, members] of Map.groupBy(events, (event) => event.replica))
      goOnBehind.run(members.at(-1)!.sequence, replica);
  }

  /** Puts actions into the journal's order from a clock on: undo reaches for the newest one, whichever copy it is from. */
  function orderActions(clock: number): void {
    const later = JSON.stringify(laterActions.all({ clock }));
    const before = lastBefore.get(later) ?? 0;
    placeAside.run(later);
    placeBehind.run(before);
  }

  function classesNow(): Map<string, StoredClassValue> {
    const untouched = allClasses
      .all()
      .map(
        ({ id, color, ...entry }) =>
          [id, { ...entry, color: color || paletteColor(entry.position) }] as const,
      );
    return replayClasses(new Map(untouched), classEvents.all());
  }

  /** Says of things what the newest of all events says. */
  function bringUp(events: readonly MergeEvent[], states: Replay): void {
    if (events.some(({ targetKind }) => targetKind === 'class')) states.putClasses(classesNow());
    const subjects = new Map(events.map((event) => [keyOf(subjectOf(event)), subjectOf(event)]));
    const nothing: KnownSequences = new Map();
    const newest = [...subjects.values()]
      .filter(({ target }) => target.kind !== 'class')
      .map((subject) => mine.newestBeyond(subject, nothing)!)
      .sort((a, b) => putOrder.indexOf(a.targetKind) - putOrder.indexOf(b.targetKind));
    for (const { id, targetKind, targetId, reader, round, to, given } of newest)
      states.put({ kind: targetKind, id: targetId }, { reader, round }, to, {
        event: id,
        given: given ?? id,
      });
  }

  /**
   * Notes what both copies changed to different ends, once the newest event of the other on it has come.
   * @returns how many are new
   */
  function noteConflicts(events: readonly MergeEvent[], { source, here, there }: MergeSides): number {
    const hasOwn = [...here].some(([replica, sequence]) => sequence > (there.get(replica) ?? 0));
    if (!hasOwn) return 0;
    let count = 0;
    for (const event of events) {
      if (event.targetKind === 'round') continue;
      const subject = subjectOf(event);
      const own = mine.newestBeyond(subject, there);
      if (!own || own.to === event.to || source.newestBeyond(subject, here)?.id !== event.id) continue;
      const isLater = event.clock > own.clock || (event.clock === own.clock && event.replica > own.replica);
      const [winner, loser] = isLater ? [event, own] : [own, event];
      count += conflicts.note(subject.target, winner.id, loser.id);
    }
    return count;
  }

  return {
    sequences: mine.sequences,
    eventAt: mine.eventAt,

    /** Rows of a table. @returns how many are new @throws ReadroomError `usage` for what both made apart, unknowingly */
    takeRows: (table: EntityTable, rows: readonly Row[]): number =>
      immediately(() => {
        const { added, images } = entities.takeRows(table, rows);
        refresh(images);
        return added;
      }),

    /** Images with their files. @returns those that are new */
    takeImages: (images: readonly MergeImage[], roots: ReadonlyMap<Row[string], Row>): string[] =>
      immediately(() => {
        const { added, changed } = entities.takeImages(images, roots);
        refresh([...added, ...changed]);
        return added;
      }),

    /** Adds events in the journal's order, and brings what they concern to what the newest of all says. @returns new conflicts */
    takeEvents: (events: readonly MergeEvent[], sides: MergeSides): number =>
      immediately(() => {
        // An event may go back to one of another action, whose events come later in this chunk.
        handle.pragma('defer_foreign_keys = ON');
        insertEvents(events);
        const states = keepers.replay();
        bringUp(events, states);
        states.finish();
        orderActions(events[0]!.clock);
        return noteConflicts(events, sides);
      }),

    /**
     * What follows from all of both copies: which images are there, and which classes are in use. One that a copy took
     * out of use while the other labelled with it stays.
     * @param schemaVersion of the other copy's classes
     */
    settle: (schemaVersion: number): void =>
      immediately(() => {
        refresh(followImports.all());
        refresh(namings.follow(null));
        const used = new Set(classUses.namedClasses());
        const settled = [...classesNow()].map(([id, value]) => {
          const stays = value.heir === null && used.has(id);
          return [id, stays ? { ...value, retiredAt: null } : value] as const;
        });
        raiseSchemaVersion.run(schemaVersion);
        const states = keepers.replay();
        states.putClasses(new Map(settled));
        states.finish();
      }),
  };

  function refresh(images: readonly string[]): void {
    const states = keepers.replay();
    states.touch(images);
    states.finish();
  }
}
export type MergeRepository = ReturnType<typeof createMergeRepository>;
