import type { Metric } from '../contract/run.ts';
import { limitDeviations, limitsOfAgreement } from './agreement-measures.ts';
import { estimateFigures, type MetricFacts, metricsByName, refuseNoRows } from './metric-intervals.ts';
import type { Resampling, WeightedFigures } from './resample.ts';
import {
  pearsonOf,
  spearmanOf,
  weightedMeanOf,
  weightedMedianOf,
  weightedVarianceOf,
} from './weighted-statistics.ts';

/** One case of a regression, in the label's unit. Rows of one patient carry the same `patient`. */
export interface NumberRow {
  readonly patient: string;
  readonly truth: number;
  readonly value: number;
}

export const numberNames = [
  'mae',
  'rmse',
  'medianError',
  'r2',
  'bias',
  'lowerLimit',
  'upperLimit',
  'pearson',
  'spearman',
] as const;
export type NumberMetricName = (typeof numberNames)[number];

/** Of always predicting the training mean; `maeReduction`: by how much less the model errs. */
export const baselineNames = ['mae', 'rmse', 'maeReduction'] as const;
export type NumberBaselineName = (typeof baselineNames)[number];

export interface NumberEvaluation {
  readonly metrics: Record<NumberMetricName, Metric>;
  readonly baseline: Record<NumberBaselineName, Metric>;
}

export interface NumberEvaluationInput extends Resampling {
  readonly rows: readonly NumberRow[];
  /** Mean of the training part's true numbers: the plain baseline. */
  readonly trainingMean: number;
}

/**
 * Metrics of predicted numbers with 95 % intervals, a percentile bootstrap over patients; fewer than ten patients: the
 * method begins with `too few (n = …)`. Errors are predicted − true. R² is 1 − Σ error² / Σ (true − mean of these true
 * numbers)², so a prediction of that mean has 0 and a worse one less; null where all true numbers are equal.
 *
 * @throws ReadroomError `emptySplit` without rows
 */
export function* evaluateNumbersInSteps(
  input: NumberEvaluationInput,
): Generator<number, NumberEvaluation, undefined> {
  const { rows, trainingMean } = input;
  const estimated = yield* estimateFigures(numberFigures(rows, trainingMean), rows, input);
  const metric = (place: number, { note, whyUndefined }: Notes): Metric => {
    const facts: MetricFacts = {
      kind: 'unbounded',
      n: estimated.patientCount,
      ofSmallest: false,
      greatest: Infinity,
      note,
      whyUndefined,
    };
    return estimated.metric(facts, place);
  };
  const ofBaseline = baselineNotes(trainingMean);
  return {
    metrics: metricsByName(numberNames, (name, place) => metric(place, numberNotes[name])),
    baseline: metricsByName(baselineNames, (name, place) =>
      metric(numberNames.length + place, ofBaseline[name]),
    ),
  };
}

/** The figures of `evaluateNumbersInSteps`, the baseline's as `baseline.<name>`. @throws ReadroomError `emptySplit` */
export function numberFigures(rows: readonly NumberRow[], trainingMean: number): WeightedFigures {
  refuseNoRows(rows);
  rows.forEach(({ truth, value }, index) => {
    if (!Number.isFinite(truth) || !Number.isFinite(value))
      throw new RangeError(`Row ${index} holds no number: true ${truth}, predicted ${value}`);
  });
  const truths = Float64Array.from(rows, ({ truth }) => truth);
  const predictions = Float64Array.from(rows, ({ value }) => value);
  const errors = predictions.map((value, row) => value - truths[row]!);
  const baselineErrors = truths.map((truth) => trainingMean - truth);
  const mae = weightedMeanOf(errors.map(Math.abs));
  const meanSquare = weightedMeanOf(errors.map(square));
  const variance = weightedVarianceOf(truths);
  const medianError = weightedMedianOf(errors.map(Math.abs));
  const limits = limitsOfAgreement(errors);
  const pearson = pearsonOf(predictions, truths);
  const spearman = spearmanOf(predictions, truths);
  const baselineMae = weightedMeanOf(baselineErrors.map(Math.abs));
  const baselineMeanSquare = weightedMeanOf(baselineErrors.map(square));
  return {
    names: [...numberNames, ...baselineNames.map((name) => `baseline.${name}`)],
    rows: rows.length,
    work: rows.length * 20,
    write: (weights, values) => {
      const ofModel = mae(weights);
      const ofBaseline = baselineMae(weights);
      const squared = meanSquare(weights);
      values.set([
        ofModel,
        Math.sqrt(squared),
        medianError(weights),
        1 - squared / variance(weights),
        ...limits(weights),
        pearson(weights),
        spearman(weights),
        ofBaseline,
        Math.sqrt(baselineMeanSquare(weights)),
        ofBaseline - ofModel,
      ]);
    },
  };
}

interface Notes {
  readonly note: string;
  readonly whyUndefined?: string;
}

const oneImage = 'one image is too few';
const constant = 'all true numbers or all predicted ones are the same';

const numberNotes: Record<NumberMetricName, Notes> = {
  mae: { note: '' },
  rmse: { note: '' },
  medianError: { note: 'median of absolute errors' },
  r2: { note: 'against the mean of these true numbers', whyUndefined: 'all true numbers are the same' },
  bias: { note: 'mean of predicted − true' },
  lowerLimit: { note: `bias − ${limitDeviations} standard deviations of errors`, whyUndefined: oneImage },
  upperLimit: { note: `bias + ${limitDeviations} standard deviations of errors`, whyUndefined: oneImage },
  pearson: { note: '', whyUndefined: constant },
  spearman: { note: '', whyUndefined: constant },
};

function baselineNotes(trainingMean: number): Record<NumberBaselineName, Notes> {
  const note = `predicting the training mean, ${Number(trainingMean.toPrecision(4))}, for every image`;
  return {
    mae: { note },
    rmse: { note },
    maeReduction: { note: `mean absolute error less than by ${note}` },
  };
}

const square = (value: number): number => value * value;
