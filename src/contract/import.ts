import { z } from 'zod';

import { splitPartSchema } from './split.ts';

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
  /** Who imports, and can take it back with an undo; nobody without. */
  reader: z.string().trim().min(1).max(100).optional(),
  dryRun: z.boolean().default(false),
});
export type ImportInput = z.output<typeof importInput>;

export const refusedFileSchema = z.object({ file: z.string(), code: z.string(), message: z.string() });
export type RefusedFile = z.infer<typeof refusedFileSchema>;

/** One file of a dry run: what it would become. */
export const plannedFileSchema = z.object({
  file: z.string(),
  state: z.enum(['new', 'present', 'refused']),
  class: z.string().nullable(),
  patient: z.string().nullable(),
  part: splitPartSchema.nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** Why it was refused, or what is odd about it. */
  reason: z.string().nullable(),
  /** The file of the same import that has the same bytes and came first. */
  copyOf: z.string().optional(),
});
export type PlannedFile = z.infer<typeof plannedFileSchema>;

/** How many planned files a dry run lists at most. */
export const mostPlannedFiles = 1000;

/** `images`, `patients`, `labelled` count the whole project after the import (before it in a dry run: what it would hold). */
export const importReportSchema = z.object({
  dryRun: z.boolean(),
  added: z.int(),
  alreadyPresent: z.int(),
  refused: z.array(refusedFileSchema),
  images: z.int(),
  patients: z.int(),
  labelled: z.int(),
  /** Of the whole project; absent without any. */
  series: z.int().optional(),
  studies: z.int().optional(),
  classes: z.array(z.string()),
  byClass: z.record(z.string(), z.int()),
  warnings: z.array(z.string()),
  /** A dry run's files, refused ones first, at most `mostPlannedFiles`; absent otherwise. */
  files: z.array(plannedFileSchema).optional(),
  /** A dry run's decisions about `auto`: where labels come from. */
  labelsFrom: z.enum(['folder', 'table', 'none']).optional(),
  /** A dry run's table: the names of its columns, one of which may be the patient's. */
  tableColumns: z.array(z.string()).optional(),
});
export type ImportReport = z.infer<typeof importReportSchema>;
