import { ReadroomError } from '../../contract/errors.ts';
import type { MergeConflict } from '../../contract/merge.ts';
import type { ConflictSide, StoredConflict } from '../db/conflict-repository.ts';
import { isShared } from '../db/journal-keepers.ts';
import { standsAs } from '../label/action-words.ts';
import type { ProjectSession } from '../project/session.ts';
import { requireReading } from '../rounds/rounds.ts';

/** What two copies changed to different ends, in words. @param open only what nobody resolved yet */
export function listConflicts(session: ProjectSession, open: boolean): MergeConflict[] {
  return session.conflicts.list(open).map((conflict) => describe(session, conflict));
}

function describe(session: ProjectSession, conflict: StoredConflict): MergeConflict {
  const { target, winner, loser, readerName, resolved } = conflict;
  const [image = null] = session.targets.present(session.targets.imagesOf([target]).slice(0, 1));
  const side = ({ to, actorName, at }: ConflictSide) => ({
    what: standsAs(session, target, to),
    actor: actorName,
    at,
  });
  return {
    conflict: conflict.conflict,
    target,
    image,
    reader: isShared(target.kind) ? null : readerName,
    stands: side(winner),
    other: side(loser),
    resolved,
  };
}

/**
 * Keeps what stands, or puts the other in its place as a change of the person who resolves.
 * @returns the conflicts that are still open
 * @throws ReadroomError `usage` for one that is not there or settled, `changedSince`, `notPermitted` for a word of a
 *   closed round, `projectReadOnly`
 */
export function resolveConflict(
  session: ProjectSession,
  { conflict: id, take, reader }: { conflict: string; take: 'stands' | 'other'; reader: string },
): MergeConflict[] {
  const { journal } = session.writing();
  const conflict = session.conflicts.get(id);
  if (!conflict || conflict.resolved) {
    throw new ReadroomError(
      'usage',
      `There is no open conflict "${id}".`,
      'Somebody may have resolved it: read the list again.',
    );
  }
  const actor = session.projects.readerNamed(reader, 'person').id;
  session.conflicts.resolve(id, () => {
    if (take === 'stands') return;
    const { target, loser, round } = conflict;
    if (!conflict.isNewest) {
      throw new ReadroomError(
        'changedSince',
        'It was changed since the copies were merged.',
        'Keep what stands, or change it by hand.',
      );
    }
    const owner = { id: conflict.reader, name: conflict.readerName };
    requireReading(session, round, owner, session.targets.imagesOf([target]));
    const to: unknown = loser.to === null ? null : JSON.parse(loser.to);
    journal.set([{ target, ...(!isShared(target.kind) && { reader: owner.id }), to }], { actor, round });
  });
  return listConflicts(session, true);
}
