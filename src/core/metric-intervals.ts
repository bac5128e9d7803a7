import type { Metric } from '../contract/run.ts';
import { aucEstimate, aucInterval } from './auc.ts';
import type { Cases, ClassMetricName, OverallName } from './metric-values.ts';
import { exactBoundBelowOne, quantileOfSorted, wilsonInterval } from './statistics.ts';

const tooFewBelow = 10;

/** How many patients stand behind a metric, and which interval fits it. */
export interface MetricFacts {
  readonly kind: 'proportion' | 'auc' | 'mean' | 'kappa' | 'error' | 'calibration';
  /** Patients behind its denominator; of an average over classes, the smallest. */
  readonly n: number;
  /** The class of a proportion or AUC of one class. */
  readonly label: number | null;
  /** The greatest value it can take. */
  readonly greatest: number;
  /** What is measured, where the name leaves it open; empty otherwise. */
  readonly note: string;
}

/** Numbers of patients, by class where an array. */
export interface PatientCounts {
  readonly all: number;
  readonly withTruth: readonly number[];
  readonly withOtherTruth: readonly number[];
  readonly withPrediction: readonly number[];
  readonly withOtherPrediction: readonly number[];
}

/** Everything that intervals are made from. */
export interface IntervalFacts {
  readonly cases: Cases;
  readonly counts: PatientCounts;
  readonly oneRowEach: boolean;
}

export function countPatients({ truth, predicted, classes }: Cases, patients: Int32Array): PatientCounts {
  const distinct = (condition: (row: number) => boolean): number => {
    const seen = new Set<number>();
    for (let row = 0; row < patients.length; row++) if (condition(row)) seen.add(patients[row]!);
    return seen.size;
  };
  const byClass = (condition: (row: number, label: number) => boolean): number[] =>
    Array.from({ length: classes }, (_, label) => distinct((row) => condition(row, label)));
  return {
    all: distinct(() => true),
    withTruth: byClass((row, label) => truth[row] === label),
    withOtherTruth: byClass((row, label) => truth[row] !== label),
    withPrediction: byClass((row, label) => predicted[row] === label),
    withOtherPrediction: byClass((row, label) => predicted[row] !== label),
  };
}

/** Facts of a class's one-vs-rest metric. */
export function classFacts(name: ClassMetricName, label: number, { counts }: IntervalFacts): MetricFacts {
  const n = {
    sensitivity: counts.withTruth[label]!,
    specificity: counts.withOtherTruth[label]!,
    precision: counts.withPrediction[label]!,
    npv: counts.withOtherPrediction[label]!,
    f1: counts.withTruth[label]!,
    auc: Math.min(counts.withTruth[label]!, counts.withOtherTruth[label]!),
  }[name];
  const kind = name === 'auc' ? 'auc' : name === 'f1' ? 'mean' : 'proportion';
  return { kind, n, label, greatest: 1, note: '' };
}

/** Facts of an overall metric. */
export function overallFacts(name: OverallName, facts: IntervalFacts): MetricFacts {
  const { cases, counts } = facts;
  const { positive, classes } = cases;
  const whole = { n: counts.all, label: null, greatest: 1, note: '' };
  switch (name) {
    case 'accuracy':
    case 'top5':
      return { ...whole, kind: 'proportion' };
    case 'kappa':
      return { ...whole, kind: 'kappa' };
    case 'brier':
      return positive === null
        ? { ...whole, kind: 'error', greatest: 2, note: 'squared error summed over classes, 0 to 2' }
        : { ...whole, kind: 'error', note: "squared error of the positive class's probability" };
    case 'ece':
    case 'eceEqualMass': {
      const bins = name === 'ece' ? '15 bins of equal width' : '15 bins of equal mass';
      const of =
        positive === null ? 'highest probability against being right' : "positive class's probability";
      return { ...whole, kind: 'calibration', note: `${bins}, ${of}` };
    }
    case 'balancedAccuracy':
      return {
        ...whole,
        kind: 'mean',
        n: smallest(counts.withTruth.filter((n) => n > 0)),
        note: 'mean over classes',
      };
    default: {
      if (positive !== null) return classFacts(name, positive, facts);
      const ofClasses = Array.from({ length: classes }, (_, label) => classFacts(name, label, facts).n);
      const counted = ofClasses.filter(
        (n, label) => n > 0 || (name === 'precision' && counts.withTruth[label]! > 0),
      );
      const some = counted.length < classes ? ` over ${counted.length} of ${classes} classes` : '';
      return { ...whole, kind: 'mean', n: smallest(counted), note: `macro average${some}` };
    }
  }
}

