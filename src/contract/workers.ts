import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';

import { inputGeometrySchema } from './decode.ts';
import { epochRecordSchema, epochSamplesSchema, secondsRangeSchema, stepMeasuresSchema } from './events.ts';
import { learningTaskSchema } from './learning-task.ts';
import { recipeSchema } from './recipe.ts';
import { regionSchema } from './run-folder.ts';
import { backendReportSchema } from './system.ts';
import { exportFormatSchema, stopReasonSchema } from './run.ts';
import { inputTilesSchema } from './tiles.ts';
import { weightCheckSchema, weightConversionSchema, weightTransferSchema } from './weight-transfer.ts';

/**
 * What the engine asks of its child processes. Children never open SQLite; image files and tensors
 * pass through the file system, never through these messages.
 */

/** What a trainer says while it works. */
export const trainerEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    backend: z.string(),
    device: z.string(),
    threads: z.int(),
    version: z.string(),
    parameters: z.int(),
    resumedAtStep: z.int(),
    /** Null in logs of before it was told. */
    stepsPerEpoch: z.int().nullable().default(null),
  }),
  z.object({
    type: z.literal('stepEnded'),
    epoch: z.int(),
    step: z.int(),
    steps: z.int(),
    loss: z.number(),
    imagesPerSecond: z.number(),
    secondsLeft: secondsRangeSchema,
    ...stepMeasuresSchema.shape,
  }),
  z.object({ type: z.literal('epochEnded'), record: epochRecordSchema, best: z.boolean() }),
  z.object({ type: z.literal('sampled'), samples: epochSamplesSchema }),
  /** A picture of the first layer's filters after this epoch lies in the run folder. */
  z.object({ type: z.literal('filtered'), epoch: z.int() }),
  z.object({ type: z.literal('checkpointed'), step: z.int() }),
  z.object({ type: z.literal('noted'), note: z.string() }),
  z.object({ type: z.literal('heartbeat') }),
  z.object({
    type: z.literal('ended'),
    stoppedBecause: stopReasonSchema,
    /** The epoch whose weights the model holds, null for the last ones; without a model the best one so far. */
    bestEpoch: z.int().nullable(),
    weightsSha256: z.string().nullable(),
    seconds: z.number(),
    imagesPerSecond: z.number(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  }),
]);
export type TrainerEvent = z.infer<typeof trainerEventSchema>;

/** What is known of a training before its pictures are prepared. */
export const trainingAheadSchema = z.object({
  recipe: recipeSchema,
  task: learningTaskSchema,
  /** Of the pictures in the input cache. */
  geometry: inputGeometrySchema,
  /** Pictures of the training part, or their tiles. */
  trainRows: z.int().min(1),
});
export type TrainingAhead = z.infer<typeof trainingAheadSchema>;

/** Pictures of a segmentation that are to be predicted and compared with what is true. */
export const maskPredictionsRequestSchema = z.object({
  modelFolder: z.string(),
  backend: z.string(),
  threads: z.int().nullable(),
  inputs: z.string(),
  /** Of the inputs, as `predict` has it. */
  channels: inputGeometrySchema.shape.channels,
  /** The run's masks. */
  masks: z.string(),
  rows: z.array(
    z.object({
      /** In the inputs. */
      slot: z.int(),
      /** In the masks. */
      mask: z.int(),
      /** Millimetres from pixel to pixel of the input; absent: not known. */
      spacing: z.object({ row: z.number(), column: z.number() }).optional(),
    }),
  ),
  to: z.string(),
});
export type MaskPredictionsRequest = z.infer<typeof maskPredictionsRequestSchema>;

/** In the order of the rows; the unit is of all distances. */
export const maskPredictionsSchema = z.object({
  rows: z.array(
    z.object({
      /** One for each class. */
      regions: z.array(regionSchema),
      /** How many are judged, and of how many of them the class was said. */
      pixels: z.object({ judged: z.int(), right: z.int() }),
    }),
  ),
  unit: z.enum(['mm', 'px']),
});
export type MaskPredictions = z.infer<typeof maskPredictionsSchema>;

