import type { LabelActionSummary } from '../../contract/label.ts';
import type { StoredAction } from '../db/journal-actions.ts';
import type { StoredValue } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';
import { openRound } from './open-round.ts';

/** What undo and redo would do for a reader now; nothing for one who never labelled. */
export function reversibleActions(
  session: ProjectSession,
  readerName: string,
): { undo: LabelActionSummary | null; redo: LabelActionSummary | null } {
  const reader = session.projects.findReader(readerName, 'person');
  if (!reader) return { undo: null, redo: null };
  const { undo, redo } = session.journal.reversible(reader.id, openRound);
  return { undo: undo && summarise(session, undo), redo: redo && summarise(session, redo) };
}

function summarise(session: ProjectSession, action: StoredAction): LabelActionSummary {
  const { count, at, image } = action;
  const where = count === 1 ? session.dataset.file(image).fileName : `${count} images`;
  return { what: `${whatChanged(action, session.projects.classNames())} on ${where}`, count, at };
}

function whatChanged({ from, to }: StoredAction, names: ReadonlyMap<string, string>): string {
  const has = (key: keyof StoredValue): boolean => to?.[key] !== undefined;
  const changed = (key: keyof StoredValue): boolean => from?.[key] !== to?.[key];
  if (changed('skipped') && has('skipped')) return 'skip';
  if (changed('class') && to?.class !== undefined) return names.get(to.class) ?? to.class;
  if (changed('class') || changed('number')) return to?.number === undefined ? 'no label' : String(to.number);
  if (changed('unsure')) return has('unsure') ? 'unsure' : 'sure';
  if (changed('skipped')) return 'no skip';
  if (changed('comment')) return has('comment') ? 'comment' : 'no comment';
  // A label given again, over another reader's.
  return to?.class === undefined ? 'label' : (names.get(to.class) ?? to.class);
}
