import { z } from 'zod';

import { inputGeometrySchema } from './decode.ts';
import { evaluationLevelSchema, poolingRuleSchema } from './evaluation.ts';
import { type LearningTask, learningTaskSchema } from './learning-task.ts';
import { recipeSchema } from './recipe.ts';
import { calibrationSchema, exportFormatSchema, metricSchema, operatingPointSchema } from './run.ts';
import { tableFeaturesSchema } from './table-features.ts';
import { inputTilesSchema } from './tiles.ts';

/**
 * Schema version of a model package's `readroom.json`; a newer one is refused by name. 1: one of several classes alone,
 * called `classification`. 2: every task, the network sees whole pictures. 3: it sees tiles of them.
 */
export const packageFormatVersion = 3;

/** Every step from a picture file to the input tensor, in order, with every parameter that decides a value. */
export const preprocessingStepSchema = z.discriminatedUnion('kind', [
  /** The first frame or page; palettes expanded; colour profiles left aside, except for CMYK, which goes to sRGB by its own. */
  z.object({
    kind: z.literal('decode'),
    frame: z.literal('first'),
    colourProfiles: z.literal('ignoredExceptCmyk'),
    cmykTo: z.literal('sRGB'),
  }),
  /** The EXIF orientation is applied to the pixels once. */
  z.object({ kind: z.literal('orientation'), rule: z.literal('exif') }),
  /** Transparent pixels are laid over a colour: sample × alpha / highest, at the picture's own depth. */
  z.object({ kind: z.literal('alpha'), over: z.literal(0), rounding: z.literal('halfUp') }),
  /** A colour picture whose channels are equal everywhere counts as grey. */
  z.object({ kind: z.literal('collapseGrey') }),
  /**
   * A picture whose file names a window: through the first one. Other 16-bit pictures: 255 × (v − minimum) / (maximum −
   * minimum), both over all channels of the picture itself; 0 where they are equal.
   */
  z.object({
    kind: z.literal('depth'),
    bits: z.literal(8),
    rule: z.literal('minimumMaximumOfPicture'),
    rounding: z.literal('halfUp'),
  }),
  /** As `depth` does without a window, for every picture, of 8 bits too: a file's own window is left aside. */
  z.object({
    kind: z.literal('fullRange'),
    bits: z.literal(8),
    rule: z.literal('minimumMaximumOfPicture'),
    rounding: z.literal('halfUp'),
  }),
  /**
   * Grey values as the file says what its samples mean (DICOM's rescaled ones) through one window, the file's own left
   * aside: 255 × (v − low) / (high − low), 0 below low and 255 above high. Where rescale slope and intercept are whole,
   * low and high are center − 0.5 ∓ (width − 1) / 2, both included (PS3.3 C.11.2.1.2.1), else center ∓ width / 2
   * (C.11.2.1.3.2). Where low values are bright (MONOCHROME1), 255 minus that, before rounding. A picture without values,
   * or with values in another unit, is refused.
   */
  z.object({
    kind: z.literal('window'),
    center: z.number(),
    width: z.number().positive(),
    unit: z.literal('HU').nullable(),
    bits: z.literal(8),
    rounding: z.literal('halfUp'),
  }),
  /** Colour to one channel by ITU-R BT.601: Σ coefficient × (red, green, blue). */
  z.object({
    kind: z.literal('grey'),
    coefficients: z.tuple([z.number(), z.number(), z.number()]),
    rounding: z.literal('halfUp'),
  }),
  /**
   * To size × size on 8-bit values as they are, as a library does it: `nearest` as Pillow's `NEAREST`, every other
   * kernel as libvips. A picture of that size already is left alone.
   */
  z.object({
    kind: z.literal('resize'),
    size: z.int(),
    fit: inputGeometrySchema.shape.fit,
    kernel: inputGeometrySchema.shape.kernel,
    library: z.enum(['libvips', 'pillow']),
    rounding: z.literal('nearest'),
    /** `pad` only: bars of this value; the longer edge fills the square, an odd bar is wider right and below. */
    padding: z.literal(0).nullable(),
  }),
  /** Grey to three equal channels. */
  z.object({ kind: z.literal('repeatGrey'), channels: z.literal(3) }),
  /** float32 value = 8-bit value / divisor. */
  z.object({ kind: z.literal('scale'), divisor: z.literal(255) }),
  /** (value − mean) / deviation, per channel, in float32. */
  z.object({ kind: z.literal('normalize'), mean: z.array(z.number()), deviation: z.array(z.number()) }),
]);
export type PreprocessingStep = z.infer<typeof preprocessingStepSchema>;

const packageOperatingPointSchema = operatingPointSchema.extend({
  positive: z.string(),
  negative: z.string(),
  chosenOn: z.literal('val'),
});
const packageThresholdsSchema = z.record(
  z.string(),
  operatingPointSchema.extend({ chosenOn: z.literal('val') }),
);

