import { oc } from '@orpc/contract';
import { z } from 'zod';

import { reproductionCertificateSchema } from './certificate.ts';
import { mostCompared } from './comparison.ts';
import { splitPartSchema } from './split.ts';
import {
  caseRequestSchema,
  caseSchema,
  curvesSchema,
  evaluationLevelSchema,
  evaluationSchema,
  poolingRuleSchema,
} from './evaluation.ts';
import { epochRecordSchema, epochSamplesSchema, runStatusSchema, stepSeriesSchema } from './events.ts';
import { jobStarted } from './job.ts';
import { learningTaskSchema } from './learning-task.ts';
import { projectInput } from './project.ts';
import { runPrioritySchema, trainingQueueSchema } from './queue.ts';
import { recipeSchema } from './recipe.ts';

export * from './evaluation.ts';

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
  /** What the run learned, as its model has it; absent as long as there is no model. */
  task: learningTaskSchema.optional(),
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
  /** What it does with the clinical table. */
  table: recipeSchema.shape.table.unwrap().shape.use.unwrap(),
  epochs: z.object({ done: z.int(), planned: z.int() }),
  parameters: z.int(),
  imagesPerSecond: z.number().nullable(),
  backend: z.string().nullable(),
  datasetVersion: z.string(),
  /**
   * Of the evaluation on the test part, if it was opened: `auc` with two classes or several labels, `mae` of a number,
   * `dice` of masks, else `accuracy`, with its 95 % interval. `value` is null where it is not defined or too few patients
   * stand behind it.
   */
  test: z
    .object({
      metric: z.string(),
      value: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      /** Of an error of a number. */
      unit: z.string().nullable(),
    })
    .nullable(),
  /** Place in the queue from 1; null when it does not wait. */
  queued: z.int().nullable(),
  priority: runPrioritySchema,
  /** The run whose recipe it trains again, where that still is there. */
  rerunOf: z.string().nullable(),
  /** Best validation loss so far and its epoch. */
  best: z
    .object({
      epoch: z.int(),
      valLoss: z.number(),
      valAccuracy: z.number().nullable(),
      valMae: z.number().nullable(),
      valDice: z.number().nullable(),
    })
    .nullable(),
  seconds: z.number().nullable(),
  createdAt: z.string(),
});
export type RunRow = z.infer<typeof runRowSchema>;

const ofRun = projectInput.extend({ run: z.string() });

