import { addMassBins, addWidthBins, ascending, emptySums, errorOfSums, widthBin } from './calibration.ts';
import { type Ranking, rankingOf, weightedAuc } from './ranking.ts';
import { weightedMeanOf } from './weighted-statistics.ts';

/**
 * All metrics of one evaluation as a function of row weights, so that the point estimate (weights 1) and
 * every resample of patients run through the same arithmetic. One call costs O(rows × classes).
 */

/** Predictions laid out for arithmetic. */
export interface Cases {
  readonly count: number;
  readonly classes: number;
  readonly truth: Int32Array;
  /** Class given to each row. */
  readonly predicted: Int32Array;
  /** rows × classes. */
  readonly probabilities: Float64Array | Float32Array;
  /** The positive class of a binary task, null with more classes. */
  readonly positive: number | null;
}

export const overallNames = [
  'accuracy',
  'balancedAccuracy',
  'auc',
  'sensitivity',
  'specificity',
  'precision',
  'npv',
  'f1',
  'kappa',
  'brier',
  'ece',
  'eceEqualMass',
  'top5',
] as const;
export type OverallName = (typeof overallNames)[number];

export const classNames = ['sensitivity', 'specificity', 'precision', 'npv', 'f1', 'auc'] as const;
export type ClassMetricName = (typeof classNames)[number];

/** Place of a class's metric in the values. */
export function classMetricAt(label: number, name: ClassMetricName): number {
  return overallNames.length + label * classNames.length + classNames.indexOf(name);
}

/** Number of values for so many classes. */
function valueCount(classes: number): number {
  return overallNames.length + classes * classNames.length;
}

/** From how many classes on top-5 says anything. */
export const top5From = 6;

/**
 * Prepares the cases once; the returned function writes every metric, undefined ones as NaN, into `values`.
 *
 * Binary: rates, precision and F1 of the positive class. More classes: unweighted means of one-vs-rest
 * values over the classes for which they are defined; a class that has cases but is never predicted counts
 * 0 in precision (scikit-learn's `zero_division=0`). Brier: mean squared error of the positive class's
 * probability, or summed over the classes (Brier 1950). ECE: of the positive class's probability, or of the
 * highest probability against being right.
 */
export function metricCalculator(cases: Cases): (weights: Float64Array, values: Float64Array) => void {
  const confusion = new Float64Array(cases.classes ** 2);
  const measured =
    cases.positive === null ? Array.from({ length: cases.classes }, (_, label) => label) : [cases.positive];
  const rankings = measured.map((label) => ranking(cases, label));
  const brier = weightedMeanOf(squaredErrors(cases));
  const inTop5 = cases.classes >= top5From ? weightedMeanOf(topFive(cases)) : null;
  const calibrationError = calibrationErrors(cases);

  return (weights, values) => {
    values.fill(NaN);
    fillConfusion(cases, weights, confusion);
    const total = confusion.reduce((sum, weight) => sum + weight, 0);
    for (let label = 0; label < cases.classes; label++)
      fillRates(confusion, cases.classes, label, total, values);
    measured.forEach((label, index) => {
      values[classMetricAt(label, 'auc')] = weightedAuc(rankings[index]!, weights);
    });
    fillOverall(cases, confusion, total, values);
    values[at('brier')] = brier(weights);
    values[at('ece')] = calibrationError('width', weights);
    values[at('eceEqualMass')] = calibrationError('mass', weights);
    if (inTop5) values[at('top5')] = inTop5(weights);
  };
}

/**
 * Unweighted means over all classes of recall, F1 and, one against the rest, AUC; each row counts once. Null where
 * one of the classes has no row. With a positive class the AUC is that class's.
 */
export function meanMetrics(cases: Cases): Record<'balancedAccuracy' | 'f1' | 'auc', number> | null {
  const { classes, count, positive } = cases;
  const labels = Array.from({ length: classes }, (_, label) => label);
  if (new Set(cases.truth).size < classes) return null;
  const weights = new Float64Array(count).fill(1);
  const values = new Float64Array(valueCount(classes)).fill(NaN);
  const confusion = new Float64Array(classes ** 2);
  fillConfusion(cases, weights, confusion);
  for (const label of labels) {
    fillRates(confusion, classes, label, count, values);
    // One ranking at a time: with a thousand classes they would not fit into memory together.
    values[classMetricAt(label, 'auc')] = weightedAuc(ranking(cases, label), weights);
  }
  return {
    balancedAccuracy: macro(values, classes, 'sensitivity'),
    f1: macro(values, classes, 'f1'),
    auc: positive === null ? macro(values, classes, 'auc') : values[classMetricAt(positive, 'auc')]!,
  };
}

/** Place of an overall metric in the values. */
export function at(name: OverallName): number {
  return overallNames.indexOf(name);
}

