import type { Metric } from '../contract/run.ts';
import { cohen, shareOfAgreed, type Weighted } from './agreement-measures.ts';
import { estimateFigures, type MetricFacts, refuseNoRows } from './metric-intervals.ts';
import { type EvaluatedMetrics, type EvaluationInput, evaluateInSteps, predictedClass } from './metrics.ts';
import type { WeightedFigures } from './resample.ts';
import { spearmanOf, weightedMeanOf } from './weighted-statistics.ts';

/** Metrics that take the order of the classes into account. */
export const gradeNames = ['kappaQuadratic', 'kappaLinear', 'gradeError', 'withinOne', 'spearman'] as const;
export type GradeMetricName = (typeof gradeNames)[number];

export type GradeInput = Omit<EvaluationInput, 'positive' | 'threshold'>;

/**
 * The metrics of `evaluateInSteps` for classes in ascending order, and those that count how far off a grade is:
 * weighted kappas (Cohen 1968), mean absolute error in grades, the share at most one grade off, Spearman's correlation.
 * A row's grade is the most probable one. With two grades too, no threshold is used.
 *
 * @throws ReadroomError `emptySplit` without rows
 */
export function* evaluateGradesInSteps(input: GradeInput): Generator<number, EvaluatedMetrics, undefined> {
  const ofClasses = yield* evaluateInSteps({ ...input, positive: null, threshold: null });
  const { patientCount, metric } = yield* estimateFigures(gradeFigures(input), input.rows, input);
  const metrics: Record<string, Metric> = { ...ofClasses.metrics };
  for (const [place, name] of gradeNames.entries()) {
    // Of two grades no prediction lies further off than one.
    if (name === 'withinOne' && input.classes.length < 3) continue;
    metrics[name] = metric(gradeFacts(name, patientCount, input), place);
  }
  return { ...ofClasses, metrics };
}

type Graded = Pick<GradeInput, 'rows' | 'classes'>;

const gradesOf = ({ rows }: Graded) => ({
  truth: rows.map((row) => row.truth),
  predicted: rows.map((row) => predictedClass(row.probabilities, null, null)),
  every: Int32Array.from(rows.keys()),
});

function kappaOf(of: Graded, weights: 'linear' | 'quadratic'): Weighted {
  const { truth, predicted, every } = gradesOf(of);
  return cohen(truth, predicted, every, of.classes.length, weights);
}

/** The figures of grades alone. @throws ReadroomError `emptySplit` */
export function gradeFigures(of: Graded): WeightedFigures {
  const { rows } = of;
  refuseNoRows(rows);
  const { truth, predicted, every } = gradesOf(of);
  const [quadratic, linear] = [kappaOf(of, 'quadratic'), kappaOf(of, 'linear')];
  const error = weightedMeanOf(truth.map((grade, row) => Math.abs(predicted[row]! - grade)));
  const within = shareOfAgreed(truth, predicted, every, 1);
  const spearman = spearmanOf(truth, predicted);
  return {
    names: gradeNames,
    rows: rows.length,
    work: rows.length * 10,
    write: (weights, values) => {
      values.set([
        quadratic(weights).value,
        linear(weights).value,
        error(weights),
        within(weights).value,
        spearman(weights),
      ]);
    },
  };
}

function gradeFacts(name: GradeMetricName, n: number, of: Graded): MetricFacts {
  const facts = { n, ofSmallest: false, greatest: 1, note: '', whyUndefined: 'all are of one grade' };
  const kappa = (weights: 'linear' | 'quadratic'): MetricFacts => ({
    ...{ ...facts, kind: 'kappa', note: `${weights} weights` },
    chance: () => kappaOf(of, weights)(new Float64Array(of.rows.length).fill(1)).chance,
  });
  switch (name) {
    case 'kappaQuadratic':
      return kappa('quadratic');
    case 'kappaLinear':
      return kappa('linear');
    case 'gradeError':
      return {
        ...facts,
        kind: 'error',
        greatest: of.classes.length - 1,
        note: 'mean absolute error in grades',
      };
    case 'withinOne':
      return { ...facts, kind: 'proportion', note: 'at most one grade off' };
    case 'spearman':
      return { ...facts, kind: 'unbounded', whyUndefined: 'all true or all predicted grades are the same' };
  }
}
