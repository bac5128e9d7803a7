import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import { newEventIds } from './event-ids.ts';
import { createImportUses } from './import-uses.ts';
import { createActions, type Direction, type StoredAction, type StoredChange } from './journal-actions.ts';
import { createStateKeepers, isShared, type Target } from './journal-keepers.ts';
import { isLabelTarget } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import type { MadeState, Owner, State } from './state-keeper.ts';
import { isLabel, parseValue, sameLabel, type StoredValue } from './stored-value.ts';

/** A change of something that the journal keeps; null takes it away. */
export interface JournalChange {
  target: Target;
  /** Whose word it is. The actor when left out. */
  reader?: string;
  to: unknown;
}

export interface AppendedEvent {
  event: string;
  target: Target;
  /** Whose word it is. */
  reader: string;
  /** As stored. */
  to: unknown;
}

/** A reversed action, with what it did to each target. */
export interface ReversedAction {
  /** What was taken back or done again. */
  reversed: StoredAction;
  events: AppendedEvent[];
}

/** Who acts, in which round ('' is open reading), and as part of which action. */
export interface Action {
  actor: string;
  round: string;
  /** Events of one batch are undone together, also those of several transactions; a new one when left out. */
  batch?: string;
}

/** What was done to each target by a `changeWords`. */
export interface ChangeOutcome {
  appended: AppendedEvent[];
  /** The reader's word on the first target afterwards, with the event that gave it. */
  first: { event: string; target: Target; to: StoredValue | null } | null;
}

interface Prepared extends Owner {
  target: Target;
  from: string | null;
  to: unknown;
  undoes: string | null;
  /** The event that gave the label that a word has then; null: this one. */
  given: string | null;
}

/**
 * The append-only journal of one replica: labels, shapes, classes, imports and settings. Every change is an event; the
 * tables of what stands now change in the same transaction. An appended event has reached the disk when the call returns.
 */
