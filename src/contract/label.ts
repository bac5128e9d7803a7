import { oc } from '@orpc/contract';
import { z } from 'zod';

import { imageQuerySchema } from './dataset.ts';
import { projectInput } from './project.ts';

/**
 * One reader's word on one target: a class or a number, or neither when it was skipped or only commented.
 * An unsure label counts as a label; it is marked so that it can be found again.
 */
export const labelValueSchema = z.object({
  class: z.string().optional(),
  number: z.number().optional(),
  unsure: z.literal(true).optional(),
  skipped: z.literal(true).optional(),
  comment: z.string().max(2000).optional(),
});
export type LabelValue = z.infer<typeof labelValueSchema>;

/** What changes in a reader's word; what is left out stays. */
export const labelChangeSchema = z.object({
  /** A class name or id; null takes the label away. A class takes `skipped` away. */
  class: z.string().nullable().optional(),
  unsure: z.boolean().optional(),
  /** Skipping takes the class away. */
  skipped: z.boolean().optional(),
  /** Empty or null takes it away. */
  comment: z.string().max(2000).nullable().optional(),
});
export type LabelChangeInput = z.infer<typeof labelChangeSchema>;

export const labelResultSchema = z.object({
  image: z.string(),
  label: z.union([z.string(), z.number()]).nullable(),
  reader: z.string(),
  event: z.string(),
  /** How many images the action changed. */
  count: z.int(),
});
export type LabelResult = z.infer<typeof labelResultSchema>;

/** An action of a reader that could be taken back or done again. */
export const labelActionSchema = z.object({
  /** "PNEUMONIA on 214 images", "comment on P0001-1.png". */
  what: z.string(),
  count: z.int(),
  at: z.string(),
});
export type LabelActionSummary = z.infer<typeof labelActionSchema>;

/** Where a reader left off: an image, and the query in which it was read. */
export const readingPlaceSchema = z.object({ image: z.string(), query: imageQuerySchema, at: z.string() });
export type ReadingPlace = z.infer<typeof readingPlaceSchema>;

export const journalEventSchema = z.object({
  event: z.string(),
  kind: z.enum(['label.set', 'undo', 'redo']),
  reader: z.string(),
  round: z.int(),
  image: z.string(),
  from: labelValueSchema.nullable(),
  to: labelValueSchema.nullable(),
  undoes: z.string().nullable(),
  at: z.string(),
});
export type JournalEvent = z.infer<typeof journalEventSchema>;

const byReader = projectInput.extend({ reader: z.string().trim().min(1).max(100) });

export const labelContract = {
  /** `image` is an id or a file name; `class` a class name (any case). */
  set: oc
    .input(
      byReader.extend({
        image: z.string(),
        class: z.string().nullable().optional(),
        value: z.number().optional(),
      }),
    )
    .output(labelResultSchema),
  undo: oc.input(byReader).output(labelResultSchema),
  redo: oc.input(byReader).output(labelResultSchema),
  history: oc.input(projectInput.extend({ image: z.string() })).output(z.array(journalEventSchema)),
  /** Changes a reader's word on many images as one action, which one undo takes back. */
  assign: oc
    .input(
      byReader.extend({
        images: z.union([
          z.object({ ids: z.array(z.string()).min(1).max(100_000) }),
          /** Half-open ranges of positions. */
          z.object({ view: z.string(), ranges: z.array(z.tuple([z.int().min(0), z.int().min(0)])).min(1) }),
        ]),
        change: labelChangeSchema,
      }),
    )
    .output(z.object({ count: z.int() })),
  /** What undo and redo would do for this reader now. */
  reversible: oc
    .input(byReader)
    .output(z.object({ undo: labelActionSchema.nullable(), redo: labelActionSchema.nullable() })),
  place: oc.input(byReader).output(readingPlaceSchema.nullable()),
  leavePlace: oc.input(byReader.extend({ image: z.string(), query: imageQuerySchema })).output(z.void()),
};

export const readerSchema = z.object({
  reader: z.string(),
  name: z.string(),
  kind: z.enum(['person', 'import', 'model']),
});
export type Reader = z.infer<typeof readerSchema>;

export const readerContract = {
  list: oc.input(projectInput).output(z.array(readerSchema)),
  add: oc
    .input(projectInput.extend({ name: z.string().trim().min(1).max(100) }))
    .output(z.array(readerSchema)),
};
