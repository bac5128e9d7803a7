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

/**
 * P values of several tests, each raised so that the chance of one false alarm among all of them stays what it says
 * (Holm 1979). Null is a test that was not made and does not count.
 */
export function holmAdjusted(ps: readonly (number | null)[]): (number | null)[] {
  const ascending = ps.flatMap((p, place) => (p === null ? [] : [{ p, place }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = ps.map(() => null);
  let greatest = 0;
  ascending.forEach(({ p, place }, rank) => {
    greatest = Math.max(greatest, Math.min(1, (ascending.length - rank) * p));
    adjusted[place] = greatest;
  });
  return adjusted;
}

/** The value below which a share of ascending `sorted` lies, interpolated (Hyndman & Fan type 7, numpy's default). */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** Mean and population standard deviation, both 0 of no values; in two passes, as large means would swallow small spreads. */
export function meanAndDeviation(values: ArrayLike<number>): { mean: number; deviation: number } {
  if (values.length === 0) return { mean: 0, deviation: 0 };
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let at = 0; at < values.length; at++) squares += (values[at]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/** Up to this share of the mean a spread is what rounding makes of equal values: the mean of ten times 36.6 is not 36.6. */
const smallestSpread = 1e-9;

/** As `meanAndDeviation`, for what is to be divided by the deviation: exactly 0 of values that count as equal. */
export function standardScale(values: ArrayLike<number>): { mean: number; deviation: number } {
  const { mean, deviation } = meanAndDeviation(values);
  return { mean, deviation: deviation <= smallestSpread * Math.abs(mean) ? 0 : deviation };
}
