import type { ReaderLabel } from '../contract/dataset.ts';

/** What a reader changes on one image, with the class by name. Only what is given changes. */
export interface WordChange {
  readonly class?: string | null;
  readonly unsure?: boolean;
  readonly skipped?: boolean;
  readonly comment?: string | null;
}

const nothing: ReaderLabel = { class: null, number: null, unsure: false, skipped: false, comment: null };

/**
 * What a change makes of a reader's word, as the engine will say it a moment later: the screen does not wait for it.
 * A word without anything is none.
 */
export function changeWord(before: ReaderLabel | null, change: WordChange): ReaderLabel | null {
  const old = before ?? nothing;
  const replaced = change.class !== undefined || change.skipped === true;
  // Nobody is unsure of a label that was taken away.
  const loses = change.class === null || change.skipped === true;
  const word: ReaderLabel = {
    class: replaced ? (change.class ?? null) : old.class,
    number: replaced ? null : old.number,
    unsure: change.unsure ?? (!loses && old.unsure),
    skipped: change.skipped ?? (typeof change.class !== 'string' && old.skipped),
    comment: change.comment === undefined ? old.comment : change.comment?.trim() || null,
  };
  const says =
    word.class !== null || word.number !== null || word.unsure || word.skipped || word.comment !== null;
  return says ? word : null;
}
