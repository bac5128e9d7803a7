import { type SplitPart, splitParts } from '../contract/split.ts';
import { ReadroomError } from '../contract/errors.ts';
import { createDisjointSets } from './disjoint-sets.ts';
import { compareCodeUnits } from './natural-order.ts';
import { forEachInSteps, sortInSteps, type Steps } from './steps.ts';
import { counted } from './words.ts';

/** One image as a split sees it. */
export interface SplitRow {
  readonly image: string;
  /** The same in every project that holds the image (relative path and pixel hash, say): ids are not. */
  readonly key: string;
  /** What messages call it; the key unless given. */
  readonly name?: string;
  readonly patient: string | null;
  /** Equal for images of equal pixels. */
  readonly pixelHash: string;
  /** Index of the class that it is dealt by; null: not labelled. */
  readonly label: number | null;
  /** All that it counts as in figures, where that is not `label` alone. */
  readonly labels?: readonly number[];
  /** Of the class's pixels some are drawn: a network may learn them of one class alone. */
  readonly isDrawn?: boolean;
  /** The part that the image's folder named. */
  readonly importedPart: SplitPart | null;
}

const namedLeaks = 5;

/** The rows in an order that depends on their content only. */
export function sortRows(rows: readonly SplitRow[]): Steps<SplitRow[]> {
  return sortInSteps(
    rows,
    (a, b) =>
      compareCodeUnits(a.key, b.key) ||
      compareCodeUnits(a.pixelHash, b.pixelHash) ||
      compareCodeUnits(a.patient ?? '', b.patient ?? '') ||
      (a.label ?? -1) - (b.label ?? -1) ||
      compareCodeUnits(a.importedPart ?? '', b.importedPart ?? ''),
  );
}

/**
 * Joins rows that must never be parted: of one patient (unless `by` is `image`) or of identical pixels,
 * directly or through others. Unlabelled rows join too, so that labelling them later cannot make a leak.
 *
 * @returns for each row the number of its group, counted by first appearance.
 */
export function* groupRows(rows: readonly SplitRow[], by: 'patient' | 'image'): Steps<Int32Array> {
  const sets = createDisjointSets(rows.length);
  for (const keyOf of by === 'patient' ? [pixelHashOf, patientOf] : [pixelHashOf]) {
    const first = new Map<string, number>();
    yield* forEachInSteps(rows, (row, index) => {
      const key = keyOf(row);
      if (key === null) return;
      const other = first.get(key);
      if (other === undefined) first.set(key, index);
      else sets.join(index, other);
    });
  }
  return sets.numbers();
}

const pixelHashOf = (row: SplitRow): string => row.pixelHash;
const patientOf = (row: SplitRow): string | null => row.patient;

/** What stands in two places that must share nothing. */
export interface Leaks {
  /** `2 patients and 1 picture`. */
  readonly what: string;
  /** Up to five of them, and how many more. */
  readonly names: string;
  readonly counts: { readonly patients: number; readonly identicalImages: number; readonly linked: number };
}

/**
 * Labelled rows of one patient (unless `by` is `image`), of identical pixels or otherwise of one group that
 * stand in different places; null when there are none.
 *
 * @param places of each row: its part, and fold where there are folds; null: in none.
 */
export function* findLeaks(
  rows: readonly SplitRow[],
  groups: Int32Array,
  by: 'patient' | 'image',
  places: readonly (string | null)[],
): Steps<Leaks | null> {
  const find = (valueOf: (row: SplitRow, index: number) => string | null): Steps<Spanning[]> =>
    spanning(rows, places, valueOf);
  const patients = by === 'patient' ? yield* find(patientOf) : [];
  const pixels = yield* find(pixelHashOf);
  const linked =
    patients.length + pixels.length === 0 ? yield* find((_, index) => String(groups[index])) : [];
  const count = patients.length + pixels.length + linked.length;
  if (count === 0) return null;
  const names = [
    ...patients.map(([patient, at]) => `patient ${patient} (${[...inOrder(at).keys()].join(', ')})`),
    ...pixels.map(([, at]) => `identical images ${describe(at)}`),
    ...linked.map(([, at]) => `images ${describe(at)}, linked by patients or identical images between them`),
  ];
  const shown = names.slice(0, namedLeaks);
  const more = count > shown.length ? `; and ${count - shown.length} more` : '';
  const counts = [
    { found: patients, noun: 'patient' },
    { found: pixels, noun: 'picture' },
    { found: linked, noun: 'linked group' },
  ].flatMap(({ found, noun }) => (found.length === 0 ? [] : [counted(found.length, noun)]));
  return {
    what: counts.join(' and '),
    names: `${shown.join('; ')}${more}`,
    counts: { patients: patients.length, identicalImages: pixels.length, linked: linked.length },
  };
}

/**
 * Refuses imported parts that share a patient or identical pixels.
 *
 * @param rows labelled rows with their imported parts.
 * @throws ReadroomError `splitLeak` naming up to five of them and their number.
 */
export function* refuseLeaks(
  rows: readonly SplitRow[],
  groups: Int32Array,
  by: 'patient' | 'image',
): Steps<undefined> {
  const leaks = yield* findLeaks(
    rows,
    groups,
    by,
    rows.map(({ importedPart }) => importedPart),
  );
  if (!leaks) return undefined;
  throw new ReadroomError(
    'splitLeak',
    `The imported parts share ${leaks.what}: ${leaks.names}.`,
    leaks.counts.identicalImages + leaks.counts.linked > 0
      ? 'Remove the copies from one of the parts, or use --reset to split again with equal images kept together.'
      : 'Use --reset to split again by patient, or --by image to keep the folders as they are (figures may be inflated).',
    leaks.counts,
  );
}

/** Train before val before test; folds of a part in their order of appearance. */
function inOrder(at: ReadonlyMap<string, string>): Map<string, string> {
  const rank = (place: string): number => splitParts.findIndex((part) => place.startsWith(part));
  return new Map([...at].sort(([a], [b]) => rank(a) - rank(b)));
}

function describe(at: ReadonlyMap<string, string>): string {
  return [...inOrder(at)].map(([place, key]) => `${key} (${place})`).join(' and ');
}

/** A value that stands in more than one place, with one row's name a place. */
type Spanning = [value: string, at: Map<string, string>];

function* spanning(
  rows: readonly SplitRow[],
  places: readonly (string | null)[],
  valueOf: (row: SplitRow, index: number) => string | null,
): Steps<Spanning[]> {
  const placeOf = new Map<string, string>();
  const leaking = new Map<string, Map<string, string>>();
  const each = (visit: (value: string, place: string, row: SplitRow) => void): Steps<undefined> =>
    forEachInSteps(rows, (row, index) => {
      const value = valueOf(row, index);
      const place = places[index] ?? null;
      if (value !== null && place !== null && row.label !== null) visit(value, place, row);
    });
  yield* each((value, place) => {
    const first = placeOf.get(value);
    if (first === undefined) placeOf.set(value, place);
    else if (first !== place) leaking.set(value, new Map());
  });
  if (leaking.size === 0) return [];
  yield* each((value, place, row) => {
    const at = leaking.get(value);
    if (at && !at.has(place)) at.set(place, row.name ?? row.key);
  });
  return [...leaking];
}
