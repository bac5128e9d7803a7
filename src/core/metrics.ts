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
} from './metric-values.ts';
import {
  classFacts,
  countPatients,
  estimateFigures,
  overallFacts,
  refuseNoRows,
} from './metric-intervals.ts';
import type { Resampling, WeightedFigures } from './resample.ts';
import { finish } from './steps.ts';

/** One case: rows of one patient carry the same `patient`. Probabilities in the order of the classes. */
export interface PredictedRow {
  readonly patient: string;
  readonly truth: number;
  readonly probabilities: readonly number[];
}

export interface EvaluationInput extends Resampling {
  readonly rows: readonly PredictedRow[];
  readonly classes: readonly string[];
  /** Positive class of a binary task, null for the last; not used with more classes. */
  readonly positive: number | null;
  /** Binary: the positive class is given from this probability on; null, or more classes: the highest wins. */
  readonly threshold: number | null;
}

export interface EvaluatedMetrics {
  /** Rows truth, columns prediction. */
  readonly confusion: number[][];
  readonly metrics: Record<string, Metric>;
  /** One-vs-rest values by class name; only with more than two classes. */
  readonly perClass?: Record<string, Record<string, Metric>>;
}

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
  return finish(evaluateInSteps(input));
}

/**
 * The same in steps of a few milliseconds, for callers that must stay responsive: yields the share done.
 */
export function* evaluateInSteps(input: EvaluationInput): Generator<number, EvaluatedMetrics, undefined> {
  const cases = layOut(input);
  const { patients, metric } = yield* estimateFigures(figuresOf(cases), input.rows, input);
  const facts = { cases, counts: countPatients(cases, patients) };
  const metrics: Record<string, Metric> = {};
  for (const name of overallNames) {
    if (name === 'top5' && cases.classes < top5From) continue;
    metrics[name] = metric(overallFacts(name, facts), at(name));
  }
  if (cases.positive !== null) return { confusion: confusionOf(cases), metrics };

  const perClass: [string, Record<string, Metric>][] = [];
  for (const [label, className] of input.classes.entries()) {
    const ofClass: Record<string, Metric> = {};
    for (const name of classNames)
      ofClass[name] = metric(classFacts(name, label, facts), classMetricAt(label, name));
    perClass.push([className, ofClass]);
    yield 1;
  }
  return { confusion: confusionOf(cases), metrics, perClass: Object.fromEntries(perClass) };
}

/** The figures of `evaluateInSteps`, overall ones first and by their names. @throws ReadroomError `emptySplit` */
export function classFigures(input: Omit<EvaluationInput, 'seed'>): WeightedFigures {
  return figuresOf(layOut(input));
}

function figuresOf(cases: Cases): WeightedFigures {
  const labels = Array.from({ length: cases.classes }, (_, label) => label);
  return {
    names: [...overallNames, ...labels.flatMap((label) => classNames.map((name) => `${label}.${name}`))],
    rows: cases.count,
    work: cases.count * (cases.positive === null ? cases.classes : 1),
    write: metricCalculator(cases),
  };
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

function layOut({ rows, classes, positive, threshold }: Omit<EvaluationInput, 'seed'>): Cases {
  refuseNoRows(rows);
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

function confusionOf({ classes, truth, predicted, count }: Cases): number[][] {
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < count; row++) table[truth[row]!]![predicted[row]!]!++;
  return table;
}
