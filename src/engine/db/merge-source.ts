import type { TargetKind } from '../../contract/label.ts';
import { isShared, type Target } from './journal-keepers.ts';
import type { ProjectDatabase } from './open.ts';

/** Highest sequence known of each replica. */
export type KnownSequences = ReadonlyMap<string, number>;

/** Where an event stands in the journal. */
export interface JournalPlace {
  clock: number;
  replica: string;
}

/** An event as it goes from copy to copy; values are JSON as stored. */
export interface MergeEvent extends JournalPlace {
  id: string;
  sequence: number;
  batch: string;
  actor: string;
  reader: string;
  round: string;
  kind: 'set' | 'undo' | 'redo';
  targetKind: TargetKind;
  targetId: string;
  from: string | null;
  to: string | null;
  undoes: string | null;
  given: string | null;
  at: string;
  /** How long the image was in view; null: not known. */
  milliseconds: number | null;
}

/** A row of a table, column by column. */
export type Row = Readonly<Record<string, string | number | null>>;

/** An image with its file. */
export interface MergeImage {
  /** Row number. */
  row: number;
  image: Row;
  file: Row;
}

/** Tables whose rows have ids that mean the same in every copy, in the order in which they refer to each other. */
export const entityTables = [
  'reader',
  'replica',
  'root',
  'patient',
  'study',
  'series',
  'import',
  'import_named',
  'clinical_table',
  'clinical_column',
  'clinical_row',
] as const;
export type EntityTable = (typeof entityTables)[number];

/** What events of one thing (and, unless it belongs to nobody, of one reader in one round) have in common. */
export interface Subject {
  target: Target;
  reader: string;
  round: string;
}

export const subjectOf = ({ targetKind, targetId, reader, round }: MergeEvent): Subject => ({
  target: { kind: targetKind, id: targetId },
  reader,
  round,
});

export const keyOf = ({ target: { kind, id }, reader, round }: Subject): string =>
  JSON.stringify(isShared(kind) ? [kind, id] : [kind, id, reader, round]);

const eventColumns = `event.id, replica_id AS replica, sequence, clock, batch, actor_id AS actor, reader_id AS reader, round,
  kind, target_kind AS targetKind, target_id AS targetId, from_value AS "from", to_value AS "to", undoes, given, at,
  (SELECT milliseconds FROM reading_time WHERE event_id = event.id) AS milliseconds`;

/** What a copy of a project has for another one; nothing is written. */
export function createMergeSource({ handle }: ProjectDatabase) {
  const sequences = handle
    .prepare<[], [string, number]>('SELECT replica_id, max(sequence) FROM event GROUP BY replica_id')
    .raw();
  const eventAt = handle.prepare<[string, number], { id: string; clock: number }>(
    'SELECT id, clock FROM event WHERE replica_id = ? AND sequence = ?',
  );
  const eventsBehind = handle.prepare<{ clock: number; replica: string; limit: number }, MergeEvent>(
    `SELECT ${eventColumns} FROM event INDEXED BY event_by_clock
     WHERE clock >= @clock AND (clock, replica_id) > (@clock, @replica) ORDER BY clock, replica_id LIMIT @limit`,
  );
  const ofTarget = `FROM event INDEXED BY event_by_target WHERE target_kind = @kind AND target_id = @id`;
  const newestFirst = 'ORDER BY clock DESC, replica_id DESC';
  const eventsOnShared = handle.prepare<{ kind: string; id: string }, MergeEvent>(
    `SELECT ${eventColumns} ${ofTarget} ${newestFirst}`,
  );
  const eventsOnOwn = handle.prepare<{ kind: string; id: string; reader: string; round: string }, MergeEvent>(
    `SELECT ${eventColumns} ${ofTarget} AND reader_id = @reader AND round = @round ${newestFirst}`,
  );
  const images = handle.prepare<[number, number], { row: number; id: string; file: string }>(
    'SELECT rowid AS row, id, file_id AS file FROM image WHERE rowid > ? ORDER BY rowid LIMIT ?',
  );
  const image = handle.prepare<[string], Row>('SELECT * FROM image WHERE id = ?');
  const file = handle.prepare<[string], Row>('SELECT * FROM file WHERE id = ?');
  const countImages = handle.prepare<[], number>('SELECT count(*) FROM image').pluck();

  return {
    sequences: (): KnownSequences => new Map(sequences.all()),

    /** The event of a replica with a sequence. */
    eventAt: (replica: string, sequence: number): { id: string; clock: number } | null =>
      eventAt.get(replica, sequence) ?? null,

    /** Events behind a place, in the journal's order. */
    eventsBehind: (place: JournalPlace, limit: number): MergeEvent[] => eventsBehind.all({ ...place, limit }),

    /** The newest event on a subject that `knows` says nothing of; null: none. */
    newestBeyond(subject: Subject, knows: KnownSequences): MergeEvent | null {
      const { target, reader, round } = subject;
      const rows = isShared(target.kind)
        ? eventsOnShared.iterate({ ...target })
        : eventsOnOwn.iterate({ ...target, reader, round });
      for (const event of rows) if (event.sequence > (knows.get(event.replica) ?? 0)) return event;
      return null;
    },

    /** Rows of a table behind a row number, each with its own. */
    rows: (table: EntityTable, after: number, limit: number): { row: number; values: Row }[] =>
      handle
        .prepare<[number, number], Row>(
          `SELECT rowid AS merge_row, * FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ?`,
        )
        .all(after, limit)
        .map(({ merge_row: row, ...values }) => ({ row: row as number, values })),

    countImages: (): number => countImages.get()!,

    /** Images with their files behind a row number. */
    images: (after: number, limit: number): MergeImage[] =>
      images
        .all(after, limit)
        .map(({ row, id, file: of }) => ({ row, image: image.get(id)!, file: file.get(of)! })),
  };
}
export type MergeSource = ReturnType<typeof createMergeSource>;
