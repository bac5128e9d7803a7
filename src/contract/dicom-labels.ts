import { z } from 'zod';

import { shapeSchema, type MaskShape, type Shape } from './annotation.ts';
import type { DicomPlane, DicomReference } from './decode.ts';

/**
 * What engine and decode child tell each other of DICOM segmentations and structured reports, as files: masks are
 * too large for messages. The engine writes a `DicomLabelsPlan` as JSON, from which the child makes one DICOM file;
 * of a DICOM file the child writes lines of JSON: one `DicomLabelsHead`, then a `DicomLabelLine` for each label.
 */

const uid = z.string().max(64);

/** An instance that is referred to; `frame` counts from 0, null for one that does not count frames. */
export interface ReferencedFrame {
  instance: Omit<DicomReference, 'planes' | 'frames'>;
  frame: number | null;
  plane: DicomPlane;
}

interface Plan {
  /** The image file whose patient and study the new file belongs to. */
  source: string;
  /** Who drew and labelled; null: the labels of record. */
  reader: string | null;
  /** Readroom's. */
  version: string;
  /** ISO 8601. */
  at: string;
  /** Number of the new series. */
  seriesNumber: number;
}

/** One binary segmentation of a series by a reader. */
export interface SegmentationPlan extends Plan {
  kind: 'segmentation';
  rows: number;
  columns: number;
  sources: ReferencedFrame[];
  segments: { label: string; color: string | null }[];
  /** Indexes into `sources` and `segments`. */
  frames: { source: number; segment: number; mask: MaskShape }[];
}

/** What is said of a picture, or of a shape on it. */
export interface ReportedLabel {
  /** Index into `sources`. */
  source: number;
  /** A UUID that names it: of the shape, else a new one. */
  id: string;
  /** A class name; null: of no class. */
  class: string | null;
  /** Of a multi-label word: those that are present; null: no such word. */
  classes: string[] | null;
  number: number | null;
  marks: DicomMark[];
  comment: string | null;
  shape: Exclude<Shape, MaskShape> | null;
}

/** A report of TID 1500 on a study by a reader. */
export interface ReportPlan extends Plan {
  kind: 'report';
  sources: ReferencedFrame[];
  /** Of numbers, as a code of UCUM with its meaning. */
  unit: { code: string; meaning: string };
  labels: ReportedLabel[];
}

export type DicomLabelsPlan = SegmentationPlan | ReportPlan;

export const dicomMarkSchema = z.enum(['unsure', 'skipped', 'bookmarked']);
export type DicomMark = z.infer<typeof dicomMarkSchema>;

const count = z.int().min(0);

/** The first line of what was read. */
export const dicomLabelsHeadSchema = z.object({
  kind: z.enum(['segmentation', 'report']),
  /** Readroom's labels of record, rather than a reader's. */
  ofRecord: z.boolean(),
  classes: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type DicomLabelsHead = z.infer<typeof dicomLabelsHeadSchema>;

/** A label that was read, or why it was not. */
export const dicomLabelLineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('label'),
    /** Where in the file, in words. */
    where: z.string(),
    /** What it is of: UIDs as the file has them; `series` is null where it does not say. `frame` counts from 0. */
    series: uid.nullable(),
    instance: uid,
    frame: count.nullable(),
    /** The picture's, where the file says it. */
    size: z.object({ width: count, height: count }).nullable(),
    class: z.string().nullable(),
    classes: z.array(z.string()).nullable(),
    number: z.number().nullable(),
    marks: z.array(dicomMarkSchema),
    comment: z.string().max(2000).nullable(),
    /** Null: it is said of the whole picture. */
    shape: shapeSchema.nullable(),
  }),
  z.object({ type: z.literal('refused'), where: z.string(), message: z.string() }),
]);
export type DicomLabelLine = z.infer<typeof dicomLabelLineSchema>;
export type DicomLabel = Extract<DicomLabelLine, { type: 'label' }>;
