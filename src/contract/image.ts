import { z } from 'zod';

import { labelLevelSchema } from './project.ts';
import { splitPartSchema } from './split.ts';

/** What is remarkable about an image, found without a person. */
export const qualityFlagSchema = z.enum([
  'missing',
  'duplicate',
  'dark',
  'bright',
  'lowContrast',
  'blurred',
  /** Far smaller, larger or longer than most of the project. */
  'oddSize',
  /** Bright where most of the project's pictures are dark, as a negative. */
  'inverted',
  'nearDuplicate',
  'generated',
]);
export type QualityFlag = z.infer<typeof qualityFlagSchema>;
export const qualityFlags = qualityFlagSchema.options;

export const labelStatusSchema = z.enum([
  'unlabelled',
  'labelled',
  'unsure',
  'skipped',
  'commented',
  'bookmarked',
  'disagreement',
  /** Something is drawn on it. */
  'annotated',
  /** Neither labelled nor drawn on. */
  'untouched',
]);
export type LabelStatus = z.infer<typeof labelStatusSchema>;

/** One reader's word on an image, with the class by name. */
export const readerLabelSchema = z.object({
  class: z.string().nullable(),
  /** Of a multi-label word, by name; empty: none of them; null: no such word. */
  classes: z.array(z.string()).nullable(),
  number: z.number().nullable(),
  unsure: z.boolean(),
  skipped: z.boolean(),
  bookmarked: z.boolean(),
  comment: z.string().nullable(),
});
export type ReaderLabel = z.infer<typeof readerLabelSchema>;

/** What is kept of DICOM headers and can be filtered, sorted and counted by; all are words. */
export const imageFieldSchema = z.enum([
  'modality',
  'bodyPart',
  'laterality',
  'view',
  'sex',
  'device',
  'format',
]);
export type ImageField = z.infer<typeof imageFieldSchema>;
export const imageFields = imageFieldSchema.options;

const rangeSchema = z.object({ low: z.number().nullable(), high: z.number().nullable() });

/** How long a list of images may be that a query names. */
export const mostImagesInList = 100_000;

/** Which images, in which order. Filters of one kind are alternatives; kinds narrow each other. */
export const imageQuerySchema = z.object({
  /** Part of a file name, a path or a patient's key, any case. */
  text: z.string().max(200).default(''),
  /** Class ids of the label of record; null stands for none: no label, or a multi-label one without any class. */
  classes: z.array(z.string().nullable()).default([]),
  /** Reader ids that have labelled it, in open reading or in a round that is closed. */
  readers: z.array(z.string()).default([]),
  status: z.array(labelStatusSchema).default([]),
  /** Parts of the current split; null stands for none. */
  parts: z.array(splitPartSchema.nullable()).default([]),
  /** Patients' keys; null stands for unknown. */
  patients: z.array(z.string().nullable()).default([]),
  quality: z.array(qualityFlagSchema).default([]),
  /** Values of fields; null stands for unknown. */
  fields: z.partialRecord(imageFieldSchema, z.array(z.string().nullable())).default({}),
  /** Years; images of unknown age are left out. */
  age: rangeSchema.nullable().default(null),
  /** Of the label of record where it is a number. */
  number: rangeSchema.nullable().default(null),
  /** Ids of studies and series. */
  studies: z.array(z.string()).max(10_000).default([]),
  series: z.array(z.string()).max(10_000).default([]),
  /** Only these images: what a chart or a confusion cell opened. */
  images: z.array(z.string()).max(mostImagesInList).nullable().default(null),
  /**
   * Of those that fit only the first of each series, study or patient, by their places in the series; an image without
   * one stands for itself.
   */
  per: labelLevelSchema.default('image'),
  sort: z
    .object({
      by: z
        .enum([
          /** Images of a series together, in its order, where the first (descending: the last) of them was added. */
          'added',
          'name',
          'patient',
          'class',
          'labelledAt',
          'size',
          'given',
          /** Patient, study, series, position in the series. */
          'series',
          'age',
          'number',
        ])
        .default('added'),
      descending: z.boolean().default(false),
    })
    .prefault({}),
});
export type ImageQuery = z.output<typeof imageQuerySchema>;
export type ImageQueryInput = z.input<typeof imageQuerySchema>;

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

