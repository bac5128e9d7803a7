import { ReadroomError } from '../contract/errors.ts';
import type { Metric } from '../contract/run.ts';
import { aucEstimate, aucInterval } from './auc.ts';
import type { Cases, ClassMetricName, OverallName } from './metric-values.ts';
import {
  estimatesOf,
  numberPatients,
  resampleFigures,
  type Resampling,
  type WeightedFigures,
} from './resample.ts';
import { exactBoundBelowOne, quantileOfSorted, wilsonInterval } from './statistics.ts';

const tooFewBelow = 10;

/** How many patients stand behind a metric, and which interval fits it. */
export interface MetricFacts {
  /** `unbounded`: no end at which an exact bound would hold. */
  readonly kind: 'proportion' | 'auc' | 'mean' | 'kappa' | 'error' | 'calibration' | 'unbounded';
  /** Patients behind its denominator. */
  readonly n: number;
  /** `n` is that of the smallest of several classes. */
  readonly ofSmallest: boolean;
  /** The greatest value it can take. */
  readonly greatest: number;
  /** What is measured, where the name leaves it open; empty otherwise. */
  readonly note: string;
  /** Why it has no value where it has none; 'no case' unless given. */
  readonly whyUndefined?: string | undefined;
  /** Of the AUC of one class: its interval at one row a patient. */
  readonly delong?: () => Bounds;
  /** Of a kappa: the agreement that it takes for chance; 0 unless given. */
  readonly chance?: () => number;
}

/** Numbers of patients, by class where an array. */
export interface PatientCounts {
  readonly all: number;
  readonly withTruth: readonly number[];
  readonly withOtherTruth: readonly number[];
  readonly withPrediction: readonly number[];
  readonly withOtherPrediction: readonly number[];
}

/** What the facts of metrics of classes are made from. */
export interface ClassedFacts {
  readonly cases: Cases;
  readonly counts: PatientCounts;
}

/** What was resampled. */
export interface Resampled {
  readonly patients: number;
  readonly oneRowEach: boolean;
}

/** Figures of rows, each with its value and its values over resamples of patients. */
export interface EstimatedFigures {
  /** Each row's patient, numbered from 0. */
  readonly patients: Int32Array;
  readonly patientCount: number;
  /** The figure at a place with its interval. */
  readonly metric: (facts: MetricFacts, place: number) => Metric;
}

/** In steps of a few milliseconds, yielding the share done; the first step is the values without resampling. */
export function* estimateFigures(
  figures: WeightedFigures,
  rows: readonly { readonly patient: string }[],
  resampling: Resampling,
): Generator<number, EstimatedFigures, undefined> {
  const values = estimatesOf(figures);
  yield 0;

  const patients = numberPatients(rows);
  const samples = yield* resampleFigures(figures, patients, resampling);
  const patientCount = patientsWhere(patients, () => true);
  const resampled = { patients: patientCount, oneRowEach: patientCount === rows.length };
  return {
    patients,
    patientCount,
    metric: (facts, place) => toMetric(facts, values[place]!, samples[place]!, resampled),
  };
}

/** @throws ReadroomError `emptySplit` without rows */
export function refuseNoRows(rows: readonly unknown[]): void {
  if (rows.length > 0) return;
  throw new ReadroomError(
    'emptySplit',
    'There is no labelled image to evaluate on.',
    'Choose another split or make a new one.',
  );
}

/** How many patients have a row for which the condition holds. */
export function patientsWhere(patients: Int32Array, holds: (row: number) => boolean): number {
  const seen = new Set<number>();
  for (let row = 0; row < patients.length; row++) if (holds(row)) seen.add(patients[row]!);
  return seen.size;
}

export function countPatients({ truth, predicted, classes }: Cases, patients: Int32Array): PatientCounts {
  const byClass = (condition: (row: number, label: number) => boolean): number[] =>
    Array.from({ length: classes }, (_, label) => patientsWhere(patients, (row) => condition(row, label)));
  return {
    all: patientsWhere(patients, () => true),
    withTruth: byClass((row, label) => truth[row] === label),
    withOtherTruth: byClass((row, label) => truth[row] !== label),
    withPrediction: byClass((row, label) => predicted[row] === label),
    withOtherPrediction: byClass((row, label) => predicted[row] !== label),
  };
}

/** Facts of a class's one-vs-rest metric. */
export function classFacts(name: ClassMetricName, label: number, facts: ClassedFacts): MetricFacts {
  const { counts } = facts;
  const n = {
    sensitivity: counts.withTruth[label]!,
    specificity: counts.withOtherTruth[label]!,
    precision: counts.withPrediction[label]!,
    npv: counts.withOtherPrediction[label]!,
    f1: counts.withTruth[label]!,
    auc: Math.min(counts.withTruth[label]!, counts.withOtherTruth[label]!),
  }[name];
  const whole = { n, greatest: 1, note: '' };
  if (name === 'auc') return { ...whole, kind: 'auc', ofSmallest: true, delong: () => delong(label, facts) };
  return { ...whole, kind: name === 'f1' ? 'mean' : 'proportion', ofSmallest: false };
}

