import { wilsonInterval } from './statistics.ts';

/** Bins of the expected calibration error (Guo et al. 2017; Naeini et al. 2015). */
export const calibrationBins = 15;
/** Bins with fewer rows are shown as too few. */
const fewRows = 10;

/** One bin of a reliability curve. */
export interface ReliabilityBin {
  readonly n: number;
  /** Mean predicted probability. */
  readonly predicted: number;
  /** Share of rows in which it came true, with Wilson's interval (rows taken as independent). */
  readonly observed: number;
  readonly low: number;
  readonly high: number;
  readonly tooFew: boolean;
}

/**
 * The bin of each row. `width`: fifteen equal intervals of probability, closed below, the last also above.
 * `mass`: fifteen bins of nearly equal weight in order of probability, equal probabilities together.
 */
export type Binning = 'width' | 'mass';

/** The number of an equal-width bin. */
export function widthBin(probability: number): number {
  return Math.min(calibrationBins - 1, Math.max(0, Math.floor(probability * calibrationBins)));
}

/**
 * Expected calibration error: Σ over bins of weight share × |mean prediction − share that came true|.
 *
 * @param outcome non-zero where the predicted event came true.
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  outcome: ArrayLike<number>,
  binning: Binning,
): number {
  return errorOfSums(binSums(probabilities, outcome, binning));
}

/** The bins that hold rows, in order of probability. */
export function reliabilityCurve(
  probabilities: ArrayLike<number>,
  outcome: ArrayLike<number>,
  binning: Binning,
): ReliabilityBin[] {
  const sums = binSums(probabilities, outcome, binning);
  return Array.from(sums.weight.keys())
    .filter((bin) => sums.weight[bin]! > 0)
    .map((bin) => {
      const n = sums.weight[bin]!;
      return {
        n,
        predicted: sums.predicted[bin]! / n,
        observed: sums.outcome[bin]! / n,
        ...wilsonInterval(sums.outcome[bin]!, n),
        tooFew: n < fewRows,
      };
    });
}

/** Sums by bin, reused between resamples. */
export interface BinSums {
  readonly weight: Float64Array;
  readonly predicted: Float64Array;
  readonly outcome: Float64Array;
}

export function emptySums(): BinSums {
  return {
    weight: new Float64Array(calibrationBins),
    predicted: new Float64Array(calibrationBins),
    outcome: new Float64Array(calibrationBins),
  };
}

/** Clears the sums and adds weighted rows to equal-width bins given by number. */
export function addWidthBins(
  sums: BinSums,
  bins: Uint8Array,
  probabilities: ArrayLike<number>,
  outcome: ArrayLike<number>,
  weights: ArrayLike<number>,
): void {
  clear(sums);
  for (let row = 0; row < bins.length; row++)
    add(sums, bins[row]!, probabilities[row]!, outcome[row]!, weights[row]!);
}

/** Clears the sums and adds weighted rows to bins of equal weight; `order` lists rows by ascending probability. */
export function addMassBins(
  sums: BinSums,
  order: Int32Array,
  probabilities: ArrayLike<number>,
  outcome: ArrayLike<number>,
  weights: ArrayLike<number>,
): void {
  clear(sums);
  let total = 0;
  for (let row = 0; row < order.length; row++) total += weights[row]!;
  let before = 0;
  for (let start = 0; start < order.length;) {
    const probability = probabilities[order[start]!]!;
    let end = start;
    let weight = 0;
    while (end < order.length && probabilities[order[end]!] === probability)
      weight += weights[order[end++]!]!;
    const bin = Math.min(calibrationBins - 1, Math.floor(((before + weight / 2) / total) * calibrationBins));
    for (let place = start; place < end; place++)
      add(sums, bin, probability, outcome[order[place]!]!, weights[order[place]!]!);
    before += weight;
    start = end;
  }
}

/** Σ |Σ predicted − Σ came true| over the whole weight: the expected calibration error of the sums. */
export function errorOfSums(sums: BinSums): number {
  let error = 0;
  let total = 0;
  for (let bin = 0; bin < calibrationBins; bin++) {
    error += Math.abs(sums.predicted[bin]! - sums.outcome[bin]!);
    total += sums.weight[bin]!;
  }
  return error / total;
}

/** Row numbers by ascending value; equal values by row number. */
export function ascending(values: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: values.length }, (_, row) => row).sort(
    (a, b) => values[a]! - values[b]! || a - b,
  );
}

function binSums(probabilities: ArrayLike<number>, outcome: ArrayLike<number>, binning: Binning): BinSums {
  const ones = new Float64Array(probabilities.length).fill(1);
  const sums = emptySums();
  if (binning === 'width')
    addWidthBins(sums, Uint8Array.from(probabilities, widthBin), probabilities, outcome, ones);
  else addMassBins(sums, ascending(probabilities), probabilities, outcome, ones);
  return sums;
}

function clear(sums: BinSums): void {
  sums.weight.fill(0);
  sums.predicted.fill(0);
  sums.outcome.fill(0);
}

function add(sums: BinSums, bin: number, probability: number, outcome: number, weight: number): void {
  sums.weight[bin]! += weight;
  sums.predicted[bin]! += weight * probability;
  if (outcome) sums.outcome[bin]! += weight;
}