/** `readroom.json` of a model package: all that another program needs to use the model as it was evaluated. */
export const modelPackageSchema = z.object({
  formatVersion: z.union([z.literal(1), z.literal(2), z.literal(packageFormatVersion)]),
  kind: z.literal('model'),
  name: z.string(),
  createdAt: z.string(),
  use: z.string(),
  /** What a model of this kind of project is for. Absent: of before it was said. */
  intendedUse: z.string().optional(),
  /** What its results do not say, a sentence each. */
  caveats: z.array(z.string()).optional(),
  /** The training pictures were written by Readroom's sample generator. */
  generated: z.boolean(),
  run: z.string(),
  /** What the model says of a picture; `packageTask` reads it. */
  task: z.union([z.literal('classification'), learningTaskSchema]),
  network: z.object({ id: z.string(), scale: z.number(), parameters: z.int() }),
  weightsSha256: z.string(),
  formats: z.array(exportFormatSchema),
  /** How `tfjs` is opened, as its `model.json` says too: `tf.loadLayersModel` or `tf.loadGraphModel`. Absent without `tfjs`. */
  tfjsForm: z.enum(['layers-model', 'graph-model']).optional(),
  input: z.object({
    name: z.literal('image'),
    size: z.int(),
    channels: z.union([z.literal(1), z.literal(3)]),
    layout: z.literal('NHWC'),
    type: z.literal('float32'),
    /** Smallest and largest value that preprocessing can give. */
    range: z.tuple([z.number(), z.number()]),
  }),
  /**
   * Of a model that reads the clinical table: its second input, n × features; with `only` the one input of the model
   * files, which do not look at the picture. Absent: it reads none.
   */
  table: tableFeaturesSchema
    .extend({ name: z.literal('table'), type: z.literal('float32'), use: z.enum(['both', 'only']) })
    .optional(),
  preprocessing: z.array(preprocessingStepSchema),
  /**
   * What the picture, as preprocessing leaves it, is cut into; each tile is one input. Absent: the picture is the input.
   */
  tiles: inputTilesSchema
    .extend({
      /** Of the picture, from one tile to the next, and of what two neighbours both show; pixels. */
      whole: z.int(),
      stride: z.int(),
      overlap: z.int(),
      /** How tiles are cut and their answers put together, in words. */
      meaning: z.string(),
    })
    .optional(),
  /** Version of the rules above as the decoder follows them. */
  inputVersion: z.int(),
  output: z.object({
    name: z.literal('probabilities'),
    activation: z.enum(['softmax', 'sigmoid', 'linear']),
    /** Behind the batch dimension. Absent: as many as there are classes. */
    shape: z.array(z.int()).optional(),
    /** How the output becomes an answer, in words. */
    meaning: z.string().optional(),
  }),
  /** Names in the order of the output, of masks without the background, which comes first there; empty of a number. */
  classes: z.array(z.string()),
  /** How probabilities become a label: see `operatingPoint`, or the largest one when that is null. */
  operatingPoint: packageOperatingPointSchema.nullable(),
  /** Of several labels, by class: from which probability on it is given. */
  thresholds: packageThresholdsSchema.optional(),
  /**
   * Of a run that was evaluated on studies or patients: how is decided on what comes of their images' probabilities.
   * Absent: it was evaluated on images, or not at all.
   */
  pooled: z
    .object({
      level: evaluationLevelSchema.exclude(['image']),
      pooling: poolingRuleSchema,
      operatingPoint: packageOperatingPointSchema.nullable(),
      thresholds: packageThresholdsSchema.optional(),
    })
    .optional(),
  /** Fitted on validation, kept beside the probabilities and not applied to them. */
  calibration: calibrationSchema.nullable(),
  outOfScope: z.object({ gate: z.null(), note: z.string() }),
  examples: z.object({ folder: z.literal('examples'), count: z.int() }),
  datasetVersion: z.string(),
  splitBy: z.enum(['patient', 'image']),
  recipe: recipeSchema,
  seeds: z.record(z.string(), z.number()),
  versions: z.record(z.string(), z.string()),
  /** null when the test set was never opened for this run. */
  testMetrics: z
    .object({
      n: z.int(),
      patients: z.int(),
      testOpenings: z.int(),
      /** What was judged, and how predictions were pooled for it; absent: images. */
      level: evaluationLevelSchema.optional(),
      pooling: poolingRuleSchema.nullable().optional(),
      /** What metrics of distances and of numbers count in. */
      unit: z.string().nullable().optional(),
      metrics: z.record(z.string(), metricSchema),
      warnings: z.array(z.string()),
    })
    .nullable(),
});
export type ModelPackage = z.infer<typeof modelPackageSchema>;

/** The task of a package, of whichever version. */
export function packageTask({ task, classes }: Pick<ModelPackage, 'task' | 'classes'>): LearningTask {
  return task === 'classification' ? { kind: 'multiClass', classes } : task;
}
