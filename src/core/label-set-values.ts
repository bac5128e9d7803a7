import { addWidthBins, emptySums, errorOfSums, widthBin } from './calibration.ts';
import { refuseNoRows } from './metric-intervals.ts';
import { type Cases, classNames } from './metric-values.ts';
import { rankingOf, weightedAuc, weightedAveragePrecision } from './ranking.ts';
import type { Resampling, WeightedFigures } from './resample.ts';
import { weightedMeanOf } from './weighted-statistics.ts';

/** One case of a multi-label task. Rows of one patient carry the same `patient`. */
export interface LabelSetRow {
  readonly patient: string;
  /** Indices of the classes that it shows, none to all. */
  readonly truth: readonly number[];
  /** One a class, each on its own. */
  readonly probabilities: readonly number[];
}

export interface LabelSetInput extends Resampling {
  readonly rows: readonly LabelSetRow[];
  readonly classes: readonly string[];
  /** By class: it is given from this probability on. Chosen on validation, see `chooseThresholds`. */
  readonly thresholds: readonly number[];
}

export const labelSetNames = [
  'auc',
  'meanAveragePrecision',
  'f1',
  'microF1',
  'exactMatch',
  'hammingLoss',
  'brier',
  'ece',
] as const;
export type LabelSetMetricName = (typeof labelSetNames)[number];

export const labelNames = [...classNames, 'averagePrecision', 'prevalence'] as const;
export type LabelMetricName = (typeof labelNames)[number];

/** Place of a class's metric in the figures. */
export function placeOf(label: number, name: LabelMetricName): number {
  return labelSetNames.length + label * labelNames.length + labelNames.indexOf(name);
}

/** Each class as a task of two, shown (1) or not (0). @throws ReadroomError `emptySplit` without rows */
export function layOutLabelSets({ rows, classes, thresholds }: Omit<LabelSetInput, 'seed'>): Cases[] {
  refuseNoRows(rows);
  if (thresholds.length !== classes.length || classes.length === 0)
    throw new RangeError(`${thresholds.length} thresholds for ${classes.length} classes`);
  rows.forEach(({ truth, probabilities }, index) => {
    if (probabilities.length !== classes.length || truth.some((label) => !(label in classes)))
      throw new RangeError(`Row ${index} does not fit ${classes.length} classes`);
  });
  return classes.map((_, label) => {
    const probabilities = new Float64Array(rows.length * 2);
    rows.forEach((row, index) => {
      probabilities[index * 2] = 1 - row.probabilities[label]!;
      probabilities[index * 2 + 1] = row.probabilities[label]!;
    });
    return {
      count: rows.length,
      classes: 2,
      truth: Int32Array.from(rows, ({ truth }) => (truth.includes(label) ? 1 : 0)),
      predicted: Int32Array.from(rows, (row) => (row.probabilities[label]! >= thresholds[label]! ? 1 : 0)),
      probabilities,
      positive: 1,
    };
  });
}

/** Overall figures first and by their names, then each class's as `<class>.<metric>`. */
export function labelSetFiguresOf(byClass: readonly Cases[]): WeightedFigures {
  const rows = byClass[0]!.count;
  const everyRow = Int32Array.from({ length: rows }, (_, row) => row);
  const ofClass = byClass.map(classWriter);
  const right = byClass.map(({ truth, predicted }) =>
    Uint8Array.from(truth, (shown, row) => (shown === predicted[row] ? 1 : 0)),
  );
  const overRow = (value: (label: number, row: number) => number): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) =>
      byClass.reduce((sum, _cases, label) => sum + value(label, row), 0),
    );
  const rightDecisions = overRow((label, row) => right[label]![row]!);
  const exactMatch = weightedMeanOf(rightDecisions.map((count) => (count === byClass.length ? 1 : 0)));
  const hammingLoss = weightedMeanOf(rightDecisions.map((count) => 1 - count / byClass.length));
  const brier = weightedMeanOf(
    overRow((label, row) => (shownProbability(byClass[label]!, row) - byClass[label]!.truth[row]!) ** 2).map(
      (sum) => sum / byClass.length,
    ),
  );
  const calibrationError = pooledCalibrationError(byClass);
  return {
    names: [...labelSetNames, ...byClass.flatMap((_, label) => labelNames.map((name) => `${label}.${name}`))],
    rows,
    work: rows * byClass.length * 6,
    write: (weights, values) => {
      const micro = { hits: 0, truths: 0, predictions: 0, images: weightOf(everyRow, weights) };
      ofClass.forEach((write, label) => write(weights, values, placeOf(label, labelNames[0]), micro));
      const macro = (name: LabelMetricName): number => meanOverClasses(values, byClass.length, name);
      values.set([
        macro('auc'),
        macro('averagePrecision'),
        macro('f1'),
        (2 * micro.hits) / (micro.truths + micro.predictions),
        exactMatch(weights),
        hammingLoss(weights),
        brier(weights),
        calibrationError(weights),
      ]);
    },
  };
}

