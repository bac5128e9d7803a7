import { oc } from '@orpc/contract';
import { z } from 'zod';

import { jobStatusSchema } from './events.ts';

export const jobErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  data: z.record(z.string(), z.unknown()),
});

/** Long work as a row. `result` is the procedure's own result schema once `status` is `completed`. */
export const jobSchema = z.object({
  job: z.string(),
  project: z.string().nullable(),
  kind: z.string(),
  status: jobStatusSchema,
  done: z.number(),
  total: z.number().nullable(),
  note: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  result: z.unknown(),
  error: jobErrorSchema.nullable(),
});
export type Job = z.infer<typeof jobSchema>;

export const jobStarted = z.object({ job: z.string() });

export const jobContract = {
  get: oc.input(z.object({ job: z.string() })).output(jobSchema),
  list: oc.input(z.object({ project: z.string().optional() })).output(z.array(jobSchema)),
  cancel: oc.input(z.object({ job: z.string() })).output(z.void()),
};