/** A row of a view. `class` is an id: names and colours come with the project. */
export const viewRowSchema = z.object({
  image: z.string(),
  fileName: z.string(),
  patient: z.string().nullable(),
  width: z.int(),
  height: z.int(),
  /** Of the label of record. */
  class: z.string().nullable(),
  /** Of a multi-label record: ids; null: none. */
  classes: z.array(z.string()).nullable(),
  number: z.number().nullable(),
  unsure: z.boolean(),
  /** Something is drawn on it. */
  annotated: z.boolean(),
  part: splitPartSchema.nullable(),
  /** Id of its series, where it has one, and which of how many it is there, from 0. */
  series: z.object({ id: z.string(), index: z.int(), total: z.int() }).nullable(),
  modality: z.string().nullable(),
  flags: z.array(qualityFlagSchema),
  /** Of the reader that the caller named; null: no word of that reader. */
  mine: readerLabelSchema.nullable(),
});
export type ViewRow = z.infer<typeof viewRowSchema>;

/** How many images of the project, without regard to other filters, have each value. */
export const facetsSchema = z.object({
  classes: z.array(z.object({ class: z.string().nullable(), n: z.int() })),
  readers: z.array(z.object({ reader: z.string(), name: z.string(), n: z.int() })),
  status: z.array(z.object({ status: labelStatusSchema, n: z.int() })),
  parts: z.array(z.object({ part: splitPartSchema.nullable(), n: z.int() })),
  /** Without `inverted` and `nearDuplicate` until pictures are compared, which `dataset.compared` tells. */
  quality: z.array(z.object({ flag: qualityFlagSchema, n: z.int() })),
  /** Fields that any image has a value of, values by how often they come; null: unknown. */
  fields: z.array(
    z.object({
      field: imageFieldSchema,
      values: z.array(z.object({ value: z.string().nullable(), n: z.int() })),
    }),
  ),
  /** Least and greatest age and number there are; null: none. */
  age: z.object({ low: z.number(), high: z.number() }).nullable(),
  number: z.object({ low: z.number(), high: z.number() }).nullable(),
});
export type Facets = z.infer<typeof facetsSchema>;

/** Images by id, or by half-open ranges of positions in a view. */
export const chosenImagesSchema = z.union([
  z.object({ ids: z.array(z.string()).min(1).max(mostImagesInList) }),
  z.object({ view: z.string(), ranges: z.array(z.tuple([z.int().min(0), z.int().min(0)])).min(1) }),
]);
export type ChosenImages = z.infer<typeof chosenImagesSchema>;

/** The images of a query as they were when it was asked: labelling does not move them. */
export const viewSchema = z.object({ view: z.string(), total: z.int() });
export type View = z.infer<typeof viewSchema>;

export const savedViewSchema = z.object({ id: z.string(), name: z.string(), query: imageQuerySchema });
export type SavedView = z.infer<typeof savedViewSchema>;

export const imageDetailSchema = z.object({
  image: z.string(),
  fileName: z.string(),
  /** Absolute path of its file. */
  path: z.string(),
  relativePath: z.string(),
  format: z.string(),
  sizeBytes: z.int(),
  width: z.int(),
  height: z.int(),
  channels: z.int(),
  bitDepth: z.int(),
  pixelSha256: z.string(),
  patient: z.string().nullable(),
  part: splitPartSchema.nullable(),
  /** Which picture of its file it is, from 0. */
  frame: z.int(),
  study: z.string().nullable(),
  series: z.string().nullable(),
  /** Of its header; null where that says nothing. */
  fields: z.record(imageFieldSchema, z.string().nullable()),
  ageYears: z.number().nullable(),
  flags: z.array(qualityFlagSchema),
  addedAt: z.string(),
  /** The label of record: class name or number. */
  label: z.union([z.string(), z.number()]).nullable(),
  labels: z.array(readerLabelSchema.extend({ reader: z.string(), at: z.string() })),
  /** Other images of the patient, oldest first, at most 50. */
  samePatient: z.array(z.string()),
  /** Images with the same pixels. */
  samePixels: z.array(z.string()),
});
export type ImageDetail = z.infer<typeof imageDetailSchema>;
