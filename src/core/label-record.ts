import type { LabelValue } from '../contract/label.ts';
import type { LabelKind, LabelLevel } from '../contract/project.ts';
import { isWithin } from './agreement-measures.ts';

/** How the label of record follows from readers' words; the number is the rule's version. */
export const labelRules = ['single-reader/1', 'majority/1', 'adjudicated/1'] as const;
export type LabelRule = (typeof labelRules)[number];

/** What a word amounts to: classes after heirs, sorted for a set. */
export type RecordValue =
  | { class: string; unsure: boolean }
  | { classes: string[]; unsure: boolean }
  | { number: number; unsure: boolean };

/** Classes that were merged or split up, with the class that their labels count as; never in a circle. */
export type Heirs = ReadonlyMap<string, string>;

/** The class that labels of `id` count as. */
export function heirOf(id: string, heirs: Heirs): string {
  let current = id;
  // As many steps as there are heirs at most, should two copies that were merged have made a circle.
  for (let step = 0; step <= heirs.size; step += 1) {
    const next = heirs.get(current);
    if (next === undefined) return current;
    current = next;
  }
  return current;
}

/**
 * What a word says in a project of this kind; null when it says nothing, as one that only skips or comments, or one
 * of another kind. A single class counts as a set of one.
 */
export function recordValue(value: LabelValue, kind: LabelKind, heirs: Heirs): RecordValue | null {
  const unsure = value.unsure === true;
  switch (kind) {
    case 'single':
    case 'ordinal':
      return value.class === undefined ? null : { class: heirOf(value.class, heirs), unsure };
    case 'multi': {
      const classes = value.classes ?? (value.class === undefined ? null : [value.class]);
      if (classes === null) return null;
      return { classes: [...new Set(classes.map((id) => heirOf(id, heirs)))].sort(), unsure };
    }
    case 'number':
      return value.number === undefined ? null : { number: value.number, unsure };
  }
}

/** One reader's word among those that concern an image. */
export interface RecordCandidate {
  value: RecordValue;
  /** What it is said of. */
  level: LabelLevel;
  event: string;
  /** Whose word it is. */
  reader: string;
  person: boolean;
  /** Given when readers' words were compared: it stands over theirs. */
  adjudicates: boolean;
  /** Of the round it was said in: persons' numbers that lie no further apart agree. */
  tolerance: number;
  /** Among the candidates, a label that was given later has a higher rank. */
  rank: number;
}

const levels: readonly LabelLevel[] = ['image', 'series', 'study', 'patient'];

/**
 * Which of several levels goes first in a project whose labels are said of `own`, 0 before 1: its own, else the more
 * specific one.
 */
export const precedence = (level: LabelLevel, own: LabelLevel): number =>
  level === own ? 0 : levels.indexOf(level) + 1;

/**
 * An image's label of record by a rule; null where the rule leaves it open. Labels of persons go before imported ones,
 * and among them one level before the others (`precedence`); `own` is the project's.
 *
 * - `single-reader/1`: the newest
 * - `majority/1`: an adjudicator's, else what more persons say than anything else (the newest of theirs)
 * - `adjudicated/1`: an adjudicator's, else what all persons agree on
 *
 * Numbers within the tolerance of the rounds that they were given in agree; the newest of them stands.
 */
export function labelOfRecord(
  candidates: readonly RecordCandidate[],
  rule: LabelRule,
  own: LabelLevel,
): RecordCandidate | null {
  if (candidates.length < 2) return candidates[0] ?? null;
  const ofPersons = candidates.filter(({ person }) => person);
  const pool = ofPersons.length > 0 ? ofPersons : candidates;
  const first = Math.min(...pool.map(({ level }) => precedence(level, own)));
  const among = pool.filter(({ level }) => precedence(level, own) === first);
  if (rule === 'single-reader/1' || ofPersons.length === 0) return newest(among);
  const adjudicated = newest(among.filter(({ adjudicates }) => adjudicates));
  if (adjudicated) return adjudicated;
  // Who read in several rounds has one vote: the newest.
  const newestOf = new Map<string, RecordCandidate>();
  for (const candidate of among) {
    const before = newestOf.get(candidate.reader);
    if (!before || candidate.rank > before.rank) newestOf.set(candidate.reader, candidate);
  }
  if (isAgreedNumber([...newestOf.values()])) return newest([...newestOf.values()]);
  const votes = new Map<string, RecordCandidate[]>();
  for (const candidate of newestOf.values()) {
    const said = saidBy(candidate.value);
    votes.set(said, [...(votes.get(said) ?? []), candidate]);
  }
  const ranked = [...votes.values()].sort((a, b) => b.length - a.length);
  const [most, second] = ranked;
  if (rule === 'adjudicated/1') return ranked.length === 1 ? newest(most!) : null;
  return second && second.length === most!.length ? null : newest(most!);
}

/** Whether all are numbers that lie no further apart than the strictest of their rounds lets them. */
function isAgreedNumber(among: readonly RecordCandidate[]): boolean {
  const tolerance = Math.min(...among.map((candidate) => candidate.tolerance));
  if (!(tolerance > 0)) return false;
  const numbers = among.flatMap(({ value }) => ('number' in value ? [value.number] : []));
  return numbers.length === among.length && isWithin(Math.min(...numbers), Math.max(...numbers), tolerance);
}

const newest = (among: readonly RecordCandidate[]): RecordCandidate | null =>
  among.reduce<RecordCandidate | null>((best, next) => (!best || next.rank > best.rank ? next : best), null);

/** What a word says, without how sure it is: equal strings say the same. */
export function saidBy(value: RecordValue): string {
  if ('class' in value) return value.class;
  return 'classes' in value ? JSON.stringify(value.classes) : String(value.number);
}
