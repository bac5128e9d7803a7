import { z } from 'zod';

import { evaluationLevelSchema, evaluationSchema, metricSchema, poolingRuleSchema } from './evaluation.ts';

/** The difference of one metric between a run and the reference, on the same patients. */
export const metricDifferenceSchema = metricSchema.extend({
  /** Two-sided, of no difference; null without an interval, and where too few patients stand behind either metric. */
  p: z.number().nullable(),
  /** The same, corrected for the number of runs that are compared with the reference (Holm 1979). */
  pHolm: z.number().nullable(),
});
export type MetricDifference = z.infer<typeof metricDifferenceSchema>;

export const comparedRunSchema = z.object({
  run: z.string(),
  name: z.string(),
  /** What sets its recipe apart from the others': `image`, `augmentation off`; null where it is not one thing. */
  variant: z.string().nullable(),
  /** Of its own evaluation. */
  metrics: z.record(z.string(), metricSchema),
  /** Run − reference, by the names of `comparison.metrics`; null of the reference itself. */
  differences: z.record(z.string(), metricDifferenceSchema).nullable(),
});
export type ComparedRun = z.infer<typeof comparedRunSchema>;

/** Evaluated runs side by side on the same images. */
export const comparisonSchema = z.object({
  split: evaluationSchema.shape.split,
  task: evaluationSchema.shape.task,
  level: evaluationLevelSchema,
  pooling: poolingRuleSchema.nullable(),
  /** What was judged: images, studies or patients by `level`. */
  n: z.int(),
  patients: z.int(),
  /** How often the project's test set has been opened; comparing opens nothing. */
  testOpenings: z.int(),
  classes: z.array(z.string()),
  positive: z.string().nullable(),
  /** Of numbers, and of distances; else null. */
  unit: z.string().nullable(),
  /** The run that the others are compared with. */
  reference: z.string(),
  /** In the order in which they were named. */
  runs: z.array(comparedRunSchema),
  /** Names of the metrics whose differences are tested, the project's main ones first. */
  metrics: z.array(z.string()),
  /** Those of them of which less is better. */
  lessIsBetter: z.array(z.string()),
  /** Of each metric by itself, over the compared runs; metrics are not corrected for each other. */
  correction: z.literal('holm'),
  warnings: z.array(z.string()),
  splitBy: z.enum(['patient', 'image']),
  generated: z.boolean(),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** The most runs that are compared at once. */
export const mostCompared = 6;
