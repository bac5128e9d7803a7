import { type SplitPart, splitParts } from '../contract/dataset.ts';
import { ReadroomError } from '../contract/errors.ts';
import { compareCodeUnits } from './natural-order.ts';

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
  /** Index of the class; null: not labelled. */
  readonly label: number | null;
  /** The part that the image's folder named. */
  readonly importedPart: SplitPart | null;
}

const namedLeaks = 5;

/** The rows in an order that depends on their content only. */
export function sortRows(rows: readonly SplitRow[]): SplitRow[] {
  return [...rows].sort(
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
export function groupRows(rows: readonly SplitRow[], by: 'patient' | 'image'): Int32Array {
  const parent = Int32Array.from(rows.keys());
  const rootOf = (index: number): number => {
    let root = index;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]!]!;
      root = parent[root]!;
    }
    return root;
  };
  const joinEqual = (keyOf: (row: SplitRow) => string | null): void => {
    const first = new Map<string, number>();
    rows.forEach((row, index) => {
      const key = keyOf(row);
      if (key === null) return;
      const other = first.get(key);
      if (other === undefined) first.set(key, index);
      else parent[rootOf(index)] = rootOf(other);
    });
  };
  joinEqual((row) => row.pixelHash);
  if (by === 'patient') joinEqual((row) => row.patient);

  const numberOfRoot = new Map<number, number>();
  return Int32Array.from(rows.keys(), (index) => {
    const root = rootOf(index);
    const number = numberOfRoot.get(root) ?? numberOfRoot.size;
    numberOfRoot.set(root, number);
    return number;
  });
}

/**
 * Refuses imported parts that share a patient or identical pixels.
 *
 * @param rows labelled rows with their imported parts.
 * @throws ReadroomError `splitLeak` naming up to five of them and their number.
 */
export function refuseLeaks(rows: readonly SplitRow[], groups: Int32Array, by: 'patient' | 'image'): void {
  const patients = by === 'patient' ? spanning(rows, (row) => row.patient) : [];
  const pixels = spanning(rows, (row) => row.pixelHash);
  const linked =
    patients.length + pixels.length === 0 ? spanning(rows, (_, index) => String(groups[index])) : [];
  const count = patients.length + pixels.length + linked.length;
  if (count === 0) return;
  const names = [
    ...patients.map(([patient, parts]) => `patient ${patient} (${[...inOrder(parts).keys()].join(', ')})`),
    ...pixels.map(([, parts]) => `identical images ${describe(parts)}`),
    ...linked.map(
      ([, parts]) => `images ${describe(parts)}, linked by patients or identical images between them`,
    ),
  ];
  const shown = names.slice(0, namedLeaks);
  const more = count > shown.length ? `; and ${count - shown.length} more` : '';
  const counts = [
    counted(patients.length, 'patient'),
    counted(pixels.length, 'picture'),
    counted(linked.length, 'linked group'),
  ].filter((text) => text !== '');
  throw new ReadroomError(
    'splitLeak',
    `The imported parts share ${counts.join(' and ')}: ${shown.join('; ')}${more}.`,
    pixels.length + linked.length > 0
      ? 'Remove the copies from one of the parts, or use --reset to split again with equal images kept together.'
      : 'Use --reset to split again by patient, or --by image to keep the folders as they are (figures may be inflated).',
    { patients: patients.length, identicalImages: pixels.length, linked: linked.length },
  );
}

function counted(count: number, unit: string): string {
  return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function inOrder(parts: ReadonlyMap<SplitPart, string>): Map<SplitPart, string> {
  return new Map(splitParts.flatMap((part) => (parts.has(part) ? [[part, parts.get(part)!] as const] : [])));
}

function describe(parts: ReadonlyMap<SplitPart, string>): string {
  return [...inOrder(parts)].map(([part, key]) => `${key} (${part})`).join(' and ');
}

/** The values that stand in more than one imported part, each with one row's key a part. */
function spanning(
  rows: readonly SplitRow[],
  valueOf: (row: SplitRow, index: number) => string | null,
): [string, Map<SplitPart, string>][] {
  const seen = new Map<string, Map<SplitPart, string>>();
  rows.forEach((row, index) => {
    const value = valueOf(row, index);
    if (value === null || row.importedPart === null || row.label === null) return;
    const parts = seen.get(value) ?? new Map<SplitPart, string>();
    if (!parts.has(row.importedPart)) parts.set(row.importedPart, row.name ?? row.key);
    seen.set(value, parts);
  });
  return [...seen].filter(([, parts]) => parts.size > 1);
}
