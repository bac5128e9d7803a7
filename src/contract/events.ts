import { z } from 'zod';

import { truthSchema } from './learning-task.ts';

export const runStatuses = [
  'queued',
  'starting',
  'running',
  'paused',
  'stopping',
  'completed',
  'failed',
  'cancelled',
  'interrupted',
] as const;
export const runStatusSchema = z.enum(runStatuses);
export type RunStatus = z.infer<typeof runStatusSchema>;

export const jobStatusSchema = z.enum(['running', 'completed', 'failed', 'cancelled', 'interrupted']);

/** One epoch of a run; losses in nats, of numbers in squared deviations; accuracies as shares. */
export const epochRecordSchema = z.object({
  epoch: z.int().min(1),
  loss: z.number(),
  /** Null where no answer is right or wrong, as of numbers; of masks while it trains. */
  accuracy: z.number().nullable(),
  valLoss: z.number(),
  valAccuracy: z.number().nullable(),
  /** Mean of the classes' recalls, macro F1, area under the ROC curve (more than two classes: mean of one against the rest); null where a class is missing. */
  valBalancedAccuracy: z.number().nullable().default(null),
  valF1: z.number().nullable().default(null),
  valAuc: z.number().nullable().default(null),
  /** Mean absolute error of a number, in its unit. */
  valMae: z.number().nullable().default(null),
  /** Dice of all pixels together, mean over the classes without the background. */
  valDice: z.number().nullable().default(null),
  learningRate: z.number(),
  seconds: z.number(),
  imagesPerSecond: z.number(),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

/** What the network says after an epoch of a few validation images, the same ones each time. */
export const epochSamplesSchema = z.object({
  epoch: z.int().min(1),
  /** Of a number `probabilities` is that alone. */
  rows: z.array(z.object({ image: z.string(), truth: truthSchema, probabilities: z.array(z.number()) })),
});
export type EpochSamples = z.infer<typeof epochSamplesSchema>;

/** Seconds that something takes, at best and at worst. Logs of before there were ranges told one number. */
export const secondsRangeSchema = z
  .union([z.object({ low: z.number(), high: z.number() }), z.number()])
  .transform((told) => (typeof told === 'number' ? { low: told, high: told } : told));
export type SecondsRange = z.infer<typeof secondsRangeSchema>;

/** What is measured at a step; null where it is not known, as in logs of before it was measured. */
export const stepMeasuresSchema = z.object({
  /** In force at this step. */
  learningRate: z.number().nullable().default(null),
  /** Global L2 norm over all weights, before clipping; measured about once a second. */
  gradientNorm: z.number().nullable().default(null),
  /** Resident memory of the trainer. */
  memoryBytes: z.number().nullable().default(null),
  /** Of it in tensors, where the backend knows. */
  tensorBytes: z.number().nullable().default(null),
});
export type StepMeasures = z.infer<typeof stepMeasuresSchema>;

/** A step of a run's course. */
export const stepPointSchema = stepMeasuresSchema.extend({
  /** Place in epochs: 0 where the run begins, 1 at the end of the first epoch. */
  at: z.number().min(0),
  loss: z.number(),
  imagesPerSecond: z.number(),
});
export type StepPoint = z.infer<typeof stepPointSchema>;

export const mostStepPoints = 2000;
/** A run's steps, oldest first, evenly thinned to at most `mostStepPoints`. */
export const stepSeriesSchema = z.object({
  /** Told steps that one point stands for. */
  stride: z.int().min(1),
  points: z.array(stepPointSchema).max(mostStepPoints),
});
export type StepSeries = z.infer<typeof stepSeriesSchema>;

export const mostImagesInEvent = 200;

const project = z.string();

/** What the engine tells every client, in the order in which it happened. Payloads are small: rows are fetched. */
export const engineEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('job.started'),
    project: project.nullable(),
    job: z.string(),
    kind: z.string(),
  }),
  z.object({
    type: z.literal('job.progressed'),
    project: project.nullable(),
    job: z.string(),
    done: z.number(),
    total: z.number().nullable(),
    note: z.string(),
  }),
  z.object({
    type: z.literal('job.ended'),
    project: project.nullable(),
    job: z.string(),
    status: jobStatusSchema,
  }),
  z.object({ type: z.literal('project.opened'), project }),
  z.object({ type: z.literal('project.closed'), project }),
  z.object({ type: z.literal('settings.changed') }),
  /** `system.about` says something else than before. */
  z.object({ type: z.literal('system.changed') }),
  /** Images, patients, the split or the clinical table. */
  z.object({ type: z.literal('dataset.changed'), project }),
  /** Pictures have been compared with each other: `facets` counts near duplicates and inverted ones now. */
  z.object({ type: z.literal('dataset.compared'), project }),
  z.object({ type: z.literal('class.changed'), project }),
  z.object({ type: z.literal('view.changed'), project }),
  /** Somebody takes part, or in another role: `reader.list` and `profile.reach` say something else. */
  z.object({ type: z.literal('reader.changed'), project }),
  /** A blinded round was opened, read in, decided or closed. */
  z.object({ type: z.literal('round.changed'), project }),
  /** `images` is empty when more than `mostImagesInEvent` changed: all rows on screen are to be read again. */
  z.object({
    type: z.literal('label.changed'),
    project,
    images: z.array(z.string()),
    count: z.int(),
    reader: z.string(),
  }),
  z.object({ type: z.literal('run.queueChanged') }),
  z.object({ type: z.literal('run.statusChanged'), project, run: z.string(), status: runStatusSchema }),
  /** It was renamed, evaluated or removed. */
  z.object({ type: z.literal('run.changed'), project, run: z.string() }),
  z.object({
    type: z.literal('run.stepEnded'),
    project,
    run: z.string(),
    epoch: z.int(),
    step: z.int(),
    steps: z.int(),
    loss: z.number(),
    imagesPerSecond: z.number(),
    secondsLeft: secondsRangeSchema,
    ...stepMeasuresSchema.shape,
  }),
  z.object({ type: z.literal('run.epochEnded'), project, run: z.string(), record: epochRecordSchema }),
  z.object({ type: z.literal('run.sampled'), project, run: z.string(), samples: epochSamplesSchema }),
  /** `run.filters` has a picture of the first layer after this epoch. */
  z.object({ type: z.literal('run.filtered'), project, run: z.string(), epoch: z.int() }),
  z.object({ type: z.literal('run.noted'), project, run: z.string(), note: z.string() }),
]);
export type EngineEvent = z.infer<typeof engineEventSchema>;

/** An event with its place in the stream; `seq` starts at 1 in each engine and has no gaps. */
export const sequencedEventSchema = z.object({ seq: z.int(), event: engineEventSchema });
export type SequencedEvent = z.infer<typeof sequencedEventSchema>;
