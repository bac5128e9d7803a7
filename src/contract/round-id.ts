/**
 * What stands as the round of a word, a shape or an action, and as the target of a round's events: '' is open reading,
 * else a round's id, with a mark behind it for what happens to a round after its reading. These are written into the
 * journal and never change.
 */

/** Where everybody reads unblinded, outside of rounds. */
export const openReading = '';

/** Behind a round's id: where adjudicators' words on it are kept, and undone. */
export const adjudicationMark = ':adjudication';

/** Behind a round's id: the target of the event that closes it. */
const closingMark = ':closed';

/** Where adjudicators' words on a round are kept. */
export const adjudicationOf = (round: string): string => round + adjudicationMark;

/** The round on which words of `round` decide; null: they are readers' own. */
export const adjudicatedRound = (round: string): string | null => withoutMark(round, adjudicationMark);

/** The target of the event that closes a round. */
export const closingOf = (round: string): string => round + closingMark;

/** The round that an event on this target closes; null: it opens it. */
export const closedRound = (target: string): string | null => withoutMark(target, closingMark);

const withoutMark = (id: string, mark: string): string | null =>
  id.endsWith(mark) ? id.slice(0, -mark.length) : null;