export const computeContract = {
  /** Which backends answer here; loads each once. */
  probe: oc.output(z.array(backendReportSchema)),
  /**
   * Does of a training what needs no pictures, while these are being prepared; the `train` that follows takes it over.
   * It never fails: what hinders it hinders `train` too, which tells.
   */
  prepareTraining: oc.input(trainingAheadSchema).output(z.void()),
  /** Trains, or resumes, what the run folder describes. The stream ends with `ended`. */
  train: oc.input(z.object({ runFolder: z.string() })).output(eventIterator(trainerEventSchema)),
  /** Ends a training after the step in flight, with a checkpoint. */
  stop: oc.output(z.void()),
  /**
   * What a model says of uint8 pictures (n × size × size × channels in `inputs`), written to `to` as float32
   * n × `width`: the probabilities of the classes, of a segmentation those of every pixel, or a number. `slots` picks
   * rows of `inputs`, null takes the first `count`. A model that sees tiles is given whole pictures and answers for them.
   */
  predict: oc
    .input(
      z.object({
        modelFolder: z.string(),
        backend: z.string(),
        threads: z.int().nullable(),
        inputs: z.string(),
        slots: z.array(z.int()).nullable(),
        count: z.int(),
        /** Of the inputs: 1 where grey pictures stand in one for a network that sees three. */
        channels: inputGeometrySchema.shape.channels,
        /** Features of the clinical table, row after row, for a model that reads it. */
        table: z.array(z.number()).nullable().default(null),
        to: z.string(),
      }),
    )
    .output(z.object({ width: z.int(), backend: z.string(), device: z.string() })),
  /** Writes the class of every pixel of pictures to `to`, a byte each as masks have it, and compares them with their masks. */
  predictMasks: oc.input(maskPredictionsRequestSchema).output(maskPredictionsSchema),
  /** Opens a file of weights, one of a stranger perhaps, as far as its list of tensors. @throws `badWeights` */
  inspectWeights: oc.input(z.object({ file: z.string() })).output(z.object({ tensors: z.int() })),
  /** What `convertWeights` would make of a file, told by its list of tensors: nothing of them is read or written. */
  checkWeights: oc.input(weightCheckSchema).output(weightTransferSchema),
  /** Makes a file of weights, one of a stranger perhaps, the model's folder that a training can start from. */
  convertWeights: oc
    .input(weightConversionSchema)
    .output(z.object({ report: weightTransferSchema, weightsSha256: z.string() })),
  /**
   * Augments uint8 inputs as a training would and writes `copies` of each, one after the other, to `to` as uint8.
   * What a training takes from all its images, mean and principal colours, comes from these.
   */
  augment: oc
    .input(
      z.object({
        inputs: z.string(),
        slots: z.array(z.int()),
        geometry: inputGeometrySchema,
        /** Of each picture that tile is shown which lies in its middle; absent: the picture. */
        tiles: inputTilesSchema.optional(),
        augmentation: recipeSchema.shape.augmentation,
        normalization: z.enum(['unit', 'dataset']),
        seed: z.int(),
        copies: z.int(),
        to: z.string(),
      }),
    )
    .output(z.void()),
  /**
   * Writes the formats and `examples/` of a package into `to`, then predicts the examples with each
   * format's own runtime. `slots` are the rows of `inputs`, in as many channels as these have, that become examples, of a
   * model that sees tiles one tile of each.
   */
  writeFormats: oc
    .input(
      z.object({
        modelFolder: z.string(),
        to: z.string(),
        formats: z.array(exportFormatSchema),
        inputs: z.string(),
        channels: inputGeometrySchema.shape.channels,
        slots: z.array(z.int()),
        /** Features of the clinical table of these rows, for a model that reads it. */
        table: z.array(z.number()).nullable().default(null),
        backend: z.string(),
      }),
    )
    .output(z.record(z.string(), z.object({ maxAbsDiff: z.number(), n: z.int() }))),
  /** Predicts a package's own examples again in every format it holds; sentences of what differs. */
  verifyExamples: oc.input(z.object({ folder: z.string() })).output(z.array(z.string())),
  /** Probabilities of a package for uint8 inputs, as `predict` but with the package's ONNX model. */
  predictPackage: oc
    .input(
      z.object({
        folder: z.string(),
        inputs: z.string(),
        slots: z.array(z.int()).nullable(),
        count: z.int(),
        /** As `predict` has it. */
        table: z.array(z.number()).nullable().default(null),
        to: z.string(),
      }),
    )
    .output(z.object({ width: z.int() })),
};
export type ComputeContract = typeof computeContract;
