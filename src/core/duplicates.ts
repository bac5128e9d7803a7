import type { DuplicateGroup } from '../contract/dataset.ts';
import type { SplitPart } from '../contract/split.ts';
import { createDisjointSets } from './disjoint-sets.ts';
import { compareCodeUnits } from './natural-order.ts';
import { finish, forEachInSteps, itemsPerStep, sortInSteps, type Steps } from './steps.ts';

/** What tells whether images show the same, and whether that matters. */
export interface Likeness {
  readonly image: string;
  /** Equal for equal pixels. */
  readonly pixelSha256: string;
  /** 256 bits as 64 hex digits; null: unknown. */
  readonly differenceHash: string | null;
  /** Null: unknown. */
  readonly patientId: string | null;
  /** What the label of record says; null: none. */
  readonly label: string | null;
  readonly part: SplitPart | null;
}

export const hashBits = 256;
const hashWords = hashBits / 32;

/**
 * So few bits set, or so few not, are a flat picture, a smooth gradient or a small mark on black. Such hashes lie
 * near each other whatever the pictures show, so they are no likeness. Equal pixels are still found.
 */
const leastTellingBits = 16;

/** Set bits of 32. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Hashes as eight 32-bit words each, one hash after the other. */
export function* parseHashes(hashes: readonly string[]): Steps<Int32Array> {
  const words = new Int32Array(hashes.length * hashWords);
  yield* forEachInSteps(hashes, (hash, index) => {
    for (let word = 0; word < hashWords; word += 1)
      words[index * hashWords + word] = Number.parseInt(hash.slice(8 * word, 8 * word + 8), 16);
  });
  return words;
}

/** Whether a bit of a hash is set, counted from 0 in reading order. */
export const hashBit = (words: Int32Array, index: number, bit: number): number =>
  (words[index * hashWords + (bit >>> 5)]! >>> (31 - (bit & 31))) & 1;

/** In how many bits two hashes differ, or some number above `limit`. */
function distanceOf(words: Int32Array, a: number, b: number, limit = hashBits): number {
  let distance = 0;
  for (let word = 0; word < hashWords && distance <= limit; word += 1)
    distance += bitsOf(words[a * hashWords + word]! ^ words[b * hashWords + word]!);
  return distance;
}

/** In how many of 256 bits two difference hashes differ. */
export function hashDistance(a: string, b: string): number {
  return distanceOf(finish(parseHashes([a, b])), 0, 1);
}

/** Whether a hash says enough of a picture to call another one like it. */
export function isTelling(hash: string): boolean {
  let bits = 0;
  for (let at = 0; at < hash.length; at += 8) bits += bitsOf(Number.parseInt(hash.slice(at, at + 8), 16));
  return bits >= leastTellingBits && bits <= hashBits - leastTellingBits;
}

/**
 * The hashes by every `parts`-th of their bits, beginning with `part`. Bits next to each other are often equal
 * together, so each part takes its own from everywhere. Unequal parts may share a bucket.
 */
function* bucketsOf(words: Int32Array, part: number, parts: number): Steps<number[][]> {
  const buckets = new Map<number, number[]>();
  for (let index = 0; index < words.length / hashWords; index += 1) {
    let key = 0;
    for (let bit = part; bit < hashBits; bit += parts) {
      // FNV-1a over the bits.
      key = Math.imul(key ^ hashBit(words, index, bit) ^ 0x811c9dc5, 0x01000193);
    }
    const bucket = buckets.get(key);
    if (bucket) bucket.push(index);
    else buckets.set(key, [index]);
    if (index % itemsPerStep === 0) yield undefined;
  }
  return [...buckets.values()];
}

const pairsWithin = (n: number): number => (n * (n - 1)) / 2;

/**
 * Finds the pairs of hashes that differ in at most `distance` bits, some more than once. Of one part more than bits
 * may differ, one is equal (the pigeonhole principle), so only hashes with an equal part are compared; where most
 * are equal in some part, as with films of one anatomy at a large distance, each with each.
 * @param hashes distinct ones, 64 hex digits each
 * @param visit called with two positions, the lower one first
 * @param progress called with the share that is done
 */
export function* findNear(
  hashes: readonly string[],
  distance: number,
  visit: (a: number, b: number) => void,
  progress: (share: number) => void = () => undefined,
): Steps<undefined> {
  const words = yield* parseHashes(hashes);
  const parts = distance + 1;
  const all = [Array.from(hashes.keys())];
  for (let part = 0; part < parts; part += 1) {
    const buckets = yield* bucketsOf(words, part, parts);
    const pairs = buckets.reduce((sum, { length }) => sum + pairsWithin(length), 0);
    const futile = pairs * (parts - part) > pairsWithin(hashes.length);
    const share = (done: number): void => progress(futile ? done : (part + done) / parts);
    yield* compareWithin(words, futile ? all : buckets, distance, visit, share);
    if (futile) break;
  }
  return undefined;
}

function* compareWithin(
  words: Int32Array,
  buckets: readonly number[][],
  distance: number,
  visit: (a: number, b: number) => void,
  progress: (share: number) => void,
): Steps<undefined> {
  const total = buckets.reduce((sum, { length }) => sum + pairsWithin(length), 0);
  let done = 0;
  let work = 0;
  for (const bucket of buckets) {
    for (let i = 1; i < bucket.length; i += 1) {
      for (let j = 0; j < i; j += 1)
        if (distanceOf(words, bucket[j]!, bucket[i]!, distance) <= distance) visit(bucket[j]!, bucket[i]!);
      work += i;
      if (work < 50 * itemsPerStep) continue;
      done += work;
      work = 0;
      progress(done / total);
      yield undefined;
    }
  }
  return undefined;
}

