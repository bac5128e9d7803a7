import type { Metric } from '../contract/run.ts';
import type { MaskComparison, MaskOutcome } from './mask-comparison.ts';
import {
  estimateFigures,
  macroFacts,
  type MetricFacts,
  metricsByName,
  patientsWhere,
  refuseNoRows,
} from './metric-intervals.ts';
import type { Resampling, WeightedFigures } from './resample.ts';
import { weightedMeanOf, weightedMedianOf, type WeightedStatistic } from './weighted-statistics.ts';

/** One image of a segmentation. Rows of one patient carry the same `patient`. */
export interface MaskRow {
  readonly patient: string;
  /** In the order of the classes. */
  readonly comparisons: readonly MaskComparison[];
  /** Of its distances: `mm` where the spacing was known. */
  readonly unit: 'mm' | 'px';
}

export interface MaskInput extends Resampling {
  readonly rows: readonly MaskRow[];
  readonly classes: readonly string[];
}

/** `dice`, `iou` and `hd95Mean` are means over images, `hd95` the median; `globalDice` is of all pixels together. */
export const maskNames = ['dice', 'globalDice', 'iou', 'hd95', 'hd95Mean'] as const;
export type MaskMetricName = (typeof maskNames)[number];

export interface MaskEvaluation {
  /** Unweighted means over the classes that have the value. */
  readonly metrics: Record<MaskMetricName, Metric>;
  /** By class name. */
  readonly perClass: Record<string, Record<MaskMetricName, Metric>>;
  /** By class name: how many images stand how. */
  readonly outcomes: Record<string, Record<MaskOutcome, number>>;
}

/**
 * Metrics of a segmentation with 95 % intervals, a percentile bootstrap over patients by the rules of
 * `evaluateInSteps`. An image in which a class is neither drawn nor predicted does not count for that class; one in
 * which it is drawn only or predicted only counts with Dice and IoU 0 and has no distance: `outcomes` says how many
 * those are.
 *
 * @throws ReadroomError `emptySplit` without rows
 */
export function* evaluateMasksInSteps(input: MaskInput): Generator<number, MaskEvaluation, undefined> {
  const { rows, classes } = input;
  const { patients, metric } = yield* estimateFigures(maskFigures(input), rows, input);
  const metricsOf = (block: number, facts: (name: MaskMetricName) => MetricFacts) =>
    metricsByName(maskNames, (name, index) => metric(facts(name), block * maskNames.length + index));
  const ofClasses = classes.map((_, label) => factsOfClass(rows, patients, label));
  const perClass = ofClasses.map((facts, label) => metricsOf(label + 1, facts));
  return {
    metrics: perClass.length === 1 ? perClass[0]! : metricsOf(0, factsOfAll(rows, ofClasses)),
    perClass: Object.fromEntries(classes.map((name, label) => [name, perClass[label]!])),
    outcomes: Object.fromEntries(classes.map((name, label) => [name, outcomesOf(rows, label)])),
  };
}

/** The figures of `evaluateMasksInSteps`, overall ones first and by their names. @throws ReadroomError `emptySplit` */
export function maskFigures({ rows, classes }: Pick<MaskInput, 'rows' | 'classes'>): WeightedFigures {
  refuseNoRows(rows);
  rows.forEach(({ comparisons }, index) => {
    if (comparisons.length !== classes.length)
      throw new RangeError(`Row ${index} does not fit ${classes.length} classes`);
  });
  const ofClasses = classes.map((_, label) => statisticsOf(rows, label));
  return {
    names: [...maskNames, ...classes.flatMap((_, label) => maskNames.map((name) => `${label}.${name}`))],
    rows: rows.length,
    work: rows.length * classes.length * maskNames.length,
    write: (weights, values) => {
      maskNames.forEach((_, index) => {
        let [sum, counted] = [0, 0];
        ofClasses.forEach((statistics, label) => {
          const value = statistics[index]!(weights);
          values[(label + 1) * maskNames.length + index] = value;
          if (Number.isNaN(value)) return;
          sum += value;
          counted++;
        });
        values[index] = sum / counted;
      });
    },
  };
}

