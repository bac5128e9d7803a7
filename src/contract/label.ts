import { oc } from '@orpc/contract';
import { z } from 'zod';

import { chosenImagesSchema, imageQuerySchema } from './image.ts';
import { roleSchema } from './profile.ts';
import { projectInput } from './project.ts';

/**
 * One reader's word on one target: a class, a set of classes or a number, or none of these when it was skipped,
 * bookmarked or only commented. Which one counts as a label follows from the project's kind of labels. An unsure
 * label counts; it is marked so that it can be found again.
 */
export const labelValueSchema = z.object({
  class: z.string().optional(),
  /** Multi-label: those that are present, sorted; an empty list says that none is. */
  classes: z.array(z.string()).optional(),
  number: z.number().optional(),
  unsure: z.literal(true).optional(),
  skipped: z.literal(true).optional(),
  bookmarked: z.literal(true).optional(),
  comment: z.string().max(2000).optional(),
});
export type LabelValue = z.infer<typeof labelValueSchema>;

const classList = z.array(z.string()).max(1000);

/** What changes in a reader's word; what is left out stays. */
export const labelChangeSchema = z.object({
  /** A class name or id; null takes the label away. A label takes `skipped` away. */
  class: z.string().nullable().optional(),
  /** Multi-label, names or ids: the whole set, or what joins and leaves it; null takes the label away. */
  classes: z
    .union([
      z.object({ set: classList }),
      z.object({ add: classList.default([]), remove: classList.default([]) }),
    ])
    .nullable()
    .optional(),
  /** Within the project's range; null takes the label away. */
  number: z.number().nullable().optional(),
  unsure: z.boolean().optional(),
  /** Skipping takes the label away. */
  skipped: z.boolean().optional(),
  bookmarked: z.boolean().optional(),
  /** Empty or null takes it away. */
  comment: z.string().max(2000).nullable().optional(),
});
export type LabelChangeInput = z.infer<typeof labelChangeSchema>;

export const labelResultSchema = z.object({
  image: z.string(),
  /** Of a multi-label project the names of the classes, joined by `, `; empty for none of them. */
  label: z.union([z.string(), z.number()]).nullable(),
  reader: z.string(),
  event: z.string(),
  /** How many images the action changed. */
  count: z.int(),
});
export type LabelResult = z.infer<typeof labelResultSchema>;

/** What an undo or redo did. */
export const reversalSchema = labelResultSchema.extend({
  /** "PNEUMONIA on 214 images", "import of 30 images", "class NODULE renamed". */
  what: z.string(),
  /** Null where no image was concerned, as with classes. */
  image: z.string().nullable(),
});
export type Reversal = z.infer<typeof reversalSchema>;

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

export const targetKindSchema = z.enum([
  'patient',
  'study',
  'series',
  'image',
  'annotation',
  'class',
  'import',
  'round',
  'setting',
]);
export type TargetKind = z.infer<typeof targetKindSchema>;

/** An event of the journal as it concerns one image. */
export const journalEventSchema = z.object({
  event: z.string(),
  kind: z.enum(['set', 'undo', 'redo']),
  /** Who did it, and whose word it is: mostly the same. */
  actor: z.string(),
  reader: z.string(),
  /** '' is open reading, else a round's id. */
  round: z.string(),
  target: z.object({ kind: targetKindSchema, id: z.string() }),
  image: z.string(),
  /** Of labels, with classes by name; null for none, and for shapes. */
  from: labelValueSchema.nullable(),
  to: labelValueSchema.nullable(),
  /** In words: "NORMAL → PNEUMONIA", "box of NODULE drawn". */
  what: z.string(),
  undoes: z.string().nullable(),
  at: z.string(),
});
export type JournalEvent = z.infer<typeof journalEventSchema>;

/**
 * Names an action that may have to be sent again because its answer was lost: one of this name that has changed
 * something already is not done a second time. The caller makes it.
 */
export const actionIdSchema = z.uuid();

const byReader = projectInput.extend({
  reader: z.string().trim().min(1).max(100),
  /** '' is open reading, else a round's id. */
  round: z.string().default(''),
});