/** Members of each set, in ascending order. */
function* gatherSets(numbers: Int32Array): Steps<number[][]> {
  const sets: number[][] = [];
  yield* forEachInSteps([...numbers], (number, index) => {
    const set = sets[number];
    if (set) set.push(index);
    else sets[number] = [index];
  });
  return sets;
}

function* equalPixels(images: readonly Likeness[]): Steps<number[][]> {
  const byPixels = new Map<string, number[]>();
  yield* forEachInSteps(images, ({ pixelSha256 }, index) => {
    const twins = byPixels.get(pixelSha256);
    if (twins) twins.push(index);
    else byPixels.set(pixelSha256, [index]);
  });
  return [...byPixels.values()].filter((twins) => twins.length > 1);
}

/** Pictures that are alike, by their positions, and the positions of their distinct hashes in `hashes`. */
interface NearSets {
  hashes: string[];
  sets: { images: number[]; hashes: number[] }[];
}

/** Sets of pictures with unequal pixels whose hashes lie within `distance` bits of each other, directly or through others. */
function* joinNear(
  images: readonly Pick<Likeness, 'pixelSha256' | 'differenceHash'>[],
  distance: number,
  progress?: (share: number) => void,
): Steps<NearSets> {
  const byHash = new Map<string, number[]>();
  yield* forEachInSteps(images, ({ differenceHash }, index) => {
    if (differenceHash === null) return;
    const same = byHash.get(differenceHash);
    if (same) same.push(index);
    else if (isTelling(differenceHash)) byHash.set(differenceHash, [index]);
  });
  const hashes = [...byHash.keys()];
  const members = [...byHash.values()];
  const joined = createDisjointSets(hashes.length);
  yield* findNear(hashes, distance, (a, b) => joined.join(a, b), progress);
  const sets: NearSets['sets'] = [];
  yield* forEachInSteps(yield* gatherSets(joined.numbers()), (set) => {
    const ofSet = set.flatMap((hash) => members[hash]!).sort((a, b) => a - b);
    // Equal pixels alone are told as such.
    if (new Set(ofSet.map((index) => images[index]!.pixelSha256)).size < 2) return;
    sets.push({ images: ofSet, hashes: set });
  });
  return { hashes, sets };
}

/** Positions of the pictures that have a near duplicate: alike within `distance` bits, with other pixels. */
export function* findNearDuplicates(
  images: readonly Pick<Likeness, 'pixelSha256' | 'differenceHash'>[],
  distance: number,
): Steps<number[]> {
  const { sets } = yield* joinNear(images, distance);
  return sets.flatMap((set) => set.images);
}

interface NearSet {
  images: number[];
  distance: number;
}

/** The largest distance within a set of hashes. */
function* widestOf(words: Int32Array, set: readonly number[]): Steps<number> {
  let widest = 0;
  let work = 0;
  for (let i = 1; i < set.length; i += 1) {
    for (let j = 0; j < i; j += 1) widest = Math.max(widest, distanceOf(words, set[i]!, set[j]!));
    work += i;
    if (work < 50 * itemsPerStep) continue;
    work = 0;
    yield undefined;
  }
  return widest;
}

function* nearSets(
  images: readonly Likeness[],
  distance: number,
  progress: (share: number) => void,
): Steps<NearSet[]> {
  const { hashes, sets } = yield* joinNear(images, distance, progress);
  const words = yield* parseHashes(hashes);
  const near: NearSet[] = [];
  for (const set of sets) near.push({ images: set.images, distance: yield* widestOf(words, set.hashes) });
  return near;
}

function severalOf<T>(values: readonly (T | null)[]): boolean {
  return new Set(values.filter((value) => value !== null)).size > 1;
}

function describe(
  kind: DuplicateGroup['kind'],
  distance: number,
  members: readonly Likeness[],
): Omit<DuplicateGroup, 'n'> {
  return {
    kind,
    images: members.map(({ image }) => image),
    distance,
    acrossParts: severalOf(members.map(({ part }) => part)),
    acrossPatients: severalOf(members.map(({ patientId }) => patientId)),
    labelsDiffer: severalOf(members.map(({ label }) => label)),
  };
}

type Group = ReturnType<typeof describe>;

/** What spoils figures first, then what is surer, then what is more. */
function compareWorst(a: Group, b: Group): number {
  const weight = ({ acrossParts, labelsDiffer, acrossPatients }: Group): number =>
    (acrossParts ? 4 : 0) + (labelsDiffer ? 2 : 0) + (acrossPatients ? 1 : 0);
  return (
    weight(b) - weight(a) ||
    a.distance - b.distance ||
    (a.kind === 'exact' ? 0 : 1) - (b.kind === 'exact' ? 0 : 1) ||
    b.images.length - a.images.length ||
    compareCodeUnits(a.images[0]!, b.images[0]!)
  );
}

/**
 * Groups of images with equal pixels, and of images whose difference hashes lie within `distance` bits of each
 * other, directly or through others; worst first. A near group has all its images, also those of an exact group.
 * @param distance from 0 to 16
 */
export function* findDuplicates(
  images: readonly Likeness[],
  distance: number,
  progress: (share: number) => void = () => undefined,
): Steps<Group[]> {
  const of = (members: readonly number[]): Likeness[] => members.map((index) => images[index]!);
  const groups: Group[] = [];
  for (const twins of yield* equalPixels(images)) groups.push(describe('exact', 0, of(twins)));
  yield undefined;
  for (const set of yield* nearSets(images, distance, progress))
    groups.push(describe('near', set.distance, of(set.images)));
  return yield* sortInSteps(groups, compareWorst);
}
