import { z } from 'zod';

import { runStatusSchema } from './events.ts';

/** Runs of a higher priority have their turn before all others, whenever they came. */
export const runPriorities = ['high', 'normal', 'low'] as const;
export const runPrioritySchema = z.enum(runPriorities);
export type RunPriority = z.infer<typeof runPrioritySchema>;

/** The trainings of all open projects: one at a time has the machine. */
export const trainingQueueSchema = z.object({
  /** Nothing new starts; what trains goes on. Kept over restarts. */
  paused: z.boolean(),
  /** What trains, then what waits in the order of its turns. */
  runs: z.array(
    z.object({
      project: z.string(),
      projectName: z.string(),
      run: z.string(),
      name: z.string(),
      /** The job that trains it, or waits for its turn to. */
      job: z.string(),
      status: runStatusSchema,
      priority: runPrioritySchema,
      /** From 1; null for what trains. */
      place: z.int().nullable(),
      epochs: z.object({ done: z.int(), planned: z.int() }),
      /** It waited already when its project was last closed. */
      waitedBefore: z.boolean(),
    }),
  ),
});
export type TrainingQueueState = z.infer<typeof trainingQueueSchema>;
export type QueuedRunRow = TrainingQueueState['runs'][number];