export function createJournal(database: ProjectDatabase, replica: string) {
  const { handle } = database;
  const takeSequences = handle
    .prepare<[number, string, number], number>(
      'UPDATE replica SET next_sequence = next_sequence + ? WHERE id = ? RETURNING next_sequence - ?',
    )
    .pluck();
  const highestClock = handle.prepare<[], number>('SELECT coalesce(max(clock), 0) FROM event').pluck();
  const lastPosition = handle.prepare<[], number>('SELECT coalesce(max(position), 0) FROM event').pluck();
  // Many by one statement: event by event takes half as long again.
  const insertEvents = handle.prepare(
    `INSERT INTO event (position, id, replica_id, sequence, clock, batch, actor_id, reader_id, round, kind, target_kind,
       target_id, from_value, to_value, undoes, given, at)
     SELECT @position + asked.key, asked.value ->> 0, @replica, @sequence + asked.key, @clock + asked.key, @batch, @actor,
       @reader, @round, @kind, @targetKind, asked.value ->> 1, asked.value ->> 2, asked.value ->> 3, asked.value ->> 4,
       asked.value ->> 5, @at
     FROM json_each(@events) AS asked`,
  );
  // Of the words as they were before the events of an action, by which event their labels were given.
  const givenBefore = handle
    .prepare<[string], [event: string, given: string]>(
      `SELECT event.id, (SELECT coalesce(earlier.given, earlier.id) FROM event AS earlier INDEXED BY event_by_target
         WHERE earlier.target_kind = event.target_kind AND earlier.target_id = event.target_id
           AND earlier.reader_id = event.reader_id AND earlier.round = event.round
           AND (earlier.clock, earlier.replica_id) < (event.clock, event.replica_id)
         ORDER BY earlier.clock DESC, earlier.replica_id DESC LIMIT 1) AS given
       FROM event WHERE batch = ? AND from_value IS NOT NULL`,
    )
    .raw();
  const keepTime = handle.prepare('INSERT INTO reading_time (event_id, milliseconds) VALUES (?, ?)');
  const ruleIsNewest = handle
    .prepare<[], number>("SELECT label_rule = 'single-reader/1' FROM project")
    .pluck();
  const nameOf = handle.prepare<[string], string>('SELECT name FROM reader WHERE id = ?').pluck();
  // Of a word only what was done to it; what all share is one thing, whoever changes it.
  const lastOtherSince = handle
    .prepare<{ event: string; actor: string; shared: 0 | 1 }, string>(
      `SELECT later.actor_id FROM event
       CROSS JOIN event AS later INDEXED BY event_by_target ON later.target_kind = event.target_kind
         AND later.target_id = event.target_id
         AND (@shared = 1 OR (later.reader_id = event.reader_id AND later.round = event.round))
         AND (later.clock, later.replica_id) > (event.clock, event.replica_id)
       WHERE event.id = @event AND later.actor_id <> @actor ORDER BY later.clock DESC, later.replica_id DESC LIMIT 1`,
    )
    .pluck();
  const keepers = createStateKeepers(database);
  const actions = createActions(database);
  const importUses = createImportUses(database);
  type States = ReturnType<typeof keepers.open>;

  /** Appends events of one action. */
  function append(
    changes: readonly Prepared[],
    kind: 'set' | 'undo' | 'redo',
    { actor, round, batch = uuid() }: Action,
    states: States,
    reverses: string | null = null,
  ): AppendedEvent[] {
    if (changes.length === 0) return [];
    const sequence = takeSequences.get(changes.length, replica, changes.length)!;
    const clock = highestClock.get()! + 1;
    const first = lastPosition.get()! + 1;
    const at = new Date().toISOString();
    const ids = newEventIds(changes.length);
    let done = 0;
    for (const run of runsOf(changes)) {
      const [{ target, reader, round: ofRound }] = run;
      const made = run.map(({ target: { id }, to, given }, index): MadeState => {
        const event = ids[done + index]!;
        return { id, value: to === null ? null : JSON.stringify(to), event, given: given ?? event };
      });
      const rows = run.map(({ from, undoes, given }, index) => {
        const { event, id, value } = made[index]!;
        return [event, id, from, value, undoes, given];
      });
      const position = first + done;
      insertEvents.run({
        ...{ position, replica, sequence: sequence + done, clock: clock + done, batch, actor, kind, at },
        ...{ reader, round: ofRound, targetKind: target.kind, events: JSON.stringify(rows) },
      });
      const last = position + run.length - 1;
      states[target.kind].put({ reader, round: ofRound, states: made, first: position, last });
      done += run.length;
    }
    keepers.settle();
    const kinds = changes.map(({ target }) => target.kind);
    actions.keep({ batch, first, kinds, actor, round, kind, reverses });
    return changes.map(({ target, reader, to }, index) => ({ event: ids[index]!, target, reader, to }));
  }

  /** An undo takes back one's own action only: what stands now must not be somebody else's. */
  function refuseOverwriting({ id, target, reader }: StoredChange, actor: string): void {
    const shared = isShared(target.kind);
    const other = lastOtherSince.get({ event: id, actor, shared: shared ? 1 : 0 });
    // One's own word may have been changed since by oneself.
    if (other === undefined && !shared && reader === actor) return;
    throw new ReadroomError(
      'changedSince',
      `This was changed since by ${other === undefined ? 'another action' : nameOf.get(other)!}.`,
      'Change it by hand, or have that change taken back first.',
    );
  }

  /** Images go with what was said and drawn on them: that must not be somebody else's. */
  function refuseWorkedOn({ target, from }: StoredChange, actor: string, batch: string): void {
    if (target.kind !== 'import' || from !== null || !importUses.hasWork(target.id, actor, batch)) return;
    throw new ReadroomError(
      'changedSince',
      'Others have labelled or drawn on images of this import by now, or a round has them.',
      'Images of a round stay. Otherwise have the labels and drawings taken back first.',
    );
  }

  function reverse(direction: Direction, action: Action): ReversedAction {
    const last = actions.newest(direction, action.actor, action.round);
    if (!last) {
      throw new ReadroomError(
        'nothingToUndo',
        `There is nothing to ${direction}.`,
        'Only what you did yourself is undone.',
      );
    }
    const states = keepers.open();
    const givers = new Map(givenBefore.all(last.batch));
    const changes = actions.events(last.batch).map((event): Prepared => {
      const { id, target, reader, round, from, to } = event;
      const now = states[target.kind].current(target.id, { reader, round })?.value ?? null;
      if (now !== to) refuseOverwriting(event, action.actor);
      refuseWorkedOn(event, action.actor, last.batch);
      const restored = from === null ? null : (JSON.parse(from) as unknown);
      const given =
        isLabelTarget(target.kind) && isLabel(restored as StoredValue | null) ? givers.get(id)! : null;
      return { target, reader, round, from: now, to: restored, undoes: id, given };
    });
    return { reversed: last, events: append(importsGoFirst(changes), direction, action, states, last.batch) };
  }

  /**
   * Whether an action would change nothing: the same word, and in open reading not one over which another person's
   * newer label stands.
   */
  function isSettled(target: Target, before: State, to: StoredValue, round: string): boolean {
    if (before.value !== JSON.stringify(to)) return false;
    const overruled =
      round === '' && isLabel(to) && ruleIsNewest.get() === 1 && keepers.outspoken(target, before.given!);
    return !overruled;
  }

  const immediately = <T>(work: () => T): T => handle.transaction(work).immediate();

  return {
    /** Whether an action has been done, taken back or not. One that changed nothing was none. */
    isDone: (batch: string): boolean => actions.has(batch),

    /**
     * Sets states of distinct targets as one action: one transaction, one undo. Later calls may add to a batch.
     * @throws ReadroomError `changedSince` for a batch that was taken back meanwhile
     */
    set: (changes: readonly JournalChange[], action: Action): AppendedEvent[] =>
      immediately(() => {
        if (action.batch !== undefined) actions.refuseReversed(action.batch);
        const states = keepers.open();
        const full = changes.map(({ target, reader = action.actor, to }): Prepared => {
          const owner = { reader, round: isShared(target.kind) ? '' : action.round };
          const before = states[target.kind].current(target.id, owner);
          const given = givenStill(before, to as StoredValue | null);
          return { ...owner, target, from: before?.value ?? null, to, undoes: null, given };
        });
        return append(full, 'set', action, states);
      }),

    /**
     * Changes the actor's words on distinct targets as one action; those on which `merge` changes nothing get no event.
     * A label that is given again although another person's newer one stands counts as new.
     * @param milliseconds how long the only target was in view; of several it is not known and not kept
     */
    changeWords: (
      targets: readonly Target[],
      merge: (before: StoredValue | null) => StoredValue | null,
      action: Action,
      milliseconds?: number,
    ): ChangeOutcome =>
      immediately(() => {
        const states = keepers.open();
        const owner = { reader: action.actor, round: action.round };
        const changes: Prepared[] = [];
        let first: ChangeOutcome['first'] = null;
        for (const [index, target] of targets.entries()) {
          const before = states[target.kind].current(target.id, owner);
          const to = merge(parseValue(before?.value ?? null));
          const settled = before ? to !== null && isSettled(target, before, to, action.round) : to === null;
          const from = before?.value ?? null;
          if (!settled)
            changes.push({ ...owner, target, from, to, undoes: null, given: givenStill(before, to) });
          else if (index === 0) first = { event: before?.event ?? '', target, to };
        }
        const appended = append(changes, 'set', action, states);
        const done = appended[0];
        if (done && milliseconds !== undefined && targets.length === 1)
          keepTime.run(done.event, milliseconds);
        return {
          appended,
          first: first ?? (done ? { ...done, to: done.to as StoredValue | null } : null),
        };
      }),

    /** Takes back the actor's newest action in this round. @throws ReadroomError `nothingToUndo`, `changedSince` */
    undo: (actor: string, round: string): ReversedAction =>
      immediately(() => reverse('undo', { actor, round })),

    /** Takes back the actor's newest undo, unless an action came after it. @throws ReadroomError as `undo` */
    redo: (actor: string, round: string): ReversedAction =>
      immediately(() => reverse('redo', { actor, round })),
  };
}
export type Journal = ReturnType<typeof createJournal>;

