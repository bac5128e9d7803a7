import { z } from 'zod';

import { inputGeometrySchema } from './decode.ts';

/**
 * A run's folder, the only thing besides the input cache that a trainer reads:
 * `recipe.json` (ResolvedRecipe), `manifest.json`, `events.jsonl` (TrainerEvents),
 * `checkpoints/{last,previous,best}/`, `model/` (model.json, weights.bin) once finished,
 * `predictions/{val,test}.json`, `environment.json`, and of a run that trains another one's recipe again
 * `certificate.json` (ReproductionCertificate). To be watched by: `steps.json` (StepSeries), `filters/epoch-NNNN.png`,
 * `tensorboard/events.out.tfevents.*`.
 */
export const runFormatVersion = 1;

const manifestRowSchema = z.object({
  image: z.string(),
  /** Where the input cache holds the picture; the cache can be made anew, so that slots may change. */
  slot: z.int(),
  label: z.int(),
  patient: z.string(),
  /** Which picture that must be; empty where it is not known. */
  pixelSha256: z.string().default(''),
});

export const manifestSchema = z.object({
  formatVersion: z.literal(runFormatVersion),
  run: z.string(),
  datasetVersion: z.string(),
  splitBy: z.enum(['patient', 'image']),
  generated: z.boolean(),
  fold: z.int().nullable(),
  classes: z.array(z.string()).min(2),
  /** uint8 inputs: size·size·channels bytes a slot. Relative to the run folder. */
  inputs: z.object({ file: z.string(), geometry: inputGeometrySchema }),
  /** `label` indexes `classes`; `patient` is an opaque group key, equal for rows of one patient. */
  rows: z.object({
    train: z.array(manifestRowSchema),
    val: z.array(manifestRowSchema),
    test: z.array(manifestRowSchema),
  }),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestRow = Manifest['rows']['train'][number];

/** How often the images that are computed at once are halved after memory ran out, in all sittings of a run. */
export const mostHalvings = 3;

/**
 * `memory.json`: how a run goes on whose memory ran out. The recipe stays as it is; this stands above its
 * `microBatchSize`. Written, whole, by whoever noticed: the trainer at its own failed allocation, the engine when
 * the system ended the trainer.
 */
export const runMemorySchema = z.object({
  formatVersion: z.literal(runFormatVersion).default(runFormatVersion),
  /** Images computed at once from now on. */
  microBatchSize: z.int().min(1),
  /** How often it was halved. */
  halvings: z.int().min(1).max(mostHalvings),
});
export type RunMemory = Omit<z.infer<typeof runMemorySchema>, 'formatVersion'>;

const runEnvironmentSchema = z.object({
  /** Version of Readroom. */
  readroom: z.string().nullable(),
  /** Version of Node. */
  node: z.string().nullable(),
  /** Operating system, its release and the architecture. */
  system: z.string().nullable(),
  processor: z.string().nullable(),
});
export type RunEnvironment = z.infer<typeof runEnvironmentSchema>;

/**
 * `environment.json`: with what a run was trained, one entry for its sittings until something of it changed. Null is
 * what was not recorded. Written by the engine before the trainer starts.
 */
export const runEnvironmentsSchema = z.object({
  formatVersion: z.literal(runFormatVersion),
  environments: z.array(runEnvironmentSchema),
});

/** `model/model.json`: with weights.bin all that prediction needs. */
export const modelFileSchema = z.object({
  formatVersion: z.literal(runFormatVersion),
  network: z.object({ id: z.string(), scale: z.number(), dropout: z.number() }),
  geometry: inputGeometrySchema,
  /** Applied to pixel/255 per channel: (x - mean) / deviation. Length = channels. */
  normalization: z.object({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  classes: z.array(z.string()),
  /** In the network's declared order; offsets into weights.bin in bytes, little-endian float32. */
  weights: z.array(z.object({ name: z.string(), shape: z.array(z.int()), offset: z.int(), length: z.int() })),
  weightsSha256: z.string(),
});
export type ModelFile = z.infer<typeof modelFileSchema>;

/** `predictions/{val,test}.json`: what the chosen weights say of a part, in manifest order. */
export const predictionsSchema = z.object({
  formatVersion: z.literal(runFormatVersion),
  run: z.string(),
  split: z.enum(['val', 'test']),
  weightsSha256: z.string(),
  rows: z.array(
    z.object({ image: z.string(), patient: z.string(), truth: z.int(), probabilities: z.array(z.number()) }),
  ),
});
export type Predictions = z.infer<typeof predictionsSchema>;

/** The picture of the first layer's filters after an epoch, below `filters/`. */
export const filterFileName = (epoch: number): string => `epoch-${String(epoch).padStart(4, '0')}.png`;
/** Which epoch's it is; null for another file. */
export function filterFileEpoch(name: string): number | null {
  const digits = /^epoch-(\d{4,})\.png$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