/** Value, interval and method of one metric; `sample` holds its resampled values, NaN where undefined. */
export function toMetric(
  metric: MetricFacts,
  value: number,
  sample: Float64Array,
  facts: IntervalFacts,
): Metric {
  const few = metric.n < tooFewBelow ? [`too few (n = ${metric.n})`] : [];
  const notes = metric.note === '' ? [] : [metric.note];
  const method = (interval: string): string => [...few, ...notes, interval].join('; ');
  if (Number.isNaN(value))
    return { value: null, low: null, high: null, method: method('not defined, no case') };
  const { low, high, how } = interval(metric, value, sample, facts);
  return { value, low, high, method: method(how) };
}

interface Bounds {
  readonly low: number | null;
  readonly high: number | null;
  readonly how: string;
}

function interval(metric: MetricFacts, value: number, sample: Float64Array, facts: IntervalFacts): Bounds {
  if (facts.oneRowEach && metric.kind === 'proportion') {
    const { low, high } = wilsonInterval(Math.round(value * metric.n), metric.n);
    return { low, high, how: `Wilson score interval, n = ${metric.n}` };
  }
  const exact = exactAtEnd(metric, value, facts);
  if (exact) return exact;
  if (facts.oneRowEach && metric.kind === 'auc' && metric.label !== null) return delong(metric.label, facts);
  return bootstrap(metric, value, sample, facts.counts.all);
}

/**
 * A bootstrap of a perfect value shows no spread, so the spread comes from how many patients could have
 * failed: Clopper-Pearson's bound for n of n. For AUC and class averages n is the smallest class's number
 * of patients; for errors the bound on the share of failing patients, each failing as badly as possible;
 * for kappa the bound on agreement at the margins observed.
 */
function exactAtEnd(
  { kind, n, label, greatest }: MetricFacts,
  value: number,
  { cases }: IntervalFacts,
): Bounds | null {
  const bound = exactBoundBelowOne(n);
  const whose = kind === 'auc' || (kind === 'mean' && label === null) ? ' of the smallest class' : '';
  const patients = n === 1 ? 'the one patient' : `all ${n} patients`;
  const how = (what: string): string => `exact bound for ${what} of ${patients}${whose}`;
  if (kind === 'error' || kind === 'calibration')
    return value === 0 ? { low: 0, high: greatest * (1 - bound), how: how('errors in none') } : null;
  if (kind === 'kappa') {
    if (value !== 1) return null;
    const byChance = chanceAgreement(cases);
    return { low: (bound - byChance) / (1 - byChance), high: 1, how: how('agreement') };
  }
  if (value === 1) return { low: bound, high: 1, how: how('success') };
  if (value === 0) return { low: 0, high: 1 - bound, how: how('failure') };
  return null;
}

function delong(label: number, { cases, counts }: IntervalFacts): Bounds {
  const { probabilities, classes, truth } = cases;
  const scores = Float64Array.from(truth, (_, row) => probabilities[row * classes + label]!);
  const bounds = aucInterval(
    aucEstimate(
      scores,
      Uint8Array.from(truth, (value) => Number(value === label)),
    ),
  );
  const n = `n = ${counts.withTruth[label]} against ${counts.withOtherTruth[label]}`;
  return bounds
    ? { ...bounds, how: `DeLong on the logit scale, ${n}` }
    : { low: null, high: null, how: `no interval, DeLong has no variance, ${n}` };
}

function bootstrap({ kind }: MetricFacts, value: number, sample: Float64Array, patients: number): Bounds {
  const sorted = sample.filter((one) => !Number.isNaN(one)).sort();
  const how = `percentile bootstrap of ${patients} patients, ${sample.length} resamples`;
  const none = { low: null, high: null, how: 'no interval, too few patients to resample' };
  if (sorted.length < sample.length / 2 || sorted.length === 0) return none;
  const low = quantileOfSorted(sorted, 0.025);
  const high = quantileOfSorted(sorted, 0.975);
  if (low === high) return none;
  // Resampling inflates a calibration error, so its percentiles can lie wholly above the value.
  if (kind === 'calibration')
    return {
      low: Math.min(low, value),
      high: Math.max(high, value),
      how: `${how}, widened to hold the value`,
    };
  return { low, high, how };
}

function chanceAgreement({ classes, truth, predicted, count }: Cases): number {
  const truths = new Float64Array(classes);
  const predictions = new Float64Array(classes);
  truth.forEach((label) => truths[label]!++);
  predicted.forEach((label) => predictions[label]!++);
  return truths.reduce((sum, times, label) => sum + (times / count) * (predictions[label]! / count), 0);
}

function smallest(counts: readonly number[]): number {
  return counts.length === 0 ? 0 : Math.min(...counts);
}
