import type { RoundRow } from '../db/round-repository.ts';
import { isLabel } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';
import { disagreeing, recordValues } from './round-words.ts';

/** What the readings of a round came to. */
export interface RoundOutcome {
  /** By reader, how many images were labelled or skipped. */
  readonly read: ReadonlyMap<string, number>;
  /** Images on which readers disagree, ascending. */
  readonly disputed: readonly string[];
}

const kept = new WeakMap<ProjectSession, Map<string, { as: string; outcome: RoundOutcome }>>();

/**
 * What a round's readings came to as they stand. It is kept until something is said in the round, or classes, imports
 * or settings change: a closed round is compared once, however often its list and its disagreements are asked for.
 */
export function roundOutcome(session: ProjectSession, row: RoundRow): RoundOutcome {
  const ofSession = kept.get(session) ?? new Map<string, { as: string; outcome: RoundOutcome }>();
  kept.set(session, ofSession);
  const as = `${session.rounds.lastEvent(row.round)} ${session.stamp().rules}`;
  const known = ofSession.get(row.round);
  if (known?.as === as) return known.outcome;
  const words = session.rounds.words(row);
  const read = new Map<string, number>();
  for (const { reader, value } of words)
    if (isLabel(value) || value.skipped === true) read.set(reader, (read.get(reader) ?? 0) + 1);
  const outcome = {
    read,
    disputed: [...disagreeing(recordValues(session, row, words), row.tolerance)].sort(),
  };
  ofSession.set(row.round, { as, outcome });
  return outcome;
}

/** Images that an adjudicator has given a label. */
export function decidedImages(session: ProjectSession, row: RoundRow): Set<string> {
  const decisions = recordValues(session, row, session.rounds.decisions(row));
  return new Set(decisions.map(({ image }) => image));
}
