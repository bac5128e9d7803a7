import type { Random } from './random.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** A set of images that must stay together, with how many it has of each class (classes it lacks are absent). */
export interface ClassGroup {
  readonly counts: readonly (readonly [label: number, images: number])[];
  readonly size: number;
}

/** A class that could not be put into every part. */
export interface MissingClass {
  readonly label: number;
  /** Groups that hold the class. */
  readonly groups: number;
}

const refinementPasses = 3;

/**
 * Deals groups to parts so that each part has its share of every class and of all images.
 *
 * Greedy over shuffled groups, largest first: each goes where it lowers Σ (have − want)² / want most, which
 * for groups of one is Webster's method of apportionment, unbiased between parts. Then single moves that
 * lower the sum, then moves that give each part at least one group of each class that it lacks.
 *
 * @param groups in an order that does not depend on the caller's; the random order is made here.
 * @param shares one a part, positive, summing to 1.
 * @param labels number of classes.
 * @returns the part of each group, and the classes that some part lacks all the same.
 */
export function* stratify(
  groups: readonly ClassGroup[],
  shares: readonly number[],
  labels: number,
  random: Random,
): Steps<{ parts: Int32Array; missing: MissingClass[] }> {
  const state = startState(groups, shares, labels);
  const order = random.shuffle(groups.map((_, index) => index));
  yield undefined;
  order.sort((a, b) => groups[b]!.size - groups[a]!.size);
  yield* forEachInSteps(order, (index) => {
    const group = groups[index]!;
    let best = 0;
    let bestCost = Infinity;
    for (let part = 0; part < shares.length; part++) {
      const cost = costOfAdding(state, group, part);
      if (cost < bestCost) {
        best = part;
        bestCost = cost;
      }
    }
    place(state, groups, index, best);
  });
  yield* refine(state, groups, order);
  return { parts: state.parts, missing: fillGaps(state, groups, order) };
}

interface State {
  readonly labels: number;
  readonly partCount: number;
  readonly parts: Int32Array;
  /** Images wanted and there, by part and class; the last column of a part counts all its images. */
  readonly want: Float64Array;
  readonly have: Float64Array;
  /** Groups there, by part and class. */
  readonly groupsHeld: Int32Array;
  readonly groupsOfClass: Int32Array;
}

function startState(groups: readonly ClassGroup[], shares: readonly number[], labels: number): State {
  const width = labels + 1;
  const totals = new Float64Array(width);
  const groupsOfClass = new Int32Array(labels);
  for (const group of groups) {
    totals[labels]! += group.size;
    for (const [label, images] of group.counts) {
      totals[label]! += images;
      groupsOfClass[label]!++;
    }
  }
  const want = new Float64Array(shares.length * width);
  shares.forEach((share, part) =>
    totals.forEach((total, column) => (want[part * width + column] = share * total)),
  );
  return {
    labels,
    partCount: shares.length,
    parts: new Int32Array(groups.length).fill(-1),
    want,
    have: new Float64Array(want.length),
    groupsHeld: new Int32Array(shares.length * labels),
    groupsOfClass,
  };
}

function costOfAdding(state: State, group: ClassGroup, part: number): number {
  const { want, have, labels } = state;
  const row = part * (labels + 1);
  const total = row + labels;
  let cost = (group.size * (2 * (have[total]! - want[total]!) + group.size)) / want[total]!;
  for (const [label, images] of group.counts) {
    const at = row + label;
    cost += (images * (2 * (have[at]! - want[at]!) + images)) / want[at]!;
  }
  return cost;
}

function costOfRemoving(state: State, group: ClassGroup, part: number): number {
  const { want, have, labels } = state;
  const row = part * (labels + 1);
  const total = row + labels;
  let cost = (group.size * (group.size - 2 * (have[total]! - want[total]!))) / want[total]!;
  for (const [label, images] of group.counts) {
    const at = row + label;
    cost += (images * (images - 2 * (have[at]! - want[at]!))) / want[at]!;
  }
  return cost;
}

function place(state: State, groups: readonly ClassGroup[], index: number, part: number): void {
  const group = groups[index]!;
  const change = (at: number, sign: 1 | -1): void => {
    const row = at * (state.labels + 1);
    state.have[row + state.labels]! += sign * group.size;
    for (const [label, images] of group.counts) {
      state.have[row + label]! += sign * images;
      state.groupsHeld[at * state.labels + label]! += sign;
    }
  };
  const before = state.parts[index]!;
  if (before >= 0) change(before, -1);
  change(part, 1);
  state.parts[index] = part;
}

function* refine(state: State, groups: readonly ClassGroup[], order: readonly number[]): Steps<undefined> {
  for (let pass = 0; pass < refinementPasses; pass++) {
    let moved = false as boolean;
    yield* forEachInSteps(order, (index) => {
      const group = groups[index]!;
      const from = state.parts[index]!;
      const gain = costOfRemoving(state, group, from);
      let best = from;
      let bestCost = -1e-9;
      for (let part = 0; part < state.partCount; part++) {
        if (part === from) continue;
        const cost = gain + costOfAdding(state, group, part);
        if (cost < bestCost) {
          best = part;
          bestCost = cost;
        }
      }
      if (best === from) return;
      place(state, groups, index, best);
      moved = true;
    });
    if (!moved) break;
  }
  return undefined;
}

function fillGaps(state: State, groups: readonly ClassGroup[], order: readonly number[]): MissingClass[] {
  const missing: MissingClass[] = [];
  const rarestFirst = Array.from(state.groupsOfClass.keys())
    .filter((label) => state.groupsOfClass[label]! > 0)
    .sort((a, b) => state.groupsOfClass[a]! - state.groupsOfClass[b]! || a - b);
  for (const label of rarestFirst) {
    for (let part = 0; part < state.partCount; part++) {
      if (state.groupsHeld[part * state.labels + label]! > 0) continue;
      const index = cheapestDonor(state, groups, order, label, part);
      if (index !== null) place(state, groups, index, part);
      else {
        missing.push({ label, groups: state.groupsOfClass[label]! });
        break;
      }
    }
  }
  return missing;
}

/** The group of a class whose move to `part` costs least and leaves no class of its own part behind empty. */
function cheapestDonor(
  state: State,
  groups: readonly ClassGroup[],
  order: readonly number[],
  label: number,
  part: number,
): number | null {
  let best: number | null = null;
  let bestCost = Infinity;
  for (const index of order) {
    const group = groups[index]!;
    if (!group.counts.some(([held]) => held === label)) continue;
    const from = state.parts[index]!;
    if (group.counts.some(([held]) => state.groupsHeld[from * state.labels + held]! < 2)) continue;
    const cost = costOfRemoving(state, group, from) + costOfAdding(state, group, part);
    if (cost < bestCost) {
      best = index;
      bestCost = cost;
    }
  }
  return best;
}
