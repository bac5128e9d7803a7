import { ascending } from './calibration.ts';

/** Rows of one class against the rest in ascending order of score, laid out once for many weightings. */
export interface Ranking {
  readonly order: Int32Array;
  /** By place in the order: 1 where a score differs from the one before. */
  readonly starts: Uint8Array;
  /** By place in the order: 1 for rows of the class. */
  readonly positive: Uint8Array;
}

export function rankingOf(scores: ArrayLike<number>, isPositive: (row: number) => boolean): Ranking {
  const order = ascending(scores);
  return {
    order,
    starts: Uint8Array.from(order, (row, place) =>
      place > 0 && scores[order[place - 1]!] === scores[row] ? 0 : 1,
    ),
    positive: Uint8Array.from(order, (row) => (isPositive(row) ? 1 : 0)),
  };
}

/** Mann-Whitney over weighted rows, ties one half; NaN without weight on either side. */
export function weightedAuc({ order, starts, positive }: Ranking, weights: Float64Array): number {
  let negativesBelow = 0;
  let tiedPositives = 0;
  let tiedNegatives = 0;
  let positives = 0;
  let wins = 0;
  for (let place = 0; place < order.length; place++) {
    if (starts[place]) {
      wins += tiedPositives * (negativesBelow + tiedNegatives / 2);
      positives += tiedPositives;
      negativesBelow += tiedNegatives;
      tiedPositives = 0;
      tiedNegatives = 0;
    }
    // Without a branch: which side a row is on cannot be foreseen, and this is gone through thousands of times.
    const weight = weights[order[place]!]!;
    const ofPositives = weight * positive[place]!;
    tiedPositives += ofPositives;
    tiedNegatives += weight - ofPositives;
  }
  wins += tiedPositives * (negativesBelow + tiedNegatives / 2);
  return wins / ((positives + tiedPositives) * (negativesBelow + tiedNegatives));
}

/**
 * Average precision: Σ (recall − recall before) × precision over falling thresholds, equal scores together, nothing
 * interpolated (scikit-learn's definition; Boyd, Eng, Page 2013 on its estimators). NaN without weight on either side.
 */
export function weightedAveragePrecision(
  { order, starts, positive }: Ranking,
  weights: Float64Array,
): number {
  let [positives, negatives] = [0, 0];
  let tiedPositives = 0;
  let sum = 0;
  for (let place = order.length - 1; place >= 0; place--) {
    const weight = weights[order[place]!]!;
    const ofPositives = weight * positive[place]!;
    tiedPositives += ofPositives;
    negatives += weight - ofPositives;
    if (!starts[place]) continue;
    positives += tiedPositives;
    if (tiedPositives > 0) sum += (tiedPositives * positives) / (positives + negatives);
    tiedPositives = 0;
  }
  return negatives === 0 ? NaN : sum / positives;
}
