import { z } from 'zod';

/** One column of a clinical table as a network sees it. Means and shares are of training rows alone. */
const featureColumnSchema = z.discriminatedUnion('kind', [
  /** (value − mean) / deviation, both over training rows; 0 where it is missing, and where the deviation is 0. */
  z.object({
    kind: z.literal('number'),
    column: z.string(),
    unit: z.string(),
    mean: z.number(),
    deviation: z.number(),
    /** A further feature says 1 where the value is missing. */
    saysMissing: z.boolean(),
  }),
  /** 1 for yes, 0 for no; the share of yes among training rows where it is missing. */
  z.object({
    kind: z.literal('yesNo'),
    column: z.string(),
    share: z.number().min(0).max(1),
    /** As of a number. */
    saysMissing: z.boolean(),
  }),
  /** One feature a category, 1 for the value's; all 0 where it is missing or none of them. */
  z.object({ kind: z.literal('category'), column: z.string(), categories: z.array(z.string()) }),
]);

/** How a patient's row of the clinical table becomes a network's features; in manifests, models and packages. */
export const tableFeaturesSchema = z.object({
  columns: z.array(featureColumnSchema).min(1),
  /** Names of the features, in order. */
  features: z.array(z.string()).min(1),
  /** Words that count as missing beside empty cells, in any case; absent: `usualMissing`. */
  missing: z.array(z.string()).optional(),
});
export type TableFeatures = z.infer<typeof tableFeaturesSchema>;
export type FeatureColumn = TableFeatures['columns'][number];
