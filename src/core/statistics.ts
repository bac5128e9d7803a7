import { betaQuantile, regularizedBeta, z95 } from './distributions.ts';

/** Two ends of a 95 % interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const alpha = 0.05;

/** Wilson's score interval of a proportion without continuity correction (Wilson 1927); 0–1 without trials. */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const share = successes / trials;
  const z2 = z95 * z95;
  const centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const half =
    (z95 / (1 + z2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials));
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
  };
}

/** The exact interval of a proportion (Clopper, Pearson 1934); 0–1 without trials. */
export function clopperPearsonInterval(successes: number, trials: number): Interval {
  const failures = trials - successes;
  return {
    low: successes === 0 ? 0 : betaQuantile(alpha / 2, successes, failures + 1),
    high: failures === 0 ? 1 : betaQuantile(1 - alpha / 2, successes + 1, failures),
  };
}

/** Clopper-Pearson's lower end when all of `trials` succeed. */
export function exactBoundBelowOne(trials: number): number {
  return trials === 0 ? 0 : (alpha / 2) ** (1 / trials);
}

/**
 * McNemar's exact two-sided test (1947): two methods on the same cases, one row a patient.
 *
 * @param firstOnly cases that only the first got right; `secondOnly` likewise.
 */
export function mcNemarTest(firstOnly: number, secondOnly: number): { p: number } {
  const discordant = firstOnly + secondOnly;
  const fewer = Math.min(firstOnly, secondOnly);
  if (fewer * 2 === discordant) return { p: 1 };
  // P(X <= fewer) for X ~ Binomial(discordant, 1/2).
  return { p: Math.min(1, 2 * regularizedBeta(0.5, discordant - fewer, fewer + 1)) };
}

/** The value below which a share of ascending `sorted` lies, interpolated (Hyndman & Fan type 7, numpy's default). */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
