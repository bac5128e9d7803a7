import { z } from 'zod';

export const splitPartSchema = z.enum(['train', 'val', 'test']);
export type SplitPart = z.infer<typeof splitPartSchema>;
export const splitParts = splitPartSchema.options;

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
  /** Only says what the split would be. */
  dryRun: z.boolean().default(false),
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
  /** SHA-256 of what is drawn on the images, where masks are learned of them. */
  drawings: z.string().optional(),
});
export type SplitReport = z.infer<typeof splitReportSchema>;

export const datasetVersionSchema = z.object({
  version: z.string(),
  createdAt: z.string(),
  by: z.enum(['patient', 'image']),
  seed: z.int(),
  folds: z.int().nullable(),
  counts: perPart,
  /** How many runs name it. */
  runs: z.int(),
  current: z.boolean(),
});
export type DatasetVersionRow = z.infer<typeof datasetVersionSchema>;

/** What lies between two versions. `images` are examples, at most 200 each; `n` counts all. */
const imagesOfChange = { n: z.int(), images: z.array(z.string()) };
export const versionDifferenceSchema = z.object({
  same: z.boolean(),
  added: z.object(imagesOfChange),
  removed: z.object(imagesOfChange),
  moved: z.array(z.object({ from: splitPartSchema, to: splitPartSchema, ...imagesOfChange })),
  /** By class name; null: no label. */
  relabelled: z.array(
    z.object({ from: z.string().nullable(), to: z.string().nullable(), ...imagesOfChange }),
  ),
  /**
   * Whether other drawings are on the images; on which, versions do not keep. Null: of one of the two it is not known,
   * as no masks were learned of it.
   */
  redrawn: z.boolean().nullable(),
});
export type VersionDifference = z.infer<typeof versionDifferenceSchema>;
