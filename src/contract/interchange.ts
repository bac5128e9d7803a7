import { oc } from '@orpc/contract';
import { z } from 'zod';

import { jobStarted } from './job.ts';
import { projectInput } from './project.ts';

/**
 * `csv`: labels as a table; `coco`: shapes and labels as one JSON file; `yolo`: shapes as a folder of text files;
 * `mask-png`: drawings as a folder of grey pictures with a value for each class;
 * of images that are DICOM files, `dicom-seg`: shapes as segmentations, a file for each series and reader;
 * `dicom-sr`: outlines, points and labels as structured reports, a file for each study and reader.
 */
export const labelFormatSchema = z.enum(['csv', 'coco', 'yolo', 'mask-png', 'dicom-seg', 'dicom-sr']);
export type LabelFormat = z.infer<typeof labelFormatSchema>;
export const labelFormats = labelFormatSchema.options;

/**
 * Whose labels: those of record, one reader's, or of every reader beside those of record. Shapes have no record: they
 * are all there, or those of the reader. Words and shapes of a round that is still blinded are in none of them.
 */
export const whichLabelsSchema = z.discriminatedUnion('of', [
  z.object({ of: z.literal('record') }),
  z.object({ of: z.literal('reader'), reader: z.string() }),
  z.object({ of: z.literal('all') }),
]);
export type WhichLabels = z.infer<typeof whichLabelsSchema>;

/** Whose labels, and of which images. */
const labelChoice = projectInput.extend({
  which: whichLabelsSchema.default({ of: 'all' }),
  /** An open view, of which only the images count; without, all images of the project. */
  view: z.string().optional(),
});
export type LabelChoice = z.output<typeof labelChoice>;

export const labelExportInput = labelChoice.extend({
  format: labelFormatSchema,
  /** A new file for `csv` and `coco`, for the others a new or empty folder. */
  to: z.string().min(1),
});
export type LabelExportInput = z.output<typeof labelExportInput>;

export const labelExportResultSchema = z.object({
  format: labelFormatSchema,
  to: z.string(),
  images: z.int(),
  /** Rows of a table; in a COCO file images with a label of record; in reports images with a label, for each reader. */
  labels: z.int(),
  shapes: z.int(),
  /** What the format cannot hold, a sentence each. */
  warnings: z.array(z.string()),
});
export type LabelExportResult = z.infer<typeof labelExportResultSchema>;

/** What a file of one format would hold. */
export const labelOutlookSchema = z.object({
  format: labelFormatSchema,
  /** Labels of record, or those of the one reader. As far as the database tells: DICOM files may turn out unreadable. */
  labels: z.int(),
  /** What every reader said, beside labels of record. */
  words: z.int(),
  shapes: z.int(),
  /** What the format cannot hold of them, a sentence each. */
  leftOut: z.array(z.string()),
});
export type LabelOutlook = z.infer<typeof labelOutlookSchema>;

export const mostListedRefusals = 1000;

export const labelImportReportSchema = z.object({
  format: labelFormatSchema,
  dryRun: z.boolean(),
  /** Images that got a label or a shape. */
  images: z.int(),
  /** Words and shapes that came in. */
  labels: z.int(),
  shapes: z.int(),
  /** Those that were there just so. */
  alreadyPresent: z.int(),
  /** Classes that were made or came back into use, by name. */
  newClasses: z.array(z.string()),
  /** What came in, by class in the order in which they came: a label of several classes counts for each. */
  classes: z.array(z.object({ name: z.string(), labels: z.int(), shapes: z.int(), isNew: z.boolean() })),
  /** What did not come in, and why: the first `mostListedRefusals`. */
  refused: z.array(
    z.object({
      /** File, line or entry, as the source names it. */
      where: z.string(),
      code: z.string(),
      message: z.string(),
    }),
  ),
  refusedTotal: z.int(),
  /** How many were refused for each code, those that are not listed included. */
  refusedByCode: z.record(z.string(), z.int()),
  warnings: z.array(z.string()),
});
export type LabelImportReport = z.infer<typeof labelImportReportSchema>;

export const labelImportInput = projectInput.extend({
  format: labelFormatSchema,
  /** The file, or for `yolo` and `mask-png` the folder; of DICOM a file or a folder of them, of either kind. */
  source: z.string().min(1),
  /** Who imports, and can take all of it back with one undo. The labels count as imported, not as this person's. */
  reader: z.string().trim().min(1).max(100),
  dryRun: z.boolean().default(false),
});
export type LabelImportInput = z.output<typeof labelImportInput>;

export const interchangeContract = {
  /** What each format would hold and leave out, in the order of `labelFormats`. @throws `unknownReader`, `unknownView` */
  outlook: oc.input(labelChoice).output(z.array(labelOutlookSchema)),
  /**
   * A job; its result is `LabelExportResult`. @throws `usage` for a file that exists, `folderNotEmpty`, `unknownReader`,
   * `unknownView`
   */
  export: oc.input(labelExportInput).output(jobStarted),
  /**
   * A job; its result is `LabelImportReport`. Images are found by their path, its end or their file name. Importing
   * again adds nothing twice. DICOM names its images by their UIDs. @throws in the job: `badTable` for what cannot be
   * read, naming line or field; for a DICOM file those of the "one image" group
   */
  import: oc.input(labelImportInput).output(jobStarted),
};
