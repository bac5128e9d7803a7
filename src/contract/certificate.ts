import { z } from 'zod';

import { recipeSchema } from './recipe.ts';

export const certificateFormatVersion = 1;

/** What is compared of two trainings of one recipe besides their weights, and what people call it. */
export const comparedFacts = {
  backend: 'backend',
  backendVersion: 'library',
  device: 'device',
  threads: 'threads',
  processor: 'processor',
  system: 'operating system',
  node: 'Node',
  readroom: 'Readroom',
  imagesAtOnce: 'images computed at once',
  memoryHalvings: 'times that memory ran out',
} as const;
export type ComparedFact = keyof typeof comparedFacts;
const comparedFactNames = Object.keys(comparedFacts) as ComparedFact[];

const factValue = z.union([z.string(), z.int()]);

/** One of the two trainings. What was not recorded when it was trained is null. */
const certifiedRunSchema = z.object({
  run: z.string(),
  name: z.string(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  backend: z.string().nullable(),
  /** The library that computed, with its version. */
  backendVersion: z.string().nullable(),
  device: z.string().nullable(),
  threads: z.int().nullable(),
  /** Model of the machine's processor. */
  processor: z.string().nullable(),
  /** Operating system, its release and the architecture. */
  system: z.string().nullable(),
  /** Version of Node; here and above: "a, then b" where the sittings of one training differ. */
  node: z.string().nullable(),
  /** Version of Readroom. */
  readroom: z.string().nullable(),
  /** The recipe's, unless memory ran out. */
  imagesAtOnce: z.int(),
  memoryHalvings: z.int(),
  epochs: z.int(),
  /** The epoch whose weights were kept; null for the last ones. */
  keptEpoch: z.int().nullable(),
  weightsSha256: z.string().nullable(),
  /** Of the rows of `predictions/val.json` as canonical JSON (RFC 8785). */
  validationSha256: z.string().nullable(),
});
export type CertifiedRun = z.infer<typeof certifiedRunSchema>;

/** What differs between the two trainings; both values are known. */
const certifiedDifferenceSchema = z.object({
  fact: z.enum(comparedFactNames),
  first: factValue,
  second: factValue,
});
export type CertifiedDifference = z.infer<typeof certifiedDifferenceSchema>;

/** `certificate.json` of a run that trained another run's recipe again: what was the same, and with what. */
export const reproductionCertificateSchema = z.object({
  formatVersion: z.literal(certificateFormatVersion),
  /** One sentence: whether the weights are the same. */
  statement: z.string(),
  same: z.boolean(),
  /** Why the weights may differ; null where they are the same. */
  reason: z.string().nullable(),
  differences: z.array(certifiedDifferenceSchema),
  madeAt: z.string(),
  /** The images were made by a program, not taken of patients. */
  generated: z.boolean(),
  splitBy: z.enum(['patient', 'image']),
  datasetVersion: z.string(),
  fold: z.int().nullable(),
  seed: z.int(),
  recipe: recipeSchema,
  /** Of `recipe` as canonical JSON (RFC 8785). */
  recipeSha256: z.string(),
  first: certifiedRunSchema,
  second: certifiedRunSchema,
});
export type ReproductionCertificate = z.infer<typeof reproductionCertificateSchema>;
