import { oc } from '@orpc/contract';
import { z } from 'zod';

import { lateralitySchema, studyWordsSchema } from './decode.ts';
import {
  facetsSchema,
  imageDetailSchema,
  imageFieldSchema,
  imageQuerySchema,
  imageRowSchema,
  savedViewSchema,
  viewRowSchema,
  viewSchema,
} from './image.ts';
import { importInput } from './import.ts';
import { jobStarted } from './job.ts';
import { projectInput } from './project.ts';
import { datasetVersionSchema, splitInput, splitReportSchema, versionDifferenceSchema } from './split.ts';

export const datasetSummarySchema = z.object({
  images: z.int(),
  patients: z.int(),
  /** Images without a patient's key: each is a group of its own. */
  withoutPatient: z.int(),
  labelled: z.int(),
  /** On which something is drawn, and with neither a label nor a drawing. */
  annotated: z.int(),
  untouched: z.int(),
  missing: z.int(),
  generated: z.int(),
  /** By class name; null: without a class. An image with several classes counts in each. */
  byClass: z.array(
    z.object({
      class: z.string().nullable(),
      images: z.int(),
      patients: z.int(),
      /** Images on which a shape of the class is drawn; of no class 0. */
      drawn: z.int(),
    }),
  ),
  /** How many patients have so many images. */
  imagesPerPatient: z.array(z.object({ images: z.int(), patients: z.int() })),
  readers: z.array(
    z.object({
      reader: z.string(),
      name: z.string(),
      kind: z.enum(['person', 'import', 'model']),
      /** Images that the reader has labelled, in open reading or in a round that is closed. */
      labels: z.int(),
      lastAt: z.string().nullable(),
    }),
  ),
});
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;

/** What tells a series apart on screen; what is the file's is null for other files than DICOM's. */
export const seriesHeaderSchema = studyWordsSchema.extend({
  image: z.string(),
  /** Id of its study; null: it has none. */
  study: z.string().nullable(),
  modality: z.string().nullable(),
  /** Of the image. */
  laterality: lateralitySchema.nullable(),
});
export type SeriesHeader = z.infer<typeof seriesHeaderSchema>;

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
  /**
   * The images of an image's series in their order. Of one without a series itself alone, or where labels are the
   * patient's all images of the patient without one, in the order in which they were added.
   */
  stack: oc.input(projectInput.extend({ image: z.string() })).output(
    z.object({
      images: z.array(z.string()),
      /** Of each image its order within the series: what it counts is said by `headers`; null: not known. */
      positions: z.array(z.number().nullable()),
      index: z.int(),
      /** Whether they are a series: one window then fits all. */
      isSeries: z.boolean(),
      /**
       * The first image of each series of its study, in order, and how many images the series has; of its patient
       * where labels are the patient's, whose images without a series count as one together and last. Without a study
       * its own series alone.
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
  /**
   * What the files of images say of their studies and series, in the order asked for; images that do not exist are
   * left out. It is read from the files' headers and kept nowhere.
   */
  headers: oc
    .input(projectInput.extend({ images: z.array(z.string()).max(100) }))
    .output(z.array(seriesHeaderSchema)),
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