/** One layer of the network that a recipe would train. Shapes without the batch. */
export const layerRowSchema = z.object({
  name: z.string(),
  /** In words. */
  kind: z.string(),
  /** As networks are described: `conv2d`, `batchNormalization`. */
  layerKind: z.string(),
  /** Of the network's stages, from the picture on and counted from 0; null where nothing is learnt. */
  stage: z.int().nullable(),
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
  /** What it reads and starts from, a sentence each. */
  remarks: z.array(z.string()),
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

/** What a predicted mask covers of one class. */
export const maskAreaSchema = z.object({
  class: z.string(),
  /** Of the picture at its own size. */
  pixels: z.int(),
  /** Null where the picture's file does not say what a pixel measures. */
  mm2: z.number().nullable(),
  /** Where they were asked for: outer outlines in shares of the picture's width and height. */
  outlines: z.array(z.array(z.tuple([z.number(), z.number()]))).optional(),
});
export type MaskArea = z.infer<typeof maskAreaSchema>;

export const predictionSchema = z.object({
  file: z.string(),
  /** The class; of several labels and of masks those that are there, separated by commas, `none` where none is; null of a number. */
  label: z.string().nullable(),
  /** Of every class; empty of a number and of masks. */
  probabilities: z.record(z.string(), z.number()),
  /** Of several labels and of masks: the classes that are there. */
  labels: z.array(z.string()).optional(),
  /** Of several labels where none is there: the class that lacks least to its threshold. */
  nearest: z.string().optional(),
  /** Of a number, in the result's unit. */
  value: z.number().optional(),
  /** Of masks, for every class. */
  areas: z.array(maskAreaSchema).optional(),
  /** Of masks that were written: the PNG file, at the picture's own size; 0 is the background, 1 and above the place of the class. */
  mask: z.string().optional(),
  /** What of its row of the clinical table was taken as missing, and why; a sentence each. */
  notes: z.array(z.string()).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type Prediction = z.infer<typeof predictionSchema>;

/** What is predicted of a study or a patient, from what is predicted of its images. */
export const predictionGroupSchema = predictionSchema
  .pick({ label: true, probabilities: true, labels: true, nearest: true, value: true })
  .extend({
    /** The patient or study as the project or the files call it; else the folder, or what a pattern or a table says. */
    group: z.string(),
    /** Those that were pooled, in the order asked for. */
    files: z.array(z.string()),
  });
export type PredictionGroup = z.infer<typeof predictionGroupSchema>;

/** `rule`: how the threshold was found. */
const decidesFrom = z.object({ positive: z.string(), threshold: z.number(), rule: z.string().optional() });

/** How images were pooled and how is decided on what came of it. */
export const pooledSchema = z.object({
  level: evaluationLevelSchema.exclude(['image']),
  pooling: poolingRuleSchema,
  /** As in the result itself, for groups. */
  operatingPoint: decidesFrom.nullable(),
  thresholds: z.record(z.string(), z.number()).optional(),
  /** What these were chosen on: validation pooled alike, or single images of it. Null: nothing is decided by a threshold. */
  chosenOn: z.enum(['pooled', 'images']).nullable(),
  /** How groups were found and what is to be known of them, a sentence each. */
  warnings: z.array(z.string()),
});

/** How it is told which pictures are of one study or patient. */
export const groupRuleSchema = z.union([
  /**
   * `auto`: by the project for its images, by the header of a DICOM file, else by folder; `folder`: by the folder that a
   * file lies in; `together`: all are of one.
   */
  z.object({ from: z.enum(['auto', 'folder', 'together']) }),
  /** As an import finds patients. */
  z.object({ from: z.literal('regex'), pattern: z.string() }),
  /** A CSV file with a column of file names and one of patients or studies. */
  z.object({ from: z.literal('table'), file: z.string() }),
]);
export type GroupRule = z.infer<typeof groupRuleSchema>;

export const predictResultSchema = z.object({
  predictions: z.array(predictionSchema),
  /** Where studies or patients were asked for. */
  groups: z.array(predictionGroupSchema).optional(),
  pooled: pooledSchema.optional(),
  /** With two classes: from which probability of `positive` the label is that class. Null: the largest decides. */
  operatingPoint: decidesFrom.nullable().default(null),
  /** What the model says of a picture. */
  task: learningTaskSchema,
  /** Of several labels: from which probability on each is given, chosen on validation. */
  thresholds: z.record(z.string(), z.number()).optional(),
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
    .input(evaluatedPart.extend(caseRequestSchema.shape))
    .output(z.object({ total: z.int(), rows: z.array(caseSchema) })),
  rerun: oc.input(ofRun).output(jobStarted.extend({ run: z.string() })),
  /**
   * Evaluated runs side by side on the same images, with differences from one of them; the job's result is a
   * `comparisonSchema`. It reads what evaluations stored: nothing is predicted, and the test part is not opened.
   */
  compare: oc
    .input(
      projectInput.extend({
        runs: z.array(z.string()).min(2).max(mostCompared),
        /** One of them, the others are compared with; without, the plainest (`image`, no augmentation), else the first. */
        reference: z.string().optional(),
        split: splitPartSchema.exclude(['train']).default('test'),
      }),
    )
    .output(jobStarted),
  /** Whether a run that trained another one's recipe again has its weights; null for every other run. */
  certificate: oc.input(ofRun).output(reproductionCertificateSchema.nullable()),
  evaluate: oc
    .input(
      ofRun.extend({
        split: splitPartSchema.exclude(['train']).default('test'),
        positive: z.string().optional(),
        /** Takes the place of an evaluation at another level: one is kept a part, the last. */
        level: evaluationLevelSchema.default('image'),
        /** Of studies and patients; without, the mean. */
        pooling: poolingRuleSchema.optional(),
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
        /** Of a model that says masks: whether their outlines come along. */
        outlines: z.boolean().default(false),
        /** Of a model that says masks: a folder, new or empty, for one PNG a picture. */
        masksTo: z.string().optional(),
        /**
         * Of a model that reads the clinical table: a CSV file with a line for each picture, found by its file name, or
         * for each patient. Without, a project's images have their patient's row of the project's table.
         */
        table: z.string().optional(),
        /** Of studies and patients the answers of their images are pooled; `groups` of the result has them. */
        level: evaluationLevelSchema.default('image'),
        /** Without, as the model was evaluated on this level; else the mean. */
        pooling: poolingRuleSchema.optional(),
        groupBy: groupRuleSchema.default({ from: 'auto' }),
      }),
    )
    .output(jobStarted),
};