const longestRun = 5000;

/** Changes in their order, by what their events have in common; of distinct targets each, and not too many at once. */
function* runsOf(changes: readonly Prepared[]): Generator<[Prepared, ...Prepared[]]> {
  let run: Prepared[] = [];
  let targets = new Set<string>();
  for (const change of changes) {
    const first = run[0] ?? change;
    const isAlike =
      change.target.kind === first.target.kind &&
      change.reader === first.reader &&
      change.round === first.round;
    if (!isAlike || targets.has(change.target.id) || run.length === longestRun) {
      yield run as [Prepared, ...Prepared[]];
      run = [];
      targets = new Set();
    }
    run.push(change);
    targets.add(change.target.id);
  }
  if (run.length > 0) yield run as [Prepared, ...Prepared[]];
}

/** The event whose label a word keeps through a change that leaves it as it is; null where the change gives one. */
function givenStill(before: State | null, to: StoredValue | null): string | null {
  // A word that is given again as it is says its label anew.
  if (before?.given === undefined || before.value === JSON.stringify(to)) return null;
  return sameLabel(parseValue(before.value), to) ? before.given : null;
}

/** Images go before the classes that came with them: then no label is left that names these. */
function importsGoFirst(changes: readonly Prepared[]): Prepared[] {
  const goes = ({ target, to }: Prepared): boolean => target.kind === 'import' && to === null;
  return [...changes.filter(goes), ...changes.filter((change) => !goes(change))];
}
