import { oc } from '@orpc/contract';
import { z } from 'zod';

import { jobStarted } from './job.ts';
import { projectInput } from './project.ts';

export const splitPartSchema = z.enum(['train', 'val', 'test']);
export type SplitPart = z.infer<typeof splitPartSchema>;
export const splitParts = splitPartSchema.options;

export const importInput = z.object({
  project: z.string(),
  sources: z.array(z.string().min(1)).min(1),
  /** `auto`: from folders when the images lie in two or more class folders, else none. */
  labels: z
    .union([
      z.object({ from: z.enum(['auto', 'folder', 'none']) }),
      z.object({ from: z.literal('table'), file: z.string() }),
    ])
    .default({ from: 'auto' }),
  /** Where a patient's key comes from; null: unknown, each image its own group. */
  patient: z
    .union([
      z.object({ from: z.enum(['folder', 'tag']) }),
      z.object({ from: z.literal('column'), column: z.string() }),
      z.object({ from: z.literal('regex'), pattern: z.string() }),
    ])
    .nullable()
    .default(null),
  splitFrom: z.enum(['folder']).nullable().default(null),
  copy: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});
export type ImportInput = z.output<typeof importInput>;

export const refusedFileSchema = z.object({ file: z.string(), code: z.string(), message: z.string() });
export type RefusedFile = z.infer<typeof refusedFileSchema>;

/** `images`, `patients`, `labelled` count the whole project after the import (before it in a dry run: what it would hold). */
export const importReportSchema = z.object({
  dryRun: z.boolean(),
  added: z.int(),
  alreadyPresent: z.int(),
  refused: z.array(refusedFileSchema),
  images: z.int(),
  patients: z.int(),
  labelled: z.int(),
  classes: z.array(z.string()),
  byClass: z.record(z.string(), z.int()),
  warnings: z.array(z.string()),
});
export type ImportReport = z.infer<typeof importReportSchema>;

export const imageRowSchema = z.object({
  image: z.string(),
  fileName: z.string(),
  relativePath: z.string(),
  patient: z.string().nullable(),
  width: z.int(),
  height: z.int(),
  label: z.string().nullable(),
  part: splitPartSchema.nullable(),
  missing: z.boolean(),
});
export type ImageRow = z.infer<typeof imageRowSchema>;

export const splitInput = z.object({
  project: z.string(),
  /** Shares of the images; null keeps imported parts, else .7 / .15 / .15. */
  train: z.number().min(0).max(1).nullable().default(null),
  val: z.number().min(0).max(1).nullable().default(null),
  test: z.number().min(0).max(1).nullable().default(null),
  seed: z.int().min(0).max(0xffffffff).default(1),
  folds: z.int().min(2).max(100).nullable().default(null),
  by: z.enum(['patient', 'image']).default('patient'),
  reset: z.boolean().default(false),
});
export type SplitInput = z.output<typeof splitInput>;

const perPart = z.object({ train: z.int(), val: z.int(), test: z.int() });
export type PerPart = z.infer<typeof perPart>;

export const splitReportSchema = z.object({
  version: z.string(),
  by: z.enum(['patient', 'image']),
  seed: z.int(),
  counts: perPart,
  patients: perPart,
  byClass: z.record(z.string(), perPart),
  warnings: z.array(z.string()),
  folds: z.array(z.object({ train: z.int(), val: z.int() })).optional(),
});
export type SplitReport = z.infer<typeof splitReportSchema>;

export const datasetContract = {
  import: oc.input(importInput).output(jobStarted),
  images: oc
    .input(
      projectInput.extend({
        offset: z.int().min(0).default(0),
        /** The last id of the page before: the page behind it costs no more than the first. */
        after: z.string().optional(),
        limit: z.int().min(1).max(1000).default(200),
      }),
    )
    .output(z.object({ total: z.int(), rows: z.array(imageRowSchema) })),
  split: oc.input(splitInput).output(jobStarted),
  currentSplit: oc.input(projectInput).output(splitReportSchema.nullable()),
};