export const labelContract = {
  /**
   * `image` is an id or a file name; `class` a class name (any case); of a multi-label project several names, joined
   * by commas. The word goes to the image or, at another level of labels, to its series, study or patient.
   */
  set: oc
    .input(
      byReader.extend({
        image: z.string(),
        class: z.string().nullable().optional(),
        value: z.number().nullable().optional(),
      }),
    )
    .output(labelResultSchema),
  /** Takes back the reader's newest action of the round, whatever it was. @throws `nothingToUndo`, `changedSince` */
  undo: oc.input(byReader).output(reversalSchema),
  redo: oc.input(byReader).output(reversalSchema),
  history: oc.input(projectInput.extend({ image: z.string() })).output(z.array(journalEventSchema)),
  /** Changes a reader's word on many images as one action, which one undo takes back. */
  assign: oc
    .input(
      byReader.extend({
        images: chosenImagesSchema,
        change: labelChangeSchema,
        /** Of one image: how long it was in view, without pauses. */
        milliseconds: z.int().min(0).max(86_400_000).optional(),
        action: actionIdSchema.optional(),
      }),
    )
    /** `count`: images whose word changed; 0 for an action that was done before. */
    .output(z.object({ count: z.int() })),
  /** What undo and redo would do for this reader now. */
  reversible: oc
    .input(byReader)
    .output(z.object({ undo: labelActionSchema.nullable(), redo: labelActionSchema.nullable() })),
  place: oc.input(byReader).output(readingPlaceSchema.nullable()),
  leavePlace: oc.input(byReader.extend({ image: z.string(), query: imageQuerySchema })).output(z.void()),
};

/** An action as the project's history lists it. */
export const historyActionSchema = z.object({
  /** Names it for `undo` by id; of a merge its job. */
  batch: z.string(),
  at: z.string(),
  /** Empty for a merge of which nobody kept who did it. */
  actor: z.string(),
  /** `merge`: what another copy of the project did was taken over; what that was is listed by itself. */
  kind: z.enum(['set', 'undo', 'redo', 'merge']),
  /** Null for a merge. */
  target: targetKindSchema.nullable(),
  what: z.string(),
  /** Events in it, or taken over by it. */
  count: z.int(),
  /** An image that it concerned, to look at; null for none. */
  image: z.string().nullable(),
  /** It was taken back, and not done again. */
  undone: z.boolean(),
});
export type HistoryAction = z.infer<typeof historyActionSchema>;

/** What actions are about; `label`: of an image, series, study or patient. */
export const historyKindSchema = z.enum([
  'label',
  'annotation',
  'class',
  'import',
  'round',
  'setting',
  'merge',
]);
export type HistoryKind = z.infer<typeof historyKindSchema>;

/** The project's labels as they were at a moment. */
export const momentSchema = z.object({
  at: z.string(),
  /** Images that were in the project then. */
  images: z.int(),
  labelled: z.int(),
  /** Classes then, by the names they had. */
  classes: z.array(z.object({ class: z.string(), name: z.string(), n: z.int() })),
});
export type Moment = z.infer<typeof momentSchema>;

export const historyContract = {
  /**
   * Newest first by the clock of the machine on which it was done, which after a merge is another order than undo has.
   * `before` is the `next` of an earlier answer, `actor` a name, `about` one kind of actions; null: of all. Blinded
   * rounds that are open are left out.
   * @throws `unknownReader`
   */
  actions: oc
    .input(
      projectInput.extend({
        before: z.string().nullable().default(null),
        actor: z.string().nullable().default(null),
        about: historyKindSchema.nullable().default(null),
        limit: z.int().min(1).max(200).default(50),
      }),
    )
    .output(z.object({ actions: z.array(historyActionSchema), next: z.string().nullable() })),
  asOf: oc.input(projectInput.extend({ at: z.iso.datetime() })).output(momentSchema),
  /** Labels of record of some images at a moment, by class names or a number; null for none. */
  labelsAsOf: oc
    .input(projectInput.extend({ at: z.iso.datetime(), images: z.array(z.string()).max(500) }))
    .output(z.array(z.object({ image: z.string(), label: z.union([z.string(), z.number()]).nullable() }))),
};

export const readerSchema = z.object({
  reader: z.string(),
  name: z.string(),
  kind: z.enum(['person', 'import', 'model']),
  /** What a person may do who signed in under this name. */
  role: roleSchema,
});
export type Reader = z.infer<typeof readerSchema>;

export const readerContract = {
  list: oc.input(projectInput).output(z.array(readerSchema)),
  /** Without a role a new one reads, and one who is known keeps theirs. */
  add: oc
    .input(projectInput.extend({ name: z.string().trim().min(1).max(100), role: roleSchema.optional() }))
    .output(z.array(readerSchema)),
  /** @throws `unknownReader` */
  setRole: oc
    .input(projectInput.extend({ name: z.string().trim().min(1).max(100), role: roleSchema }))
    .output(z.array(readerSchema)),
};
