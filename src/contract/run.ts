import { oc } from '@orpc/contract';
import { z } from 'zod';

import { splitPartSchema } from './dataset.ts';
import { epochRecordSchema, runStatusSchema } from './events.ts';
import { jobStarted } from './job.ts';
import { projectInput } from './project.ts';
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
});

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
  recipe: recipeSchema,
  fold: z.int().nullable(),
  warnings: z.array(z.string()),
  createdAt: z.string(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
});
export type RunResult = z.infer<typeof runResultSchema>;

export const runRowSchema = z.object({
  run: z.string(),
  status: runStatusSchema,
  network: z.string(),
  /** Best validation loss so far and its epoch. */
  best: z.object({ epoch: z.int(), valLoss: z.number(), valAccuracy: z.number() }).nullable(),
  seconds: z.number().nullable(),
  createdAt: z.string(),
});
export type RunRow = z.infer<typeof runRowSchema>;

/** A number with its 95 % interval and how that was made; `value` null prints as "too few". */
export const metricSchema = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  method: z.string(),
});
export type Metric = z.infer<typeof metricSchema>;

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

export const rerunResultSchema = z.object({
  run: z.string(),
  rerun: z.string(),
  same: z.boolean(),
  weightsSha256: z.tuple([z.string(), z.string()]),
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
  list: oc.input(projectInput).output(z.object({ runs: z.array(runRowSchema) })),
  get: oc.input(ofRun).output(runResultSchema),
  rerun: oc.input(ofRun).output(jobStarted),
  evaluate: oc
    .input(
      ofRun.extend({
        split: splitPartSchema.exclude(['train']).default('test'),
        positive: z.string().optional(),
      }),
    )
    .output(jobStarted),
  report: oc.input(ofRun.extend({ to: z.string() })).output(jobStarted),
  export: oc
    .input(
      ofRun.extend({
        to: z.string(),
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
        images: z.array(z.string()).min(1),
        tensorsTo: z.string().optional(),
      }),
    )
    .output(jobStarted),
};
