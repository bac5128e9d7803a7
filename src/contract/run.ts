import { oc } from '@orpc/contract';
import { z } from 'zod';

import { reproductionCertificateSchema } from './certificate.ts';
import { splitPartSchema } from './split.ts';
import { epochRecordSchema, epochSamplesSchema, runStatusSchema, stepSeriesSchema } from './events.ts';
import { jobStarted } from './job.ts';
import { projectInput } from './project.ts';
import { runPrioritySchema, trainingQueueSchema } from './queue.ts';
import { recipeSchema } from './recipe.ts';

export const trainInput = z.object({
  project: z.string(),
  /** A preset's name, or a whole recipe. */
  preset: z.string().optional(),
  recipe: z.unknown().optional(),
  /** Dotted keys over the recipe, values as JSON or plain text. */
  set: z.record(z.string(), z.unknown()).default({}),
  fold: z.int().min(0).optional(),
  resume: z.string().optional(),
  backend: z.string().optional(),
  /** What the user calls the run; without, the recipe's name. */
  name: z.string().max(200).optional(),
  /** Of its turn to train. A resumed run keeps its own. */
  priority: runPrioritySchema.optional(),
});

/** What of `trainInput` makes a recipe. */
export const recipeInput = trainInput.pick({ project: true, preset: true, recipe: true, set: true });

/** Why a training ended. */
export const stopReasonSchema = z.enum([
  'completed',
  'earlyStopping',
  'nonFiniteLoss',
  'cancelled',
  'failed',
]);
export type StopReason = z.infer<typeof stopReasonSchema>;

