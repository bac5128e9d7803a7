import { z } from 'zod';

/** A number with its 95 % interval and how that was made; `value` null prints as "too few", as does `isTooFew`. */
export const metricSchema = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  method: z.string(),
});
export type Metric = z.infer<typeof metricSchema>;

/** Fewer than ten patients stand behind it: `core/metrics.ts` says so at the head of the method. */
export function isTooFew(metric: Pick<Metric, 'method'>): boolean {
  return metric.method.startsWith('too few');
}

const metricsInUnit: readonly string[] = [
  'mae',
  'rmse',
  'medianError',
  'bias',
  'lowerLimit',
  'upperLimit',
  'maeReduction',
  'hausdorff95',
  'hausdorff95Mean',
];

/** What a metric of an evaluation counts in, empty where that has no name; null: a share or an index. */
export function unitOfMetric({ unit }: { unit: string | null }, key: string): string | null {
  if (key === 'gradeError') return 'grades';
  return metricsInUnit.includes(key) ? (unit ?? '') : null;
}

const metricsSchema = z.record(z.string(), metricSchema);

/** Probability of the positive class from which a case counts as positive. */
export const operatingPointSchema = z.object({ threshold: z.number(), rule: z.string() });
export type OperatingPoint = z.infer<typeof operatingPointSchema>;

/**
 * Temperature scaling (Guo 2017): softmax(ln p / temperature). Recorded beside the probabilities, which stay
 * raw everywhere; `temperature` null when validation cannot fix it, `note` says why.
 */
