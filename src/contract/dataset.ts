import { oc } from '@orpc/contract';
import { z } from 'zod';

import { jobStarted } from './job.ts';
import { labelLevelSchema, projectInput } from './project.ts';

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
});
export type ImportReport = z.infer<typeof importReportSchema>;

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

/** Which images, in which order. Filters of one kind are alternatives; kinds narrow each other. */
export const imageQuerySchema = z.object({
  /** Part of a file name, a path or a patient's key, any case. */
  text: z.string().max(200).default(''),
  /** Class ids of the label of record; null stands for none: no label, or a multi-label one without any class. */
  classes: z.array(z.string().nullable()).default([]),
  /** Reader ids that have labelled it. */
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
  images: z.array(z.string()).max(100_000).nullable().default(null),
  /**
   * Of those that fit only the first of each series, study or patient, by their places in the series; an image without
   * one stands for itself.
   */
  per: labelLevelSchema.default('image'),
  sort: z
    .object({
      by: z
        .enum([
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

export const datasetSummarySchema = z.object({
  images: z.int(),
  patients: z.int(),
  /** Images without a patient's key: each is a group of its own. */
  withoutPatient: z.int(),
  labelled: z.int(),
  missing: z.int(),
  generated: z.int(),
  /** By class name; null: without a class. An image with several classes counts in each. */
  byClass: z.array(z.object({ class: z.string().nullable(), images: z.int(), patients: z.int() })),
  /** How many patients have so many images. */
  imagesPerPatient: z.array(z.object({ images: z.int(), patients: z.int() })),
  readers: z.array(
    z.object({
      reader: z.string(),
      name: z.string(),
      kind: z.enum(['person', 'import', 'model']),
      labels: z.int(),
      lastAt: z.string().nullable(),
    }),
  ),
});
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;

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
});
export type VersionDifference = z.infer<typeof versionDifferenceSchema>;

/** Images that show the same thing. */
export const duplicateGroupSchema = z.object({
  /** Equal pixels, or similar ones; a near group also has the exact twins of its images. */
  kind: z.enum(['exact', 'near']),
  /** How many images it has. */
  n: z.int(),
  /** The first of them, at most `mostImagesOfGroup`. */
  images: z.array(z.string()),
  /** Largest distance of two difference hashes in it, of 256 bits; 0 for equal pixels. */
  distance: z.int(),
  /** Lies in several parts of the current split: a leak. */
  acrossParts: z.boolean(),
  /** Lies with several patients: either a mistake in the patients' keys or a common picture. */
  acrossPatients: z.boolean(),
  /** Has several labels of record. */
  labelsDiffer: z.boolean(),
});
export type DuplicateGroup = z.infer<typeof duplicateGroupSchema>;
/** Of near duplicates, in bits of 256, where nobody says another. */
export const usualDistance = 4;
export const mostDuplicateGroups = 1000;
export const mostImagesOfGroup = 200;
export const duplicatesSchema = z.object({
  /** How many groups there are. */
  total: z.int(),
  /** Worst first: across parts, with differing labels, across patients; at most `mostDuplicateGroups`. */
  groups: z.array(duplicateGroupSchema),
  /** Images imported before hashes were kept: they can be told equal, not similar. */
  withoutHash: z.int(),
});
export type Duplicates = z.infer<typeof duplicatesSchema>;

/** Images with one value of a field, by class name; null: unknown, or without a class. An age is a decade, as "40–49". */
export const valueCountSchema = z.object({
  value: z.string().nullable(),
  images: z.int(),
  patients: z.int(),
  byClass: z.array(z.object({ class: z.string().nullable(), n: z.int() })),
});
export type ValueCount = z.infer<typeof valueCountSchema>;

const ofView = projectInput.extend({ view: z.string() });

export const datasetContract = {
  import: oc.input(importInput).output(jobStarted),
  images: oc
    .input(
      projectInput.extend({
        offset: z.int().min(0).default(0),
        /** The last id of the page before: the page behind it costs no more than the first. */
        after: z.string().optional(),
        /** Only the images of this view, in its order; `offset` is a position in it. */
        view: z.string().optional(),
        limit: z.int().min(1).max(1000).default(200),
      }),
    )
    .output(z.object({ total: z.int(), rows: z.array(imageRowSchema) })),
  split: oc.input(splitInput).output(jobStarted),
  currentSplit: oc.input(projectInput).output(splitReportSchema.nullable()),
  /** Answers within milliseconds at 100,000 images. The newest views of a project are kept. */
  openView: oc.input(projectInput.extend({ query: imageQuerySchema.prefault({}) })).output(viewSchema),
  /** @throws `unknownView` for one that was dropped: open it again */
  viewRows: oc
    .input(
      ofView.extend({
        offset: z.int().min(0),
        limit: z.int().min(1).max(500),
        /** Name of the reader whose words `mine` holds, and the round of these; '' is open reading. */
        reader: z.string().optional(),
        round: z.string().default(''),
      }),
    )
    .output(z.object({ rows: z.array(viewRowSchema) })),
  /** Rows of images by id, in the order asked for; images that do not exist are left out. */
  rows: oc
    .input(
      projectInput.extend({
        images: z.array(z.string()).max(500),
        reader: z.string().optional(),
        round: z.string().default(''),
      }),
    )
    .output(z.object({ rows: z.array(viewRowSchema) })),
  /** Where an image stands in a view, or null. */
  viewPosition: oc
    .input(ofView.extend({ image: z.string() }))
    .output(z.object({ position: z.int().nullable() })),
  /** The first position at or after `from` that `reader` has not labelled or skipped yet; wraps around; null: none. */
  nextUnread: oc
    .input(ofView.extend({ from: z.int().min(0), reader: z.string(), round: z.string().default('') }))
    /** `read`: how many images of the view the reader has labelled or skipped. */
    .output(z.object({ position: z.int().nullable(), read: z.int() })),
  facets: oc.input(projectInput).output(facetsSchema),
  image: oc.input(projectInput.extend({ image: z.string() })).output(imageDetailSchema),
  /** The images of an image's series in their order; of one without a series itself alone. */
  stack: oc.input(projectInput.extend({ image: z.string() })).output(
    z.object({
      images: z.array(z.string()),
      index: z.int(),
      /**
       * The first image of each series of its study, in order, and how many images the series has; of its patient
       * where labels are the patient's. Without a study its own series alone.
       */
      series: z.array(z.object({ image: z.string(), total: z.int() })),
    }),
  ),
  /**
   * Other studies of the same patient, newest first as far as their files tell a date, which is read from the first
   * file of each and kept nowhere. Images that belong to no study are one study each.
   */
  priors: oc.input(projectInput.extend({ image: z.string() })).output(
    z.array(
      z.object({
        study: z.string().nullable(),
        /** The first image of each of its series. */
        images: z.array(z.string()),
        modality: z.string().nullable(),
        /** YYYY-MM-DD. */
        date: z.string().nullable(),
        description: z.string().nullable(),
      }),
    ),
  ),
  /** How many images have each class, by the values of a field. */
  countBy: oc
    .input(projectInput.extend({ field: z.union([imageFieldSchema, z.literal('age')]) }))
    .output(z.array(valueCountSchema)),
  summary: oc.input(projectInput).output(datasetSummarySchema),
  /** Patients' keys that contain a text, with their images, most images first, at most 50. */
  patients: oc
    .input(projectInput.extend({ text: z.string().max(200).default('') }))
    .output(z.array(z.object({ patient: z.string(), images: z.int() }))),
  savedViews: oc.input(projectInput).output(z.array(savedViewSchema)),
  /** Saves under a name, replacing a view of that name. */
  saveView: oc
    .input(projectInput.extend({ name: z.string().trim().min(1).max(100), query: imageQuerySchema }))
    .output(z.array(savedViewSchema)),
  deleteView: oc.input(projectInput.extend({ id: z.string() })).output(z.array(savedViewSchema)),
  versions: oc.input(projectInput).output(z.array(datasetVersionSchema)),
  compareVersions: oc
    .input(projectInput.extend({ from: z.string(), to: z.string() }))
    .output(versionDifferenceSchema),
  /** The job's result is `Duplicates`. `distance`: how many of 256 bits may differ in near ones. */
  findDuplicates: oc
    .input(projectInput.extend({ distance: z.int().min(0).max(16).default(usualDistance) }))
    .output(jobStarted),
  /** A handle under which `/media/<project>/file/<handle>/…` shows a file that is not of the project. */
  showFile: oc.input(projectInput.extend({ path: z.string() })).output(z.object({ file: z.string() })),
};
