import { z } from 'zod';

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

/** One epoch of a run; losses in nats, accuracies as shares. */
export const epochRecordSchema = z.object({
  epoch: z.int().min(1),
  loss: z.number(),
  accuracy: z.number(),
  valLoss: z.number(),
  valAccuracy: z.number(),
  learningRate: z.number(),
  seconds: z.number(),
  imagesPerSecond: z.number(),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

const project = z.string();

/** What the engine tells every client, in the order in which it happened. Payloads are small: rows are fetched. */
export const engineEventSchema = z.discriminatedUnion('type', [
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
  z.object({ type: z.literal('dataset.changed'), project }),
  z.object({ type: z.literal('label.changed'), project, image: z.string(), reader: z.string() }),
  z.object({ type: z.literal('run.statusChanged'), project, run: z.string(), status: runStatusSchema }),
  z.object({
    type: z.literal('run.stepEnded'),
    project,
    run: z.string(),
    epoch: z.int(),
    step: z.int(),
    steps: z.int(),
    loss: z.number(),
    imagesPerSecond: z.number(),
    secondsLeft: z.number(),
  }),
  z.object({ type: z.literal('run.epochEnded'), project, run: z.string(), record: epochRecordSchema }),
  z.object({ type: z.literal('run.noted'), project, run: z.string(), note: z.string() }),
]);
export type EngineEvent = z.infer<typeof engineEventSchema>;

/** An event with its place in the stream; `seq` starts at 1 in each engine and has no gaps. */
export const sequencedEventSchema = z.object({ seq: z.int(), event: engineEventSchema });
export type SequencedEvent = z.infer<typeof sequencedEventSchema>;