export const runResultSchema = z.object({
  run: z.string(),
  name: z.string(),
  status: runStatusSchema,
  network: z.string(),
  parameters: z.int(),
  epochs: z.int(),
  bestEpoch: z.int().nullable(),
  stoppedBecause: stopReasonSchema.nullable(),
  history: z.array(epochRecordSchema),
  imagesPerSecond: z.number().nullable(),
  backend: z.string().nullable(),
  device: z.string().nullable(),
  /** Of the library that computed. */
  backendVersion: z.string().nullable(),
  threads: z.int().nullable(),
  seconds: z.number().nullable(),
  weightsSha256: z.string().nullable(),
  datasetVersion: z.string(),
  /** Names of the classes in the network's order. */
  classes: z.array(z.string()),
  recipe: recipeSchema,
  fold: z.int().nullable(),
  rerunOf: z.string().nullable(),
  /** The job that trains it now; null when none does. */
  job: z.string().nullable(),
  warnings: z.array(z.string()),
  createdAt: z.string(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
});
export type RunResult = z.infer<typeof runResultSchema>;

export const runRowSchema = z.object({
  run: z.string(),
  name: z.string(),
  status: runStatusSchema,
  network: z.string(),
  /** Of the recipe. */
  scale: z.number(),
  size: z.int(),
  batchSize: z.int(),
  learningRate: z.number(),
  epochs: z.object({ done: z.int(), planned: z.int() }),
  parameters: z.int(),
  imagesPerSecond: z.number().nullable(),
  backend: z.string().nullable(),
  datasetVersion: z.string(),
  /**
   * Of the evaluation on the test part, if it was opened: `auc` with two classes, else `accuracy`, with its 95 %
   * interval. `value` is null where it is not defined or too few patients stand behind it.
   */
  test: z
    .object({
      metric: z.string(),
      value: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    })
    .nullable(),
  /** Place in the queue from 1; null when it does not wait. */
  queued: z.int().nullable(),
  priority: runPrioritySchema,
  /** The run whose recipe it trains again, where that still is there. */
  rerunOf: z.string().nullable(),
  /** Best validation loss so far and its epoch. */
  best: z.object({ epoch: z.int(), valLoss: z.number(), valAccuracy: z.number() }).nullable(),
  seconds: z.number().nullable(),
  createdAt: z.string(),
});
export type RunRow = z.infer<typeof runRowSchema>;

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

export const evaluationSchema = z.object({
  run: z.string(),
  split: z.enum(['test', 'val']),
  n: z.int(),
  patients: z.int(),
  /** How often this project's test set has been opened, this time included. */
  testOpenings: z.int(),
  classes: z.array(z.string()),
  positive: z.string().nullable(),
  /** Probability of the positive class from which a case counts as positive; chosen on validation. */
  operatingPoint: operatingPointSchema.nullable(),
  /** Fitted on validation, not applied to any figure here. */
  calibration: calibrationSchema.nullable().optional(),
  /** Rows truth, columns prediction. */
  confusion: z.array(z.array(z.int())),
  metrics: metricsSchema,
  perClass: z.record(z.string(), metricsSchema).optional(),
  warnings: z.array(z.string()),
  splitBy: z.enum(['patient', 'image']),
  generated: z.boolean(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

const ofRun = projectInput.extend({ run: z.string() });

/** One layer of the network that a recipe would train. Shapes without the batch. */
export const layerRowSchema = z.object({
  name: z.string(),
  kind: z.string(),
  /** "11×11, stride 4, 96 filters, ReLU". */
  detail: z.string(),
  /** Names of the layers that it reads; `image` is the picture. */
  inputs: z.array(z.string()),
  shape: z.array(z.int()),
  parameters: z.int(),
  /** Of one image, forward. */
  multiplyAdds: z.number(),
});
export type LayerRow = z.infer<typeof layerRowSchema>;

/** What this machine has too little of for a training. */
export const shortageSchema = z.object({
  of: z.enum(['memory', 'disk']),
  message: z.string(),
  hint: z.string(),
  /** Values of recipe keys with which it would fit, the least change first; null where none was found. */
  proposal: z.record(z.string(), z.number()).nullable(),
});
export type Shortage = z.infer<typeof shortageSchema>;

/** What a training would be, before it is started. */
export const trainingPlanSchema = z.object({
  /** Complete: what a recipe leaves open is decided. */
  recipe: recipeSchema,
  network: z.object({ id: z.string(), name: z.string(), source: z.string(), minimumSize: z.int() }),
  layers: z.array(layerRowSchema),
  parameters: z.int(),
  multiplyAdds: z.number(),
  counts: z.object({ train: z.int(), val: z.int(), test: z.int() }).nullable(),
  classes: z.array(z.string()),
  stepsPerEpoch: z.int().nullable(),
  memory: z.object({ bytes: z.number(), availableBytes: z.number() }),
  disk: z.object({ bytes: z.number(), availableBytes: z.number().nullable() }),
  /** Whole training; `basis` says what the estimate rests on. Null before anything is known. */
  time: z.object({ lowSeconds: z.number(), highSeconds: z.number(), basis: z.string() }).nullable(),
  /** Memory or disk that does not suffice; their sentences stand in `problems` too. */
  shortages: z.array(shortageSchema),
  /** Why this cannot be started as it is, each a sentence with what to do. */
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type TrainingPlan = z.infer<typeof trainingPlanSchema>;

/** Pictures under `/media/<project>/previews/<name>`. */
export const augmentationPreviewSchema = z.object({
  pictures: z.array(z.object({ image: z.string(), plain: z.string(), augmented: z.array(z.string()) })),
});
export type AugmentationPreview = z.infer<typeof augmentationPreviewSchema>;

/** One image of an evaluated part. Classes index the run's class names. */
export const caseSchema = z.object({
  image: z.string(),
  fileName: z.string(),
  patient: z.string().nullable(),
  truth: z.int(),
  decided: z.int(),
  probabilities: z.array(z.number()),
  /** Class name of the label of record as it is now. */
  labelNow: z.string().nullable(),
});
export type Case = z.infer<typeof caseSchema>;

const curvePoint = z.object({ x: z.number(), y: z.number(), threshold: z.number().nullable() });
/** Curves of an evaluated part. `band`: 95 %, pointwise over patients; null where it cannot be had. */
export const curvesSchema = z.object({
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
    }),
  ),
  /** Empty bins are left out; `tooFew`: fewer than ten images, not to be drawn as a point. */
  reliability: z.array(
    z.object({ predicted: z.number(), observed: z.number(), n: z.int(), tooFew: z.boolean() }),
  ),
  operatingPoint: z
    .object({
      threshold: z.number(),
      /** Null: no image to judge it by. */
      sensitivity: z.number().nullable(),
      specificity: z.number().nullable(),
      precision: z.number().nullable(),
    })
    .nullable(),
});
export type EvaluationCurves = z.infer<typeof curvesSchema>;

const evaluatedPart = ofRun.extend({ split: splitPartSchema.exclude(['train']).default('test') });

export const rerunResultSchema = z.object({
  run: z.string(),
  rerun: z.string(),
  same: z.boolean(),
  weightsSha256: z.tuple([z.string(), z.string()]),
  certificate: reproductionCertificateSchema,
});

export const fileWrittenSchema = z.object({ file: z.string(), bytes: z.int() });

export const exportFormats = ['tfjs', 'onnx'] as const;
export const exportFormatSchema = z.enum(exportFormats);
export type ExportFormat = z.infer<typeof exportFormatSchema>;

export const exportResultSchema = z.object({
  folder: z.string(),
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  formats: z.array(exportFormatSchema),
  roundTrip: z.record(z.string(), z.object({ maxAbsDiff: z.number(), n: z.int() })),
});
export type ExportResult = z.infer<typeof exportResultSchema>;

export const verifyResultSchema = z.object({ ok: z.boolean(), problems: z.array(z.string()) });
export type VerifyResult = z.infer<typeof verifyResultSchema>;

export const predictionSchema = z.object({
  file: z.string(),
  label: z.string().nullable(),
  probabilities: z.record(z.string(), z.number()),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type Prediction = z.infer<typeof predictionSchema>;
export const predictResultSchema = z.object({
  predictions: z.array(predictionSchema),
  /** With two classes: from which probability of `positive` the label is that class. Null: the largest decides. */
  operatingPoint: z.object({ positive: z.string(), threshold: z.number() }).nullable().default(null),
  /** The model was trained on generated pictures. */
  generated: z.boolean().default(false),
});

export const runContract = {
  train: oc.input(trainInput).output(jobStarted.extend({ run: z.string() })),
  /** `testOpenings`: how often the project's test part was opened, by removed runs too. */
  list: oc.input(projectInput).output(z.object({ runs: z.array(runRowSchema), testOpenings: z.int() })),
  get: oc.input(ofRun).output(runResultSchema),
  rename: oc.input(ofRun.extend({ name: z.string().trim().min(1).max(200) })).output(z.void()),
  /** Where a run's files lie and how many bytes they are: what `remove` would delete. */
  folder: oc.input(ofRun).output(z.object({ path: z.string(), bytes: z.number() })),
  /** Removes a run that does not train, with its folder. */
  remove: oc.input(ofRun).output(z.void()),
  /** Refuses a recipe that no project could train with: `unknownRecipe`, `badRecipe`. What depends on the data, `plan` tells. */
  checkRecipe: oc.input(recipeInput.omit({ project: true })).output(z.void()),
  /** Checks a recipe against the data and this machine; nothing is started. */
  plan: oc.input(recipeInput).output(trainingPlanSchema),
  /** The job's result is `AugmentationPreview`. */
  previewAugmentation: oc
    .input(
      recipeInput.extend({
        /** Without: a few of the training part. */
        images: z.array(z.string()).max(8).optional(),
        copies: z.int().min(1).max(8).default(4),
      }),
    )
    .output(jobStarted),
  /** Ends the trainer after the step in flight with a checkpoint and holds the run back until `resume`. */
  pause: oc.input(ofRun).output(z.void()),
  /** Puts a paused, interrupted, cancelled or failed run back into the queue; an interrupted one at its front. */
  resume: oc.input(ofRun).output(jobStarted),
  /** Ends a run; its checkpoint stays, so that it can be resumed. */
  stop: oc.input(ofRun).output(z.void()),
  /** Puts all interrupted runs of a project back at the front of the queue, oldest first; how many. */
  resumeInterrupted: oc.input(projectInput).output(z.object({ resumed: z.int() })),
  /** The trainings of all open projects. */
  queue: oc.output(trainingQueueSchema),
  /** While paused nothing new starts; what trains goes on. */
  pauseQueue: oc.input(z.object({ paused: z.boolean() })).output(z.void()),
  /** Moves a waiting run to a place in the queue, from 1; among runs of another priority it takes on theirs. */
  moveInQueue: oc.input(ofRun.extend({ place: z.int().min(1) })).output(z.void()),
  setPriority: oc.input(ofRun.extend({ priority: runPrioritySchema })).output(z.void()),
  /** Sample predictions of every epoch so far. */
  samples: oc.input(ofRun).output(z.array(epochSamplesSchema)),
  /** Steps of the run so far; none for a run of before they were kept. */
  steps: oc.input(ofRun).output(stepSeriesSchema),
  /** Epochs after which a picture of the first layer's filters was kept, ascending: the first and the last ones. */
  filters: oc.input(ofRun).output(z.array(z.int())),
  /** The stored evaluation, or null: asking opens nothing. */
  evaluation: oc.input(evaluatedPart).output(evaluationSchema.nullable()),
  /** Curves of a part that was evaluated. @throws `usage` before it was */
  curves: oc.input(evaluatedPart).output(curvesSchema),
  /** Images of a part that was evaluated. @throws `usage` before it was */
  cases: oc
    .input(
      evaluatedPart.extend({
        /** Class indices. */
        truth: z.int().min(0).optional(),
        decided: z.int().min(0).optional(),
        errorsOnly: z.boolean().default(false),
        /** Only cases whose probability of a class lies in a range, both ends included: a bar, a point of a curve. */
        probability: z.object({ class: z.int().min(0), from: z.number(), to: z.number() }).optional(),
        /** `worst`: least probability for the truth first; `unsure`: nearest to the decision first. */
        order: z.enum(['worst', 'best', 'unsure']).default('worst'),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(500).default(100),
      }),
    )
    .output(z.object({ total: z.int(), rows: z.array(caseSchema) })),
  rerun: oc.input(ofRun).output(jobStarted.extend({ run: z.string() })),
  /** Whether a run that trained another one's recipe again has its weights; null for every other run. */
  certificate: oc.input(ofRun).output(reproductionCertificateSchema.nullable()),
  evaluate: oc
    .input(
      ofRun.extend({
        split: splitPartSchema.exclude(['train']).default('test'),
        positive: z.string().optional(),
      }),
    )
    .output(jobStarted),
  /**
   * The report as a page; the job's result is a `fileWrittenSchema`. Without `to` it is written into the run's own
   * folder, in place of the one there, named from the project's folder and served at `/media/<project>/runs/<run>/report`.
   */
  report: oc.input(ofRun.extend({ to: z.string().optional() })).output(jobStarted),
  /**
   * The model package; the job's result is an `exportResultSchema`. Without `to` it gets a new folder below `exports`,
   * named from the project's folder and served as `/media/<project>/<folder>.zip`.
   */
  export: oc
    .input(
      ofRun.extend({
        to: z.string().optional(),
        formats: z
          .array(exportFormatSchema)
          .min(1)
          .default([...exportFormats]),
      }),
    )
    .output(jobStarted),
  verify: oc.input(z.object({ folder: z.string() })).output(jobStarted),
  predict: oc
    .input(
      z.object({
        model: z.union([
          z.object({ folder: z.string() }),
          z.object({ project: z.string(), run: z.string() }),
        ]),
        /** Files; one picture of a file that holds several as `cine.dcm#3`, counted from 0. */
        images: z.array(z.string()).min(1),
        tensorsTo: z.string().optional(),
      }),
    )
    .output(jobStarted),
};