/** Sums over all classes, and how many images count. */
interface Decisions {
  readonly images: number;
  hits: number;
  truths: number;
  predictions: number;
}

function classWriter(
  cases: Cases,
): (weights: Float64Array, values: Float64Array, at: number, sums: Decisions) => void {
  const { count, truth, predicted } = cases;
  const scores = Float64Array.from({ length: count }, (_, row) => shownProbability(cases, row));
  const ranking = rankingOf(scores, (row) => truth[row] === 1);
  const rowsWhere = (holds: (row: number) => boolean): Int32Array =>
    Int32Array.from(truth.keys()).filter(holds);
  const shownRows = rowsWhere((row) => truth[row] === 1);
  const givenRows = rowsWhere((row) => predicted[row] === 1);
  const hitRows = rowsWhere((row) => truth[row] === 1 && predicted[row] === 1);
  return (weights, values, at, sums) => {
    const total = sums.images;
    const truths = weightOf(shownRows, weights);
    const predictions = weightOf(givenRows, weights);
    const hits = weightOf(hitRows, weights);
    sums.hits += hits;
    sums.truths += truths;
    sums.predictions += predictions;
    const rejections = total - truths - predictions + hits;
    const set = (name: LabelMetricName, value: number): void => {
      values[at + labelNames.indexOf(name)] = value;
    };
    set('sensitivity', hits / truths);
    set('specificity', rejections / (total - truths));
    set('precision', hits / predictions);
    set('npv', rejections / (total - predictions));
    set('f1', truths === 0 ? NaN : (2 * hits) / (truths + predictions));
    set('auc', weightedAuc(ranking, weights));
    set('averagePrecision', weightedAveragePrecision(ranking, weights));
    set('prevalence', truths / total);
  };
}

function weightOf(rows: Int32Array, weights: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < rows.length; index++) sum += weights[rows[index]!]!;
  return sum;
}

function meanOverClasses(values: Float64Array, classes: number, name: LabelMetricName): number {
  let sum = 0;
  let counted = 0;
  for (let label = 0; label < classes; label++) {
    const value = values[placeOf(label, name)]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    counted++;
  }
  return sum / counted;
}

function pooledCalibrationError(byClass: readonly Cases[]): (weights: Float64Array) => number {
  const rows = byClass[0]!.count;
  const count = rows * byClass.length;
  const probabilities = new Float64Array(count);
  const outcome = new Uint8Array(count);
  byClass.forEach((cases, label) => {
    for (let row = 0; row < rows; row++) {
      probabilities[label * rows + row] = shownProbability(cases, row);
      outcome[label * rows + row] = cases.truth[row]!;
    }
  });
  const bins = Uint8Array.from(probabilities, widthBin);
  const sums = emptySums();
  const repeated = new Float64Array(count);
  return (weights) => {
    for (let label = 0; label < byClass.length; label++) repeated.set(weights, label * rows);
    addWidthBins(sums, bins, probabilities, outcome, repeated);
    return errorOfSums(sums);
  };
}

const shownProbability = ({ probabilities }: Cases, row: number): number => probabilities[row * 2 + 1]!;
