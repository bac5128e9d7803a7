import { ReadroomError } from '../contract/errors.ts';
import type { Metric } from '../contract/run.ts';
import {
  type Cases,
  at,
  classMetricAt,
  classNames,
  highest,
  metricCalculator,
  overallNames,
  top5From,
  valueCount,
} from './metric-values.ts';
import { classFacts, countPatients, overallFacts, toMetric } from './metric-intervals.ts';
import { numberPatients, patientResampler } from './resample.ts';

/** One case: rows of one patient carry the same `patient`. Probabilities in the order of the classes. */
export interface PredictedRow {
  readonly patient: string;
  readonly truth: number;
  readonly probabilities: readonly number[];
}

export interface EvaluationInput {
  readonly rows: readonly PredictedRow[];
  readonly classes: readonly string[];
  /** Positive class of a binary task, null for the last; not used with more classes. */
  readonly positive: number | null;
  /** Binary: the positive class is given from this probability on; null, or more classes: the highest wins. */
  readonly threshold: number | null;
  readonly seed: number;
  /** Resamples of patients, 2,000 unless given. */
  readonly resamples?: number;
}

export interface EvaluatedMetrics {
  /** Rows truth, columns prediction. */
  readonly confusion: number[][];
  readonly metrics: Record<string, Metric>;
  /** One-vs-rest values by class name; only with more than two classes. */
  readonly perClass?: Record<string, Record<string, Metric>>;
}

const defaultResamples = 2000;
/** Row × class × resample steps after which fewer resamples are drawn, about 20 seconds' worth. */
const largestWork = 6e9;
const fewestResamples = 400;
const stepsBetweenPauses = 2e6;

/**
 * Every metric of an evaluation with its 95 % interval and how it was made.
 *
 * One row a patient: Wilson for proportions, DeLong on the logit scale for AUCs. Else, and for all other
 * metrics, a percentile bootstrap that resamples patients. A value at the end of its range, where a
 * bootstrap cannot vary, gets an exact bound from the number of patients behind it. Fewer than ten
 * patients behind a denominator: the value stays and the method begins with `too few (n = …)`; none: null.
 *
 * @throws ReadroomError `emptySplit` without rows.
 */
export function evaluatePredictions(input: EvaluationInput): EvaluatedMetrics {
  const work = evaluateInSteps(input);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/**
 * The same in steps of a few milliseconds, for callers that must stay responsive: yields the share done.
 */
export function* evaluateInSteps(input: EvaluationInput): Generator<number, EvaluatedMetrics, undefined> {
  const cases = layOut(input);
  const patients = numberPatients(input.rows);
  const calculate = metricCalculator(cases);
  const values = new Float64Array(valueCount(cases.classes));
  calculate(new Float64Array(cases.count).fill(1), values);

  yield 0;

  const width = cases.positive === null ? cases.classes : 1;
  const affordable = Math.floor(largestWork / (cases.count * width));
  const resamples = Math.min(input.resamples ?? defaultResamples, Math.max(fewestResamples, affordable));
  const samples = yield* resample(cases, patients, calculate, values.length, resamples, input.seed);

  const counts = countPatients(cases, patients);
  const facts = { cases, counts, oneRowEach: counts.all === cases.count };
  const metrics: Record<string, Metric> = {};
  for (const name of overallNames) {
    const index = at(name);
    if (name === 'top5' && cases.classes < top5From) continue;
    metrics[name] = toMetric(overallFacts(name, facts), values[index]!, samples[index]!, facts);
  }
  if (cases.positive !== null) return { confusion: confusionOf(cases), metrics };

  const perClass: [string, Record<string, Metric>][] = [];
  for (const [label, className] of input.classes.entries()) {
    const ofClass: Record<string, Metric> = {};
    for (const name of classNames) {
      const index = classMetricAt(label, name);
      ofClass[name] = toMetric(classFacts(name, label, facts), values[index]!, samples[index]!, facts);
    }
    perClass.push([className, ofClass]);
    yield 1;
  }
  return { confusion: confusionOf(cases), metrics, perClass: Object.fromEntries(perClass) };
}

/** The class that an evaluation gives to each row: by the threshold if there is one, else the most probable. */
export function predictedClass(
  probabilities: ArrayLike<number>,
  positive: number | null,
  threshold: number | null,
): number {
  if (positive !== null && threshold !== null && probabilities.length === 2)
    return probabilities[positive]! >= threshold ? positive : 1 - positive;
  return highest(probabilities, 0, probabilities.length);
}

function layOut({ rows, classes, positive, threshold }: EvaluationInput): Cases {
  if (rows.length === 0)
    throw new ReadroomError(
      'emptySplit',
      'There is no labelled image to evaluate on.',
      'Choose another split or make a new one.',
    );
  const positiveClass = classes.length === 2 ? (positive ?? 1) : null;
  const probabilities = new Float64Array(rows.length * classes.length);
  rows.forEach((row, index) => {
    if (row.probabilities.length !== classes.length || !(row.truth >= 0 && row.truth < classes.length))
      throw new RangeError(`Row ${index} does not fit ${classes.length} classes`);
    probabilities.set(row.probabilities, index * classes.length);
  });
  return {
    count: rows.length,
    classes: classes.length,
    truth: Int32Array.from(rows, ({ truth }) => truth),
    predicted: Int32Array.from(rows, (row) => predictedClass(row.probabilities, positiveClass, threshold)),
    probabilities,
    positive: positiveClass,
  };
}

/** Each metric's values over resamples of as many patients as there are, drawn with replacement. */
function* resample(
  cases: Cases,
  patients: Int32Array,
  calculate: (weights: Float64Array, values: Float64Array) => void,
  metrics: number,
  resamples: number,
  seed: number,
): Generator<number, Float64Array[], undefined> {
  const resamplePatients = patientResampler(patients, seed);
  const weights = new Float64Array(cases.count);
  const values = new Float64Array(metrics);
  const samples = Array.from({ length: metrics }, () => new Float64Array(resamples));
  const work = cases.count * (cases.positive === null ? cases.classes : 1);
  let sincePause = 0;
  for (let index = 0; index < resamples; index++) {
    resamplePatients(weights);
    calculate(weights, values);
    for (let metric = 0; metric < metrics; metric++) samples[metric]![index] = values[metric]!;
    sincePause += work;
    if (sincePause > stepsBetweenPauses) {
      sincePause = 0;
      yield (index + 1) / resamples;
    }
  }
  return samples;
}

function confusionOf({ classes, truth, predicted, count }: Cases): number[][] {
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < count; row++) table[truth[row]!]![predicted[row]!]!++;
  return table;
}