export const calibrationSchema = z.object({
  method: z.literal('temperature'),
  temperature: z.number().positive().nullable(),
  fittedOn: z.literal('val'),
  n: z.int(),
  /** Mean negative log likelihood on validation, nats. */
  lossBefore: z.number().nullable(),
  lossAfter: z.number().nullable(),
  applied: z.literal(false),
  note: z.string(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** What is judged: images, or studies or patients, whose images' predictions are pooled. */
export const evaluationLevels = ['image', 'study', 'patient'] as const;
export const evaluationLevelSchema = z.enum(evaluationLevels);
export type EvaluationLevel = z.infer<typeof evaluationLevelSchema>;

/**
 * How predictions are pooled: their mean; the highest; or noisy-or, 1 − Π(1 − p), the chance that one image at least
 * shows it if they err independently (Pearl 1988). Noisy-or rises with the number of images. Numbers have a mean only.
 */
export const poolingRules = ['mean', 'max', 'noisyOr'] as const;
export const poolingRuleSchema = z.enum(poolingRules);
export type PoolingRule = z.infer<typeof poolingRuleSchema>;

/** How a class stands in an image: drawn and predicted, drawn only, predicted only, neither. */
export const maskOutcomeSchema = z.enum(['both', 'missed', 'false', 'absent']);
export type MaskOutcome = z.infer<typeof maskOutcomeSchema>;

const evaluationTaskSchema = z.enum([
  'multiClass',
  'binary',
  'multiLabel',
  'ordinal',
  'regression',
  'segmentation',
]);

export const evaluationSchema = z.object({
  run: z.string(),
  split: z.enum(['test', 'val']),
  task: evaluationTaskSchema.default('multiClass'),
  level: evaluationLevelSchema.default('image'),
  /** Null where images are judged. */
  pooling: poolingRuleSchema.nullable().default(null),
  /** What is judged: images, studies or patients by `level`. */
  n: z.int(),
  /** Images behind them; absent: `n`. */
  images: z.int().optional(),
  patients: z.int(),
  /** How often this project's test set has been opened, this time included. */
  testOpenings: z.int(),
  /** Empty for a number. */
  classes: z.array(z.string()),
  positive: z.string().nullable(),
  /** Probability of the positive class from which a case counts as positive; chosen on validation. */
  operatingPoint: operatingPointSchema.nullable(),
  /** Of several labels: from which probability on each is given; chosen on validation. */
  thresholds: z.record(z.string(), operatingPointSchema).optional(),
  /** Fitted on validation, not applied to any figure here; null where no single class is said. */
  calibration: calibrationSchema.nullable().optional(),
  /** Rows truth, columns prediction; empty where no single class is said. */
  confusion: z.array(z.array(z.int())),
  metrics: metricsSchema,
  perClass: z.record(z.string(), metricsSchema).optional(),
  /** Of a number: its unit, empty if it has none. Of masks: that of distances. */
  unit: z.string().nullable().default(null),
  /** What the unit means where its name alone does not say it: `pixels of the 128 × 128 input`. */
  unitNote: z.string().optional(),
  /** Of a number: what predicting the mean of the training part would do; `maeReduction` is positive where the model is better. */
  baseline: z.object({ value: z.number(), metrics: metricsSchema }).optional(),
  /** Of masks, by class: how many images stand how. */
  outcomes: z.record(z.string(), z.record(maskOutcomeSchema, z.int())).optional(),
  warnings: z.array(z.string()),
  splitBy: z.enum(['patient', 'image']),
  generated: z.boolean(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

const caseBase = z.object({
  /** The picture that stands for the case. */
  image: z.string(),
  /** All its images: one, or those of its study or patient. */
  images: z.array(z.string()),
  fileName: z.string(),
  patient: z.string().nullable(),
  /** The label of record as it is now: its class, its classes joined by commas (empty: none of them) or its number. */
  labelNow: z.string().nullable(),
});

/** What masks say of one class in one image. Dice and IoU are null when it is absent, the distance unless it is in both. */
export const maskCaseSchema = z.object({
  outcome: maskOutcomeSchema,
  dice: z.number().nullable(),
  iou: z.number().nullable(),
  /** Hausdorff 95, in the evaluation's unit. */
  hd95: z.number().nullable(),
});

/** What was judged of one case. Classes index the evaluation's class names. */
export const judgedCaseSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('class'),
    truth: z.int(),
    decided: z.int(),
    probabilities: z.array(z.number()),
  }),
  /** `loss`: negative log likelihood summed over the classes, nats. */
  z.object({
    kind: z.literal('labels'),
    truth: z.array(z.int()),
    decided: z.array(z.int()),
    probabilities: z.array(z.number()),
    loss: z.number(),
  }),
  /** In the evaluation's unit; the error is predicted − truth. */
  z.object({ kind: z.literal('number'), truth: z.number(), predicted: z.number() }),
  /** `dice`: mean over the classes that are drawn or predicted; null where none is. */
  z.object({ kind: z.literal('masks'), classes: z.array(maskCaseSchema), dice: z.number().nullable() }),
]);
export type JudgedCase = z.infer<typeof judgedCaseSchema>;

/** One image of an evaluated part, or one study or patient. */
export const caseSchema = caseBase.and(judgedCaseSchema);
export type Case = z.infer<typeof caseSchema>;
export type ClassCase = Extract<Case, { kind: 'class' }>;

/** Which cases of an evaluated part are asked for. */
export const caseRequestSchema = z.object({
  /** Class indices: of this truth, with this decision; of several labels, which holds this one among others. */
  truth: z.int().min(0).optional(),
  decided: z.int().min(0).optional(),
  /** Of numbers and masks: what is not exactly right. */
  errorsOnly: z.boolean().default(false),
  /** Only cases whose probability of a class lies in a range, both ends included: a bar, a point of a curve. */
  probability: z.object({ class: z.int().min(0), from: z.number(), to: z.number() }).optional(),
  /** Only cases whose Dice of a class lies in a range, both ends included. */
  dice: z.object({ class: z.int().min(0), from: z.number(), to: z.number() }).optional(),
  /** Only the case that this image belongs to. */
  image: z.string().optional(),
  /**
   * `worst`: least probability for the truth first, of several labels the largest loss, of numbers the largest error, of
   * masks the least Dice; `unsure`: nearest to the decision first, refused for numbers and masks.
   */
  order: z.enum(['worst', 'best', 'unsure']).default('worst'),
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).max(500).default(100),
});
export type CaseRequest = z.output<typeof caseRequestSchema>;

const curvePoint = z.object({ x: z.number(), y: z.number(), threshold: z.number().nullable() });

const decisionPoint = z.object({
  threshold: z.number(),
  /** Null: no image to judge it by. */
  sensitivity: z.number().nullable(),
  specificity: z.number().nullable(),
  precision: z.number().nullable(),
});

/** Curves of an evaluated part. `band`: 95 %, pointwise over patients; null where it cannot be had. */
export const curvesSchema = z.object({
  /** Of several labels each class with and without; none of numbers and masks. */
  classes: z.array(
    z.object({
      name: z.string(),
      positives: z.int(),
      negatives: z.int(),
      roc: z.array(curvePoint).nullable(),
      rocBand: z.array(z.object({ x: z.number(), low: z.number(), high: z.number() })).nullable(),
      precisionRecall: z.array(curvePoint).nullable(),
      /** Images by probability of this class in equal bins from 0 to 1. */
      histogram: z.object({ positives: z.array(z.int()), negatives: z.array(z.int()) }),
      /** Of several labels: where this class is decided. */
      operatingPoint: decisionPoint.nullable().default(null),
    }),
  ),
  /** Empty bins are left out; `tooFew`: fewer than ten images, not to be drawn as a point. */
  reliability: z.array(
    z.object({ predicted: z.number(), observed: z.number(), n: z.int(), tooFew: z.boolean() }),
  ),
  operatingPoint: decisionPoint.nullable(),
  /** Of numbers; of many cases the largest errors and an even choice of the others, `n` counts all. */
  numbers: z
    .object({
      n: z.int(),
      points: z.array(z.object({ image: z.string(), truth: z.number(), predicted: z.number() })),
    })
    .nullable()
    .default(null),
  /** Of masks: images by Dice of each class in equal bins from 0 to 1, those without it left out. */
  masks: z
    .array(z.object({ name: z.string(), dice: z.array(z.int()) }))
    .nullable()
    .default(null),
});
export type EvaluationCurves = z.infer<typeof curvesSchema>;
