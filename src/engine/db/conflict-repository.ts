import { v7 as uuid } from 'uuid';

import type { TargetKind } from '../../contract/label.ts';
import { isBlinded } from './blinding.ts';
import type { Target } from './journal-keepers.ts';
import type { ProjectDatabase } from './open.ts';

/** One of two events that stand against each other; values are JSON as stored. */
export interface ConflictSide {
  from: string | null;
  to: string | null;
  actorName: string;
  at: string;
}

/** Something that two copies changed to different ends. */
export interface StoredConflict {
  conflict: string;
  target: Target;
  /** Whose word it is. */
  reader: string;
  readerName: string;
  round: string;
  resolved: boolean;
  /** What stands is still the winner: nobody changed it since. */
  isNewest: boolean;
  /** The later event, which stands. */
  winner: ConflictSide;
  loser: ConflictSide;
}

interface Columns {
  conflict: string;
  targetKind: TargetKind;
  targetId: string;
  reader: string;
  readerName: string;
  round: string;
  resolved: 0 | 1;
  isNewest: 0 | 1;
  winner: string;
  loser: string;
}

/** What two copies changed to different ends since they parted; not what was said in rounds that are still blinded. */
export function createConflictRepository({ handle }: ProjectDatabase) {
  const insert = handle.prepare(
    `INSERT INTO merge_conflict (id, target_kind, target_id, winner_event, loser_event) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const columns = `conflict.id AS conflict, conflict.target_kind AS targetKind, conflict.target_id AS targetId,
      reader.id AS reader, reader.name AS readerName, event.round, conflict.resolved_at IS NOT NULL AS resolved,
      conflict.winner_event = (SELECT newest.id FROM event AS newest
        WHERE newest.target_kind = conflict.target_kind AND newest.target_id = conflict.target_id
          AND (conflict.target_kind IN ('class', 'import', 'setting')
            OR newest.reader_id = event.reader_id AND newest.round = event.round)
        ORDER BY newest.clock DESC, newest.replica_id DESC LIMIT 1) AS isNewest,
      conflict.winner_event AS winner, conflict.loser_event AS loser
    FROM merge_conflict AS conflict JOIN event ON event.id = conflict.loser_event JOIN reader ON reader.id = event.reader_id
    WHERE NOT ${isBlinded('event.round')}`;
  const list = handle.prepare<[number], Columns>(
    `SELECT ${columns} AND (? = 0 OR conflict.resolved_at IS NULL) ORDER BY conflict.id`,
  );
  const byId = handle.prepare<[string], Columns>(`SELECT ${columns} AND conflict.id = ?`);
  const side = handle.prepare<[string], ConflictSide>(
    `SELECT from_value AS "from", to_value AS "to", reader.name AS actorName, at
     FROM event JOIN reader ON reader.id = event.actor_id WHERE event.id = ?`,
  );
  const settle = handle.prepare(
    'UPDATE merge_conflict SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL',
  );
  const toConflict = ({
    targetKind,
    targetId,
    resolved,
    isNewest,
    winner,
    loser,
    ...row
  }: Columns): StoredConflict => ({
    ...row,
    target: { kind: targetKind, id: targetId },
    resolved: resolved === 1,
    isNewest: isNewest === 1,
    winner: side.get(winner)!,
    loser: side.get(loser)!,
  });

  return {
    /** @returns 1 when it is new */
    note: (target: Target, winner: string, loser: string): number =>
      insert.run(uuid(), target.kind, target.id, winner, loser).changes,

    /** Oldest first. @param open only those that nobody resolved yet */
    list: (open: boolean): StoredConflict[] => list.all(open ? 1 : 0).map(toConflict),

    get(conflict: string): StoredConflict | null {
      const found = byId.get(conflict);
      return found ? toConflict(found) : null;
    },

    /** Settles a conflict together with what `change` does, or not at all. */
    resolve: (conflict: string, change: () => void): void =>
      handle
        .transaction(() => {
          change();
          settle.run(new Date().toISOString(), conflict);
        })
        .immediate(),
  };
}
export type ConflictRepository = ReturnType<typeof createConflictRepository>;
