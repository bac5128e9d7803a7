import type { ReaderLabel } from '../contract/image.ts';
import type { LabelChangeInput } from '../contract/label.ts';

/** What a reader changes on one image, with classes by name. Only what is given changes. */
export interface WordChange {
  readonly class?: string | null;
  /** Of a multi-label project: the whole set, or what joins and leaves it. */
  readonly classes?: ClassesChange | null;
  readonly number?: number | null;
  readonly unsure?: boolean;
  readonly skipped?: boolean;
  readonly bookmarked?: boolean;
  readonly comment?: string | null;
}
export type ClassesChange =
  | { readonly set: readonly string[] }
  | { readonly add?: readonly string[]; readonly remove?: readonly string[] };

const nothing: ReaderLabel = {
  class: null,
  classes: null,
  number: null,
  unsure: false,
  skipped: false,
  bookmarked: false,
  comment: null,
};

/**
 * What a change makes of a reader's word, as the engine will say it a moment later: the screen does not wait for it.
 * A word without anything is none.
 */
export function changeWord(before: ReaderLabel | null, change: WordChange): ReaderLabel | null {
  const old = before ?? nothing;
  const given = [change.class, change.classes, change.number].filter((label) => label !== undefined);
  const labels = given.some((label) => label !== null);
  const replaced = given.length > 0 || change.skipped === true;
  // Nobody is unsure of a label that was taken away.
  const loses = replaced && !labels;
  const word: ReaderLabel = {
    class: replaced ? (change.class ?? null) : old.class,
    classes: replaced ? (change.classes ? changedSet(old, change.classes) : null) : old.classes,
    number: replaced ? (change.number ?? null) : old.number,
    unsure: change.unsure ?? (!loses && old.unsure),
    skipped: change.skipped ?? (!labels && old.skipped),
    bookmarked: change.bookmarked ?? old.bookmarked,
    comment: change.comment === undefined ? old.comment : change.comment?.trim() || null,
  };
  return isLabelled(word) || word.unsure || word.skipped || word.bookmarked || word.comment !== null
    ? word
    : null;
}

/** A single class counts as a set of one. */
function changedSet(old: ReaderLabel, change: ClassesChange): string[] {
  if ('set' in change) return [...new Set(change.set)];
  const before = old.classes ?? (old.class === null ? [] : [old.class]);
  const joined = [...new Set([...before, ...(change.add ?? [])])];
  return joined.filter((name) => !(change.remove ?? []).includes(name));
}

/** Whether a word gives a label of any kind; "none of these" is one. */
export const isLabelled = (word: ReaderLabel | null): boolean =>
  word !== null && (word.class !== null || word.classes !== null || word.number !== null);

/** Whether two words say the same, in whatever order their classes stand. */
export function sameWord(a: ReaderLabel | null, b: ReaderLabel | null): boolean {
  const told = (word: ReaderLabel | null): string =>
    JSON.stringify(word && { ...word, classes: word.classes?.toSorted() ?? null });
  return told(a) === told(b);
}

/** A change as the engine takes it: names of classes by what they are kept as. */
export function withClassIds(change: WordChange, idOf: (name: string) => string): LabelChangeInput {
  const { class: name, classes, ...rest } = change;
  return {
    ...rest,
    ...(name !== undefined && { class: name === null ? null : idOf(name) }),
    ...(classes !== undefined && { classes: classes && idsOfClasses(classes, idOf) }),
  };
}

function idsOfClasses(change: ClassesChange, idOf: (name: string) => string) {
  if ('set' in change) return { set: change.set.map(idOf) };
  return { add: (change.add ?? []).map(idOf), remove: (change.remove ?? []).map(idOf) };
}

/** What a reader's key or button on a class changes: in a multi-label project it joins or leaves the set. */
export function classChange(word: ReaderLabel | null, name: string, isMulti: boolean): WordChange {
  if (!isMulti) return { class: name };
  const before = word?.classes ?? [];
  if (!before.includes(name)) return { classes: { add: [name] } };
  // An empty set would say that none is present, which nobody said.
  return { classes: before.length === 1 ? null : { remove: [name] } };
}