/** Of one class, in the order of `maskNames`. */
function statisticsOf(rows: readonly MaskRow[], label: number): WeightedStatistic[] {
  const ofClass = rows.map(({ comparisons }) => comparisons[label]!);
  const [dice, iou] = [countedOf(ofClass, 'dice'), countedOf(ofClass, 'iou')];
  const distances = unitOf(rows) === null ? countedOf([], 'hd95') : countedOf(ofClass, 'hd95');
  return [
    weightedMeanOf(dice.values, dice.rows),
    globalDiceOf(ofClass),
    weightedMeanOf(iou.values, iou.rows),
    weightedMedianOf(distances.values, distances.rows),
    weightedMeanOf(distances.values, distances.rows),
  ];
}

function countedOf(
  ofClass: readonly MaskComparison[],
  name: 'dice' | 'iou' | 'hd95',
): { values: Float64Array; rows: Int32Array } {
  const rows = Int32Array.from(ofClass.keys()).filter((row) => ofClass[row]![name] !== null);
  return { rows, values: Float64Array.from(rows, (row) => ofClass[row]![name]!) };
}

function globalDiceOf(ofClass: readonly MaskComparison[]): WeightedStatistic {
  const hits = Float64Array.from(ofClass, ({ truePositives }) => 2 * truePositives);
  const wrong = Float64Array.from(
    ofClass,
    ({ falsePositives, falseNegatives }) => falsePositives + falseNegatives,
  );
  return (weights) => {
    let [agreed, all] = [0, 0];
    for (let row = 0; row < hits.length; row++) {
      agreed += weights[row]! * hits[row]!;
      all += weights[row]! * (hits[row]! + wrong[row]!);
    }
    return agreed / all;
  };
}

/** The unit of all distances; null where images differ in it. */
function unitOf(rows: readonly MaskRow[]): 'mm' | 'px' | null {
  const unit = rows[0]!.unit;
  return rows.every((row) => row.unit === unit) ? unit : null;
}

type FactsOf = (name: MaskMetricName) => MetricFacts;

const mixedUnits = 'some images have no pixel spacing, and millimetres and pixels cannot be put together';

function factsOfClass(rows: readonly MaskRow[], patients: Int32Array, label: number): FactsOf {
  const outcome = (row: number): MaskOutcome => rows[row]!.comparisons[label]!.outcome;
  const counted = outcomesOf(rows, label);
  const unit = unitOf(rows);
  return (name) => {
    const isDistance = name === 'hd95' || name === 'hd95Mean';
    const n = patientsWhere(patients, (row) =>
      isDistance ? outcome(row) === 'both' : outcome(row) !== 'absent',
    );
    const facts = { n, ofSmallest: false, greatest: 1 };
    if (isDistance) {
      const images = `${name === 'hd95' ? 'median' : 'mean'} over ${counted.both} images with both`;
      const note = unit === null ? '' : `${images}, ${unit}`;
      const whyUndefined = unit === null ? mixedUnits : 'no image has it both drawn and predicted';
      return { ...facts, kind: 'unbounded', note, whyUndefined };
    }
    const images = rows.length - counted.absent;
    const note = name === 'globalDice' ? 'pixels of all images together' : `mean over ${images} images`;
    return { ...facts, kind: 'mean', note, whyUndefined: 'no image has it drawn or predicted' };
  };
}

function factsOfAll(rows: readonly MaskRow[], ofClasses: readonly FactsOf[]): FactsOf {
  const unit = unitOf(rows);
  return (name) => {
    const isDistance = name === 'hd95' || name === 'hd95Mean';
    const behind = ofClasses.map((facts) => facts(name).n).filter((n) => n > 0);
    const facts = macroFacts(behind, ofClasses.length);
    if (!isDistance) return { ...facts, whyUndefined: 'no image has a class drawn or predicted' };
    const whyUndefined = unit === null ? mixedUnits : 'no image has a class both drawn and predicted';
    return { ...facts, kind: 'unbounded', note: unit === null ? '' : `${facts.note}, ${unit}`, whyUndefined };
  };
}

function outcomesOf(rows: readonly MaskRow[], label: number): Record<MaskOutcome, number> {
  const counts = { both: 0, missed: 0, false: 0, absent: 0 };
  for (const { comparisons } of rows) counts[comparisons[label]!.outcome]++;
  return counts;
}
