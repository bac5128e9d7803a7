import type { EvaluationLevel, Metric, OperatingPoint } from '../contract/run.ts';
import {
  labelNames,
  type LabelMetricName,
  type LabelSetInput,
  type LabelSetMetricName,
  labelSetNames,
  type LabelSetRow,
  labelSetFiguresOf,
  layOutLabelSets,
  placeOf,
} from './label-set-values.ts';
import {
  classFacts,
  countPatients,
  estimateFigures,
  macroFacts,
  type MetricFacts,
  metricsByName,
  type PatientCounts,
} from './metric-intervals.ts';
import type { Cases, ClassMetricName } from './metric-values.ts';
import { chooseOperatingPoint } from './operating-point.ts';
import type { WeightedFigures } from './resample.ts';

export interface LabelSetEvaluation {
  readonly metrics: Record<LabelSetMetricName, Metric>;
  /** By class name. */
  readonly perClass: Record<string, Record<LabelMetricName, Metric>>;
}

/** Each class's threshold by the rule of `chooseOperatingPoint`, from rows of the validation part. */
export function chooseThresholds(
  validation: readonly LabelSetRow[],
  classes: readonly string[],
  level: EvaluationLevel = 'image',
): (OperatingPoint & { chosen: boolean })[] {
  return classes.map((_, label) =>
    chooseOperatingPoint(
      validation.map(({ probabilities }) => probabilities[label]!),
      validation.map(({ truth }) => truth.includes(label)),
      level,
    ),
  );
}

/**
 * Metrics of a multi-label task with 95 % intervals by the rules of `evaluateInSteps`. Of a class that no image shows
 * AUC, average precision, sensitivity and F1 are null, of one that every image shows AUC, average precision and
 * specificity; the method says why. `auc`, `f1` and `meanAveragePrecision` are means over the classes that have the
 * value; `microF1` counts all classes' decisions together; `exactMatch` is the share of images with every class right,
 * `hammingLoss` the share of wrong decisions; `brier` the mean over classes and images of squared errors; `ece` takes
 * all classes' probabilities together, 15 bins of equal width.
 *
 * @throws ReadroomError `emptySplit` without rows
 */
export function* evaluateLabelSetsInSteps(
  input: LabelSetInput,
): Generator<number, LabelSetEvaluation, undefined> {
  const { rows, classes } = input;
  const byClass = layOutLabelSets(input);
  const { patients, metric } = yield* estimateFigures(labelSetFiguresOf(byClass), rows, input);
  const counts = byClass.map((cases) => countPatients(cases, patients));
  const perClass = classes.map((className, label): [string, Record<LabelMetricName, Metric>] => {
    const facts = { cases: byClass[label]!, counts: counts[label]! };
    return [
      className,
      metricsByName(labelNames, (name) => metric(labelFacts(name, facts), placeOf(label, name))),
    ];
  });
  return {
    metrics: metricsByName(labelSetNames, (name, place) => metric(overallFacts(name, counts), place)),
    perClass: Object.fromEntries(perClass),
  };
}

/** The figures of `evaluateLabelSetsInSteps`, overall ones by their names. @throws ReadroomError `emptySplit` */
export function labelSetFigures(input: Omit<LabelSetInput, 'seed'>): WeightedFigures {
  return labelSetFiguresOf(layOutLabelSets(input));
}

const noneShown = 'no image shows it';
const allShown = 'every image shows it';

/** Facts of one class's metric, with the reason that a class without positives or negatives has. */
function labelFacts(
  name: LabelMetricName,
  facts: { readonly cases: Cases; readonly counts: PatientCounts },
): MetricFacts {
  const { counts } = facts;
  const shown = counts.withTruth[1]!;
  const oneSided = shown === 0 ? noneShown : allShown;
  if (name === 'prevalence')
    return { kind: 'proportion', n: counts.all, ofSmallest: false, greatest: 1, note: 'share of images' };
  if (name === 'averagePrecision') {
    const n = Math.min(shown, counts.withOtherTruth[1]!);
    return { kind: 'mean', n, ofSmallest: true, greatest: 1, note: '', whyUndefined: oneSided };
  }
  const whyUndefined: Record<ClassMetricName, string> = {
    sensitivity: noneShown,
    specificity: allShown,
    precision: 'no image is given it',
    npv: 'every image is given it',
    f1: noneShown,
    auc: oneSided,
  };
  return { ...classFacts(name, 1, facts), whyUndefined: whyUndefined[name] };
}

function overallFacts(name: LabelSetMetricName, counts: readonly PatientCounts[]): MetricFacts {
  const whole = { n: counts[0]!.all, ofSmallest: false, greatest: 1, note: '' };
  const shown = counts.map(({ withTruth }) => withTruth[1]!);
  const both = counts.map(({ withTruth }) => Math.min(withTruth[0]!, withTruth[1]!));
  const macro = (behind: readonly number[]): MetricFacts =>
    macroFacts(
      behind.filter((n) => n > 0),
      counts.length,
    );
  switch (name) {
    case 'auc':
    case 'meanAveragePrecision':
      return { ...macro(both), whyUndefined: 'no class has images with and without it' };
    case 'f1':
      return { ...macro(shown), whyUndefined: 'no image shows a class' };
    case 'microF1':
      return {
        ...whole,
        kind: 'mean',
        note: 'decisions of all classes',
        whyUndefined: 'no class is shown or given',
      };
    case 'exactMatch':
      return { ...whole, kind: 'proportion' };
    case 'hammingLoss':
      return { ...whole, kind: 'error', note: 'wrong decisions, all classes' };
    case 'brier':
      return { ...whole, kind: 'error', note: 'squared error, mean over classes' };
    case 'ece':
      return { ...whole, kind: 'calibration', note: '15 bins of equal width, all classes' };
  }
}