function fillConfusion(cases: Cases, weights: Float64Array, confusion: Float64Array): void {
  const { truth, predicted, classes, count } = cases;
  confusion.fill(0);
  for (let row = 0; row < count; row++) confusion[truth[row]! * classes + predicted[row]!]! += weights[row]!;
}

function fillRates(
  confusion: Float64Array,
  classes: number,
  label: number,
  total: number,
  values: Float64Array,
): void {
  let truths = 0;
  let predictions = 0;
  for (let other = 0; other < classes; other++) {
    truths += confusion[label * classes + other]!;
    predictions += confusion[other * classes + label]!;
  }
  const hits = confusion[label * classes + label]!;
  const rejections = total - truths - predictions + hits;
  values[classMetricAt(label, 'sensitivity')] = hits / truths;
  values[classMetricAt(label, 'specificity')] = rejections / (total - truths);
  values[classMetricAt(label, 'precision')] = hits / predictions;
  values[classMetricAt(label, 'npv')] = rejections / (total - predictions);
  values[classMetricAt(label, 'f1')] = (2 * hits) / (truths + predictions);
}

function fillOverall(cases: Cases, confusion: Float64Array, total: number, values: Float64Array): void {
  const { classes, positive } = cases;
  let hits = 0;
  let byChance = 0;
  for (let label = 0; label < classes; label++) {
    let truths = 0;
    let predictions = 0;
    for (let other = 0; other < classes; other++) {
      truths += confusion[label * classes + other]!;
      predictions += confusion[other * classes + label]!;
    }
    hits += confusion[label * classes + label]!;
    byChance += (truths / total) * (predictions / total);
  }
  const agreement = hits / total;
  values[at('accuracy')] = agreement;
  values[at('kappa')] = byChance >= 1 ? NaN : (agreement - byChance) / (1 - byChance);
  values[at('balancedAccuracy')] = macro(values, classes, 'sensitivity');
  for (const name of classNames)
    values[at(name)] =
      positive === null ? macro(values, classes, name) : values[classMetricAt(positive, name)]!;
}

function macro(values: Float64Array, classes: number, name: ClassMetricName): number {
  let sum = 0;
  let counted = 0;
  for (let label = 0; label < classes; label++) {
    const value = values[classMetricAt(label, name)]!;
    const neverPredicted =
      name === 'precision' &&
      Number.isNaN(value) &&
      !Number.isNaN(values[classMetricAt(label, 'sensitivity')]!);
    if (Number.isNaN(value) && !neverPredicted) continue;
    sum += neverPredicted ? 0 : value;
    counted++;
  }
  return sum / counted;
}

function ranking({ count, classes, truth, probabilities }: Cases, label: number): Ranking {
  const scores = Float64Array.from({ length: count }, (_, row) => probabilities[row * classes + label]!);
  return rankingOf(scores, (row) => truth[row] === label);
}

function squaredErrors({ count, classes, truth, probabilities, positive }: Cases): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => {
    if (positive !== null)
      return (probabilities[row * classes + positive]! - (truth[row] === positive ? 1 : 0)) ** 2;
    let sum = 0;
    for (let label = 0; label < classes; label++)
      sum += (probabilities[row * classes + label]! - (truth[row] === label ? 1 : 0)) ** 2;
    return sum;
  });
}

function topFive({ count, classes, truth, probabilities }: Cases): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => {
    const own = probabilities[row * classes + truth[row]!]!;
    let ahead = 0;
    for (let label = 0; label < classes; label++) {
      const other = probabilities[row * classes + label]!;
      if (other > own || (other === own && label < truth[row]!)) ahead++;
    }
    return ahead < 5 ? 1 : 0;
  });
}

function calibrationErrors(cases: Cases): (binning: 'width' | 'mass', weights: Float64Array) => number {
  const { confidence, outcome } = confidences(cases);
  const bins = Uint8Array.from(confidence, widthBin);
  const order = ascending(confidence);
  const sums = emptySums();
  return (binning, weights) => {
    if (binning === 'width') addWidthBins(sums, bins, confidence, outcome, weights);
    else addMassBins(sums, order, confidence, outcome, weights);
    return errorOfSums(sums);
  };
}

/** What calibration is judged on: the probability said, and 1 where it came true. */
export function confidences(cases: Cases): { confidence: Float64Array; outcome: Uint8Array } {
  const { count, classes, truth, probabilities, positive } = cases;
  const confidence = new Float64Array(count);
  const outcome = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const label = positive ?? highest(probabilities, row * classes, classes);
    confidence[row] = probabilities[row * classes + label]!;
    outcome[row] = truth[row] === label ? 1 : 0;
  }
  return { confidence, outcome };
}

/** Index of the highest of `length` values from `start`; the first among equals. */
export function highest(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let index = 1; index < length; index++)
    if (values[start + index]! > values[start + best]!) best = index;
  return best;
}
