import { twoSidedP, z95 } from './distributions.ts';
import type { Interval } from './statistics.ts';

/**
 * Area under the ROC curve and its uncertainty: DeLong, DeLong, Clarke-Pearson 1988 by midranks
 * (Sun, Xu 2014), and Obuchowski 1997 for patients with several rows, of which DeLong is the case of
 * one row a patient. `truth` is non-zero for positive rows; scores rise with the positive class.
 */

/** A Mann-Whitney AUC, ties counting one half; NaN when a class is missing. */
export function auc(scores: ArrayLike<number>, truth: ArrayLike<number>): number {
  return components(scores, truth).auc;
}

/** An AUC and its variance; the variance is NaN with fewer than two patients of a class. */
export interface AucEstimate {
  readonly auc: number;
  readonly variance: number;
}

/**
 * AUC with its variance.
 *
 * @param patients a patient's number for each row, null: each row its own (DeLong).
 */
export function aucEstimate(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
  patients: ArrayLike<number> | null = null,
): AucEstimate {
  const { aucs, covariance } = aucCovariance([scores], truth, patients);
  return { auc: aucs[0]!, variance: covariance[0]![0]! };
}

/**
 * A 95 % interval on the logit scale, which stays between 0 and 1 (Pepe 2003, 5.2.4).
 * Null when it has none: an AUC of 0 or 1, or no variance.
 */
export function aucInterval({ auc: value, variance }: AucEstimate): Interval | null {
  if (!(variance > 0) || value <= 0 || value >= 1) return null;
  const logit = Math.log(value / (1 - value));
  const half = (z95 * Math.sqrt(variance)) / (value * (1 - value));
  return { low: 1 / (1 + Math.exp(half - logit)), high: 1 / (1 + Math.exp(-half - logit)) };
}

/** Two AUCs on the same cases. */
export interface AucComparison {
  readonly aucs: readonly [number, number];
  /** Second minus first, with its 95 % interval. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Positive when the second is better. */
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
}

/** Paired test of two AUCs, by DeLong, or by Obuchowski where `patients` groups the rows. Equal scores give p 1. */
export function compareAucs(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  truth: ArrayLike<number>,
  patients: ArrayLike<number> | null = null,
): AucComparison {
  const { aucs, covariance } = aucCovariance([first, second], truth, patients);
  const difference = aucs[1]! - aucs[0]!;
  const variance = covariance[0]![0]! + covariance[1]![1]! - 2 * covariance[0]![1]!;
  const deviation = Math.sqrt(Math.max(0, variance));
  const z = difference === 0 ? 0 : difference / deviation;
  return {
    aucs: [aucs[0]!, aucs[1]!],
    difference,
    low: difference - z95 * deviation,
    high: difference + z95 * deviation,
    z,
    p: twoSidedP(z),
  };
}

function aucCovariance(
  scoreSets: readonly ArrayLike<number>[],
  truth: ArrayLike<number>,
  patients: ArrayLike<number> | null,
): { aucs: number[]; covariance: number[][] } {
  const sets = scoreSets.map((scores) => components(scores, truth));
  const clusters = clustersOf(truth, patients);
  const sums = sets.map((set) => clusterSums(set, truth, clusters));
  const { positives, negatives, withPositives, withNegatives, count } = clusters;
  const spread = (a: Float64Array, b: Float64Array, groups: number, size: number): number =>
    (groups / ((groups - 1) * size)) * dot(a, b);
  const covariance = sums.map((a) =>
    sums.map((b) => {
      const s10 = spread(a.positive, b.positive, withPositives, positives);
      const s01 = spread(a.negative, b.negative, withNegatives, negatives);
      const cross = (dot(a.positive, b.negative) + dot(b.positive, a.negative)) * (count / (count - 1));
      return s10 / positives + s01 / negatives + cross / (positives * negatives);
    }),
  );
  return { aucs: sets.map((set) => set.auc), covariance };
}

interface Components {
  readonly auc: number;
  /** DeLong's structural component of each row: V10 of positive rows, V01 of negative ones. */
  readonly values: Float64Array;
}

function components(scores: ArrayLike<number>, truth: ArrayLike<number>): Components {
  const rows = Array.from({ length: scores.length }, (_, row) => row);
  const isPositive = (row: number): boolean => Boolean(truth[row]);
  const positives = rows.filter(isPositive);
  const negatives = rows.filter((row) => !isPositive(row));
  const values = new Float64Array(rows.length);
  const all = midranks(scores, rows);
  const own = [midranks(scores, positives), midranks(scores, negatives)] as const;
  positives.forEach((row, index) => (values[row] = (all[row]! - own[0][index]!) / negatives.length));
  negatives.forEach((row, index) => (values[row] = 1 - (all[row]! - own[1][index]!) / positives.length));
  const sum = positives.reduce((total, row) => total + values[row]!, 0);
  return { auc: negatives.length === 0 ? NaN : sum / positives.length, values };
}

/** Ranks from 1 among `rows`, equal scores sharing their mean rank; in the order of `rows`. */
function midranks(scores: ArrayLike<number>, rows: readonly number[]): Float64Array {
  const order = Array.from(rows.keys()).sort((a, b) => scores[rows[a]!]! - scores[rows[b]!]!);
  const ranks = new Float64Array(rows.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && scores[rows[order[end]!]!] === scores[rows[order[start]!]!]) end++;
    for (let place = start; place < end; place++) ranks[order[place]!] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

interface Clusters {
  readonly of: Int32Array;
  readonly count: number;
  readonly positives: number;
  readonly negatives: number;
  /** Clusters that hold at least one positive row; at least one negative row. */
  readonly withPositives: number;
  readonly withNegatives: number;
}

function clustersOf(truth: ArrayLike<number>, patients: ArrayLike<number> | null): Clusters {
  const numbers = new Map<number, number>();
  const of = new Int32Array(truth.length);
  const holding = [new Set<number>(), new Set<number>()] as const;
  let positives = 0;
  for (let row = 0; row < truth.length; row++) {
    const patient = patients === null ? row : patients[row]!;
    const cluster = numbers.get(patient) ?? numbers.size;
    numbers.set(patient, cluster);
    of[row] = cluster;
    if (truth[row]) positives++;
    holding[truth[row] ? 0 : 1].add(cluster);
  }
  return {
    of,
    count: numbers.size,
    positives,
    negatives: truth.length - positives,
    withPositives: holding[0].size,
    withNegatives: holding[1].size,
  };
}

/** Each cluster's sum of component − AUC over its positive and its negative rows. */
function clusterSums(
  set: Components,
  truth: ArrayLike<number>,
  clusters: Clusters,
): { positive: Float64Array; negative: Float64Array } {
  const positive = new Float64Array(clusters.count);
  const negative = new Float64Array(clusters.count);
  for (let row = 0; row < truth.length; row++) {
    const sums = truth[row] ? positive : negative;
    sums[clusters.of[row]!]! += set.values[row]! - set.auc;
  }
  return { positive, negative };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
