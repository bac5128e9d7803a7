import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';

import { sequencedEventSchema } from './events.ts';
import { jobStarted } from './job.ts';

export const backendReportSchema = z.object({
  id: z.string(),
  ok: z.boolean(),
  device: z.string().nullable(),
  version: z.string().nullable(),
  reason: z.string(),
  remedy: z.string(),
});
export type BackendReport = z.infer<typeof backendReportSchema>;

export const doctorReportSchema = z.object({
  ok: z.boolean(),
  readroom: z.string(),
  node: z.string(),
  platform: z.string(),
  cores: z.int(),
  memoryBytes: z.number(),
  chosenBackend: z.string().nullable(),
  backends: z.array(backendReportSchema),
  electron: z.object({
    ok: z.boolean(),
    version: z.string().nullable(),
    reason: z.string(),
    remedy: z.string(),
  }),
  browser: z.object({
    ok: z.boolean(),
    version: z.string().nullable(),
    reason: z.string(),
    remedy: z.string(),
  }),
  sqlite: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), remedy: z.string() })),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;

export const sampleResultSchema = z.object({
  folder: z.string(),
  images: z.int(),
  patients: z.int(),
  classes: z.array(z.string()),
  generated: z.literal(true),
  generatorVersion: z.int(),
});
export type SampleResult = z.infer<typeof sampleResultSchema>;

export const systemContract = {
  doctor: oc.output(doctorReportSchema),
  /** Every event after `since`; one that is too old is answered by starting at the oldest kept. */
  events: oc
    .input(z.object({ since: z.int().min(0).default(0) }))
    .output(eventIterator(sequencedEventSchema)),
  sample: oc
    .input(
      z.object({
        folder: z.string(),
        template: z.string(),
        images: z.int().min(8).max(100_000).default(1000),
        seed: z.int().min(0).max(0xffffffff).default(1),
      }),
    )
    .output(jobStarted),
};