/** Facts of an overall metric. */
export function overallFacts(name: OverallName, facts: ClassedFacts): MetricFacts {
  const { cases, counts } = facts;
  const { positive, classes } = cases;
  const whole = { n: counts.all, ofSmallest: false, greatest: 1, note: '' };
  switch (name) {
    case 'accuracy':
    case 'top5':
      return { ...whole, kind: 'proportion' };
    case 'kappa':
      return { ...whole, kind: 'kappa', chance: () => chanceAgreement(cases) };
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
        ofSmallest: true,
        note: 'mean over classes',
      };
    default: {
      if (positive !== null) return classFacts(name, positive, facts);
      const ofClasses = Array.from({ length: classes }, (_, label) => classFacts(name, label, facts).n);
      const counted = ofClasses.filter(
        (n, label) => n > 0 || (name === 'precision' && counts.withTruth[label]! > 0),
      );
      return macroFacts(counted, classes);
    }
  }
}

/** Facts of an unweighted mean over classes. @param counted patients behind each class that has a value */
export function macroFacts(counted: readonly number[], classes: number): MetricFacts {
  const some = counted.length < classes ? ` over ${counted.length} of ${classes} classes` : '';
  const note = `macro average${some}`;
  return { kind: 'mean', n: smallest(counted), ofSmallest: true, greatest: 1, note };
}

/** Value, interval and method of one metric; `sample` holds its resampled values, NaN where undefined. */
export function toMetric(
  metric: MetricFacts,
  value: number,
  sample: Float64Array,
  resampled: Resampled,
): Metric {
  const few = metric.n < tooFewBelow ? [`too few (n = ${metric.n})`] : [];
  const notes = metric.note === '' ? [] : [metric.note];
  const method = (interval: string): string => [...few, ...notes, interval].join('; ');
  if (Number.isNaN(value))
    return {
      value: null,
      low: null,
      high: null,
      method: method(`not defined, ${metric.whyUndefined ?? 'no case'}`),
    };
  const { low, high, how } = interval(metric, value, sample, resampled);
  return { value, low, high, method: method(how) };
}

/** Metrics under their names, each made from its name and its place among them. */
export function metricsByName<Name extends string>(
  names: readonly Name[],
  make: (name: Name, place: number) => Metric,
): Record<Name, Metric> {
  return Object.fromEntries(names.map((name, place) => [name, make(name, place)])) as Record<Name, Metric>;
}

/** The ends of an interval, null where it has none, and how it was made or why not. */
export interface Bounds {
  readonly low: number | null;
  readonly high: number | null;
  readonly how: string;
}

function interval(
  metric: MetricFacts,
  value: number,
  sample: Float64Array,
  { patients, oneRowEach }: Resampled,
): Bounds {
  if (oneRowEach && metric.kind === 'proportion') {
    const { low, high } = wilsonInterval(Math.round(value * metric.n), metric.n);
    return { low, high, how: `Wilson score interval, n = ${metric.n}` };
  }
  const exact = exactAtEnd(metric, value);
  if (exact) return exact;
  if (oneRowEach && metric.delong) return metric.delong();
  return bootstrap(metric, value, sample, patients);
}

/**
 * A bootstrap of a perfect value shows no spread, so the spread comes from how many patients could have
 * failed: Clopper-Pearson's bound for n of n. For AUC and class averages n is the smallest class's number
 * of patients; for errors the bound on the share of failing patients, each failing as badly as possible;
 * for kappa the bound on agreement at the margins observed, failures of a weighted one as far apart as these hold.
 */
function exactAtEnd({ kind, n, ofSmallest, greatest, chance }: MetricFacts, value: number): Bounds | null {
  if (kind === 'unbounded') return null;
  const bound = exactBoundBelowOne(n);
  const whose = ofSmallest ? ' of the smallest class' : '';
  const patients = n === 1 ? 'the one patient' : `all ${n} patients`;
  const how = (what: string): string => `exact bound for ${what} of ${patients}${whose}`;
  if (kind === 'error' || kind === 'calibration')
    return value === 0 ? { low: 0, high: greatest * (1 - bound), how: how('errors in none') } : null;
  if (kind === 'kappa') {
    if (value !== 1) return null;
    const byChance = chance?.() ?? 0;
    return { low: Math.max(-1, (bound - byChance) / (1 - byChance)), high: 1, how: how('agreement') };
  }
  if (value === 1) return { low: bound, high: 1, how: how('success') };
  if (value === 0) return { low: 0, high: 1 - bound, how: how('failure') };
  return null;
}

function delong(label: number, { cases, counts }: ClassedFacts): Bounds {
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
  const none = (why: string): Bounds => ({ low: null, high: null, how: `no interval, ${why}` });
  const tooFew = 'too few patients to resample';
  if (sorted.length < sample.length / 2 || sorted.length === 0) return none(tooFew);
  const low = quantileOfSorted(sorted, 0.025);
  const high = quantileOfSorted(sorted, 0.975);
  if (low === high) return none(patients < tooFewBelow ? tooFew : 'every resample gives this value');
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
