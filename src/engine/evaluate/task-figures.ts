import type { Evaluation, EvaluationLevel } from '../../contract/evaluation.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import type { Manifest, Predictions } from '../../contract/run-folder.ts';
import { evaluateGradesInSteps } from '../../core/grade-metrics.ts';
import { chooseThresholds, evaluateLabelSetsInSteps } from '../../core/label-set-metrics.ts';
import { evaluateInSteps } from '../../core/metrics.ts';
import { evaluateNumbersInSteps } from '../../core/number-metrics.ts';
import { chooseOperatingPoint } from '../../core/operating-point.ts';
import { fitTemperature } from './calibration.ts';
import { classRows, labelRows, valueRows } from './class-rows.ts';
import type { JudgedRow } from './levels.ts';
import { evaluateMasks } from './mask-rows.ts';

/** What a task's rows come to. */
export interface TaskFigures extends Pick<
  Evaluation,
  'positive' | 'operatingPoint' | 'thresholds' | 'calibration' | 'confusion' | 'metrics' | 'perClass' | 'unit'
> {
  readonly unitNote?: string;
  readonly baseline?: Evaluation['baseline'];
  readonly outcomes?: Evaluation['outcomes'];
  /** Whether validation gave the points at which is decided. */
  readonly pointChosen: boolean;
  /** Why a point is where it is, where validation could not give it. */
  readonly warnings: readonly string[];
}

export interface FiguresRequest {
  readonly task: LearningTask;
  readonly level: EvaluationLevel;
  readonly rows: readonly JudgedRow[];
  /** Of the validation part, pooled alike. */
  readonly validation: readonly JudgedRow[];
  readonly predictions: Predictions;
  readonly manifest: Manifest;
  /** A class that counts as positive where there are two. */
  readonly positive: string | null;
  readonly seed: number;
}

type Steps = Generator<number, TaskFigures, undefined>;

/** The metrics of a task, what its decisions rest on, and its baseline. */
export function figuresInSteps(request: FiguresRequest): Steps {
  switch (request.task.kind) {
    case 'multiClass':
    case 'binary':
      return classFigures(request, request.task.classes);
    case 'ordinal':
      return gradeFigures(request, request.task.classes);
    case 'multiLabel':
      return labelFigures(request, request.task.classes);
    case 'regression':
      return numberFigures(request, request.task.unit);
    case 'segmentation':
      return maskFigures(request, request.task.classes);
  }
}

function* classFigures(request: FiguresRequest, classes: string[]): Steps {
  const { positive, level, seed } = request;
  const validation = classRows(request.validation);
  const index = positive === null ? null : classes.indexOf(positive);
  const point =
    index === null
      ? null
      : chooseOperatingPoint(
          validation.map(({ probabilities }) => probabilities[index]!),
          validation.map(({ truth }) => truth === index),
          level,
        );
  const rows = classRows(request.rows);
  const threshold = point?.threshold ?? null;
  const figures = yield* evaluateInSteps({ rows, classes, positive: index, threshold, seed });
  return {
    positive,
    operatingPoint: point && { threshold: point.threshold, rule: point.rule },
    calibration: fitTemperature(validation, level),
    ...figures,
    unit: null,
    pointChosen: point?.chosen === true,
    warnings: point && !point.chosen ? [`The operating point is ${point.rule}.`] : [],
  };
}

/** Grades are decided by the largest probability, two of them too. */
function* gradeFigures({ rows, validation, level, seed }: FiguresRequest, classes: string[]): Steps {
  const figures = yield* evaluateGradesInSteps({ rows: classRows(rows), classes, seed });
  return {
    positive: classes.length === 2 ? classes[1]! : null,
    operatingPoint: null,
    calibration: fitTemperature(classRows(validation), level),
    ...figures,
    unit: null,
    pointChosen: false,
    warnings: [],
  };
}

function* labelFigures(request: FiguresRequest, classes: string[]): Steps {
  const points = chooseThresholds(labelRows(request.validation), classes, request.level);
  const thresholds = points.map(({ threshold }) => threshold);
  const rows = labelRows(request.rows);
  const figures = yield* evaluateLabelSetsInSteps({ rows, classes, thresholds, seed: request.seed });
  return {
    positive: null,
    operatingPoint: null,
    thresholds: Object.fromEntries(
      points.map(({ threshold, rule }, index) => [classes[index]!, { threshold, rule }]),
    ),
    calibration: null,
    confusion: [],
    ...figures,
    unit: null,
    pointChosen: points.some(({ chosen }) => chosen),
    warnings: points.flatMap(({ chosen, rule }, index) =>
      chosen ? [] : [`The threshold of "${classes[index]}" is ${rule}.`],
    ),
  };
}

function* numberFigures({ rows, manifest, seed }: FiguresRequest, unit: string): Steps {
  const trained = manifest.rows.train.map(({ label }) => label as number);
  const trainingMean = trained.reduce((sum, value) => sum + value, 0) / trained.length;
  const { metrics, baseline } = yield* evaluateNumbersInSteps({ rows: valueRows(rows), trainingMean, seed });
  return {
    positive: null,
    operatingPoint: null,
    calibration: null,
    confusion: [],
    metrics,
    unit,
    baseline: { value: trainingMean, metrics: baseline },
    pointChosen: false,
    warnings: [],
  };
}

function* maskFigures({ predictions, manifest, seed }: FiguresRequest, classes: string[]): Steps {
  const { metrics, perClass, outcomes, unit } = yield* evaluateMasks(predictions, classes, seed);
  const edge = manifest.inputs.geometry.size;
  return {
    positive: null,
    operatingPoint: null,
    calibration: null,
    confusion: [],
    metrics,
    perClass,
    unit,
    ...(unit === 'px' && { unitNote: `pixels of the ${edge} × ${edge} input` }),
    outcomes,
    pointChosen: false,
    warnings: [],
  };
}
