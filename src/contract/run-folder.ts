import { z } from 'zod';

import { inputGeometrySchema } from './decode.ts';
import { learningTaskSchema, truthSchema } from './learning-task.ts';
import { tableFeaturesSchema } from './table-features.ts';
import { inputTilesSchema } from './tiles.ts';

/**
 * A run's folder, the only thing besides the input cache that a trainer reads:
 * `recipe.json` (ResolvedRecipe), `manifest.json`, `events.jsonl` (TrainerEvents),
 * `checkpoints/{last,previous,best}/`, `model/` (model.json, weights.bin) once finished,
 * `masks.u8` (of a segmentation), `start/` (weights that it starts from, as `model/`), `predictions/{val,test}.json`, `environment.json`, and of a run that trains another one's recipe again
 * `certificate.json` (ReproductionCertificate). To be watched by: `steps.json` (StepSeries), `filters/epoch-NNNN.png`,
 * `tensorboard/events.out.tfevents.*`.
 */
export const runFormatVersion = 1;

const manifestRowSchema = z.object({
  image: z.string(),
  /** Where the input cache holds the picture; the cache can be made anew, so that slots may change. */
  slot: z.int(),
  label: truthSchema,
  patient: z.string(),
  /** Opaque; null: of no study that is known. */
  study: z.string().nullable().optional(),
  /** Its patient's row of the clinical table, as the manifest's `table` makes features of it. */
  features: z.array(z.number()).optional(),
  /** Of a segmentation: millimetres from pixel to pixel of the input, where the picture's file says them. */
  spacing: z.object({ row: z.number(), column: z.number() }).optional(),
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
  classes: z.array(z.string()),
  /** Absent: one of several classes (`taskOf`). */
  task: learningTaskSchema.optional(),
  /** How features come of the clinical table; absent: it is not used. */
  table: tableFeaturesSchema.optional(),
  /** Id of the clinical table that the features were made of, which is made of its content. */
  clinicalTable: z.string().optional(),
  /**
   * Of a segmentation, relative to the run folder: size·size bytes a slot, the class of every pixel of the picture. 0 is
   * the background, 1 and above the place of the class, 255 is not judged.
   */
  masks: z.object({ file: z.string(), sha256: z.string() }).optional(),
  /**
   * uint8 pictures: size·size·channels bytes a slot. Relative to the run folder. Of a segmentation perhaps cut into
   * tiles, which are what the network sees; absent: it sees the pictures as they are.
   */
  inputs: z.object({ file: z.string(), geometry: inputGeometrySchema, tiles: inputTilesSchema.optional() }),
  /** `label` is what the task says is true; `patient` is an opaque group key, equal for rows of one patient. */
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
  network: z.object({
    id: z.string(),
    scale: z.number(),
    dropout: z.number(),
    /** How the clinical table is joined; absent: it is not used. */
    table: z.object({ use: z.enum(['both', 'only']), units: z.int(), features: z.int() }).optional(),
  }),
  /** Of what the network sees: a picture, or a tile of one. */
  geometry: inputGeometrySchema,
  /** What pictures are cut into; absent: the network sees them whole. */
  tiles: inputTilesSchema.optional(),
  /** Applied to pixel/255 per channel: (x - mean) / deviation. Length = channels. */
  normalization: z.object({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  classes: z.array(z.string()),
  /** Absent: one of several classes (`taskOf`). */
  task: learningTaskSchema.optional(),
  table: tableFeaturesSchema.optional(),
  /** It was trained on pictures that Readroom drew. */
  generated: z.boolean().optional(),
  /** In the network's declared order; offsets into weights.bin in bytes, little-endian float32. */
  weights: z.array(z.object({ name: z.string(), shape: z.array(z.int()), offset: z.int(), length: z.int() })),
  weightsSha256: z.string(),
});
export type ModelFile = z.infer<typeof modelFileSchema>;

/** What a mask says of one class in one picture, at the size that it stands in the manifest's inputs. Counts of pixels. */
export const regionSchema = z.object({
  truePositives: z.int(),
  falsePositives: z.int(),
  falseNegatives: z.int(),
  /** 95th percentile of the distances between the borders, in `unit`; null where one of them is not there. */
  hausdorff95: z.number().nullable(),
});

/**
 * `predictions/{val,test}.json`: what the chosen weights say of a part, in manifest order. Of a segmentation
 * `predictions/{val,test}.u8` holds the class of every pixel of the picture, as masks do.
 */
export const predictionsSchema = z.object({
  formatVersion: z.literal(runFormatVersion),
  run: z.string(),
  split: z.enum(['val', 'test']),
  weightsSha256: z.string(),
  rows: z.array(
    z.object({
      image: z.string(),
      patient: z.string(),
      study: z.string().nullable().optional(),
      truth: truthSchema,
      /** Of every class; of a number that alone, in its unit; none of a segmentation. */
      probabilities: z.array(z.number()),
      /** Of a segmentation, one for each class. */
      regions: z.array(regionSchema).optional(),
      /** Of a segmentation: pixels that are judged, and those of them whose class was said. */
      pixels: z.object({ judged: z.int(), right: z.int() }).optional(),
    }),
  ),
  /** Of a segmentation: what distances are counted in, millimetres where every picture's spacing is known. */
  unit: z.enum(['mm', 'px']).optional(),
});
export type Predictions = z.infer<typeof predictionsSchema>;

/** The picture of the first layer's filters after an epoch, below `filters/`. */
export const filterFileName = (epoch: number): string => `epoch-${String(epoch).padStart(4, '0')}.png`;
/** Which epoch's it is; null for another file. */
export function filterFileEpoch(name: string): number | null {
  const digits = /^epoch-(\d{4,})\.png$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
