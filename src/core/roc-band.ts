import { ascending } from './calibration.ts';
import type { Row } from './curves.ts';
import { numberPatients, patientResampler } from './resample.ts';
import { quantileOfSorted } from './statistics.ts';

/** Sensitivity's 95 % interval at one false positive rate. */
export interface BandPoint {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

export interface BandOptions {
  /** The class that counts as positive. */
  readonly index: number;
  readonly seed: number;
  /** Resamples of patients, 1,000 unless given. */
  readonly resamples?: number;
}

const usualResamples = 1000;
const fewestResamples = 200;
/** Rows × resamples after which fewer resamples are drawn, some seconds' worth. */
const largestWork = 2e8;
const stepsBetweenPauses = 2e5;
/** False positive rates at which the band is given: 0, 0.02 … 1. */
const gridSteps = 50;

/**
 * Pointwise 95 % band of a ROC curve by vertical averaging: patients are resampled with replacement, each
 * resample's curve is read at fixed false positive rates, the band is the 2.5 and 97.5 percentiles there.
 * Null with fewer than two patients on either side, or when half of the resamples lack a side. In steps of a few
 * milliseconds.
 */
export function* rocBandInSteps(
  rows: readonly (Row & { readonly patient: string })[],
  { index, seed, resamples = usualResamples }: BandOptions,
): Generator<void, BandPoint[] | null, undefined> {
  const isPositive = Uint8Array.from(rows, ({ truth }) => Number(truth === index));
  const scores = Float64Array.from(rows, ({ probabilities }) => probabilities[index]!);
  const patients = numberPatients(rows);
  const patientsWith = (side: number): number =>
    new Set(patients.filter((_, row) => isPositive[row] === side)).size;
  if (patientsWith(1) < 2 || patientsWith(0) < 2) return null;
  const descending = ascending(scores).reverse();
  const draw = patientResampler(patients, seed);
  const weights = new Float64Array(rows.length);
  const affordable = Math.max(fewestResamples, Math.floor(largestWork / rows.length));
  const planned = Math.min(resamples, affordable);
  const columns = Array.from({ length: gridSteps + 1 }, () => [] as number[]);
  const sensitivities = new Float64Array(gridSteps + 1);
  yield;

  let sincePause = 0;
  for (let sample = 0; sample < planned; sample++) {
    draw(weights);
    if (readCurve({ descending, scores, isPositive, weights }, sensitivities))
      columns.forEach((column, step) => column.push(sensitivities[step]!));
    sincePause += rows.length;
    if (sincePause > stepsBetweenPauses) {
      sincePause = 0;
      yield;
    }
  }
  if (columns[0]!.length < planned / 2) return null;
  return columns.map((column, step) => {
    const sorted = Float64Array.from(column).sort();
    return {
      x: step / gridSteps,
      low: quantileOfSorted(sorted, 0.025),
      high: quantileOfSorted(sorted, 0.975),
    };
  });
}

/** Sensitivity of one resample at each false positive rate of the grid; false without positives or negatives. */
function readCurve(
  of: { descending: Int32Array; scores: Float64Array; isPositive: Uint8Array; weights: Float64Array },
  sensitivities: Float64Array,
): boolean {
  const { descending, scores, isPositive, weights } = of;
  let positives = 0;
  let negatives = 0;
  for (let row = 0; row < weights.length; row++) {
    if (isPositive[row]) positives += weights[row]!;
    else negatives += weights[row]!;
  }
  if (positives === 0 || negatives === 0) return false;
  let step = 0;
  let [x, y] = [0, 0];
  let [truePositives, falsePositives] = [0, 0];
  for (let place = 0; place < descending.length;) {
    const score = scores[descending[place]!]!;
    while (place < descending.length && scores[descending[place]!] === score) {
      const row = descending[place++]!;
      if (isPositive[row]) truePositives += weights[row]!;
      else falsePositives += weights[row]!;
    }
    const [nextX, nextY] = [falsePositives / negatives, truePositives / positives];
    // The curve is straight between two thresholds; where it rises upright, its upper end counts.
    for (; step <= gridSteps && step / gridSteps < nextX; step++)
      sensitivities[step] = y + ((nextY - y) * (step / gridSteps - x)) / (nextX - x);
    [x, y] = [nextX, nextY];
  }
  for (; step <= gridSteps; step++) sensitivities[step] = 1;
  return true;
}
