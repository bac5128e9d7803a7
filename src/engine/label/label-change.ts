import { ReadroomError } from '../../contract/errors.ts';
import type { LabelChangeInput } from '../../contract/label.ts';
import type { StoredValue } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';

/**
 * What a change makes of a reader's word, with the class by id. What the change leaves out stays; a word without
 * anything is none.
 */
export function mergeWord(before: StoredValue | null, change: LabelChangeInput): StoredValue | null {
  const { class: classId, skipped, unsure, comment } = change;
  const replaced = classId !== undefined || skipped === true;
  // Nobody is unsure of a label that was taken away.
  const isUnsure = unsure ?? (!(classId === null || skipped === true) && before?.unsure === true);
  const isSkipped = skipped ?? (typeof classId !== 'string' && before?.skipped === true);
  const note = comment === undefined ? before?.comment : comment?.trim();
  // In this order always: words are compared as they are stored.
  const word: StoredValue = {
    ...(typeof classId === 'string' && { class: classId }),
    ...(!replaced && before?.class !== undefined && { class: before.class }),
    ...(!replaced && before?.number !== undefined && { number: before.number }),
    ...(isUnsure && { unsure: true as const }),
    ...(isSkipped && { skipped: true as const }),
    ...(note && { comment: note }),
  };
  return Object.keys(word).length === 0 ? null : word;
}

/**
 * A change with its class by id. @throws ReadroomError `unknownClass`, `usage` for one that says nothing or contradicts itself
 */
export function resolveChange(session: ProjectSession, change: LabelChangeInput): LabelChangeInput {
  if ([change.class, change.unsure, change.skipped, change.comment].every((value) => value === undefined)) {
    throw new ReadroomError('usage', 'The change says nothing.', 'Give a class, a comment or a mark.');
  }
  if (change.skipped === true && typeof change.class === 'string') {
    throw new ReadroomError(
      'usage',
      `An image cannot be skipped and be "${change.class}" at once.`,
      'Give one of both.',
    );
  }
  if (typeof change.class !== 'string') return change;
  const { projects } = session;
  const byId = projects.classes().find(({ id }) => id === change.class);
  return { ...change, class: (byId ?? projects.classNamed(change.class)).id };
}
