import { oc } from '@orpc/contract';
import { z } from 'zod';

import { jobStarted } from './job.ts';

/** What a project's networks learn unless one is chosen that answers for pixels. */
export const taskSchema = z.enum(['classification', 'multiLabel', 'ordinal', 'regression', 'segmentation']);
export type Task = z.infer<typeof taskSchema>;

export const labelKindSchema = z.enum(['single', 'multi', 'ordinal', 'number']);
export type LabelKind = z.infer<typeof labelKindSchema>;
/** What a label is said of. Every image of a series, study or patient has that label. */
export const labelLevelSchema = z.enum(['image', 'series', 'study', 'patient']);
export type LabelLevel = z.infer<typeof labelLevelSchema>;

/** What labels of a project are. */
export const labelSchemaSchema = z.object({
  /** `ordinal`: classes are grades, in their order. */
  kind: labelKindSchema,
  level: labelLevelSchema,
  /** Of the kind `number`. */
  number: z
    .object({
      unit: z.string().max(20),
      low: z.number().nullable(),
      high: z.number().nullable(),
      /** Digits behind the point. */
      decimals: z.int().min(0).max(6),
    })
    .nullable(),
  /** Shapes that are drawn in this project; none: nothing is drawn. */
  shapes: z.array(z.enum(['box', 'polygon', 'freehand', 'mask', 'point'])),
});
export type LabelSchema = z.infer<typeof labelSchemaSchema>;

/** Six hex digits after a `#`. */
export const colorSchema = z.string().regex(/^#[0-9a-f]{6}$/i);
/** One character that labels with the class, as `KeyboardEvent.key` gives it, lower case. */
export const classKeySchema = z.string().regex(/^[0-9a-z]$/);

export const classSchema = z.object({
  id: z.string(),
  name: z.string(),
  position: z.int(),
  color: colorSchema,
  /** Null: beyond the keys there are, or taken from it. */
  key: classKeySchema.nullable(),
});
export type LabelClass = z.infer<typeof classSchema>;

export const projectSummarySchema = z.object({
  /** What calls and events name it by: one for each folder, so a copied project has its own. */
  project: z.string(),
  path: z.string(),
  name: z.string(),
  template: z.string(),
  task: taskSchema,
  classes: z.array(classSchema),
  labels: labelSchemaSchema,
  images: z.int(),
  patients: z.int(),
  labelled: z.int(),
  /** Some of its images say of themselves that Readroom's sample generator made them. */
  generated: z.boolean(),
  readOnly: z.boolean(),
  /** Things the user should know about how the project was opened, each a sentence. */
  notices: z.array(z.string()),
  createdAt: z.string(),
});
export type ProjectSummary = z.infer<typeof projectSummarySchema>;

export const templateSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** One sentence: what is told of a picture. */
  description: z.string(),
  /** What a newcomer should know before beginning: paragraphs. */
  explanation: z.array(z.string()),
  task: taskSchema,
  labels: labelSchemaSchema,
  classes: z.array(z.string()),
  /** The recipe preset that its projects train with unless another is chosen. */
  preset: z.string(),
  /** Names of the metrics that lead its results, the main one first. */
  metrics: z.array(z.string()),
  /** Whether `sample` can write files for it. */
  sample: z.boolean(),
  /** What of it is not there yet, and what can be done instead; null: nothing is missing. */
  toCome: z.string().nullable(),
});
export type Template = z.infer<typeof templateSchema>;

/** A project that was open on this machine, newest first in a list. */
export const recentProjectSchema = z.object({
  path: z.string(),
  name: z.string(),
  template: z.string(),
  images: z.int(),
  openedAt: z.string(),
  /** Its folder is still there. */
  present: z.boolean(),
  /** Its handle while it is open. */
  project: z.string().nullable(),
  /** Runs that wait for their turn, and runs that lost their trainer and can be resumed. */
  runs: z.object({ waiting: z.int(), interrupted: z.int() }),
});
export type RecentProject = z.infer<typeof recentProjectSchema>;

/** Input of everything that concerns one open project. */
export const projectInput = z.object({ project: z.string() });

/** A class name: shown everywhere, so bounded and without control characters. */
export const classNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !/\p{Cc}/u.test(name), 'has a control character');

/** Pictures of a sample project: what the preset `quick` learns from, with enough patients in the test part. */
export const samplePictures = 600;

export const projectContract = {
  create: oc
    .input(
      z.object({
        path: z.string().min(1),
        name: z.string().max(200).optional(),
        template: z.string().optional(),
        classes: z.array(classNameSchema).max(1000).optional(),
        /** What labels are; left out, one class an image and nothing drawn. */
        labels: labelSchemaSchema.partial().optional(),
      }),
    )
    .output(projectSummarySchema),
  open: oc
    .input(z.object({ path: z.string().min(1), mode: z.enum(['write', 'read']).default('write') }))
    .output(projectSummarySchema),
  get: oc.input(projectInput).output(projectSummarySchema),
  list: oc.output(z.array(projectSummarySchema)),
  /** Changes what labels are; words that are none any more stay and count again when it is changed back. Undoable. */
  changeLabels: oc
    .input(projectInput.extend({ labels: labelSchemaSchema, reader: z.string().trim().min(1).max(100) }))
    .output(projectSummarySchema),
  close: oc.input(projectInput).output(z.void()),
  /** Bytes that its images prepared for trainings take, and may take at most. */
  prepared: oc.input(projectInput).output(z.object({ bytes: z.number(), limitBytes: z.number() })),
  /**
   * Removes its images prepared for trainings, which are made again when they are needed; those of runs that train
   * or wait stay. Bytes that were removed, and that stayed.
   */
  clearPrepared: oc.input(projectInput).output(z.object({ removedBytes: z.number(), keptBytes: z.number() })),
  templates: oc.output(z.array(templateSchema)),
  recent: oc.output(z.array(recentProjectSchema)),
  /** Takes a project off the list; its folder stays. */
  forgetRecent: oc.input(z.object({ path: z.string() })).output(z.void()),
  /** A folder that does not exist yet, for a new project of this name. */
  suggestFolder: oc.input(z.object({ name: z.string().max(200) })).output(z.object({ path: z.string() })),
  /**
   * Makes, imports and splits a template's generated pictures in one go; the job's result is
   * `ProjectSummary`. Without `path` a folder is chosen, without `name` it is the template's with "(sample)".
   */
  createSample: oc
    .input(
      z.object({
        template: z.string(),
        path: z.string().optional(),
        name: z.string().trim().min(1).max(200).optional(),
        images: z.int().min(8).max(100_000).default(samplePictures),
        seed: z.int().min(0).max(0xffffffff).default(1),
      }),
    )
    .output(jobStarted),
};

/** A version of the class list: what it was after a change. */
export const classVersionSchema = z.object({
  version: z.int(),
  at: z.string(),
  actor: z.string(),
  /** "NODULE renamed to LESION", "OPACITY merged into PNEUMONIA". */
  what: z.string(),
  names: z.array(z.string()),
});
export type ClassVersion = z.infer<typeof classVersionSchema>;

/** A class that was taken out of use, and that adding its name brings back. */
export const retiredClassSchema = classSchema.pick({ id: true, name: true, color: true }).extend({
  /** ISO 8601. */
  retiredAt: z.string(),
});
export type RetiredClass = z.infer<typeof retiredClassSchema>;

const byPerson = projectInput.extend({ reader: z.string().trim().min(1).max(100) });

/**
 * Classes of a project. Labels hold ids, so none of these touches a label: those of a class that is merged or split
 * are read as its heir's. Each is an action of `reader`, which an undo takes back.
 */
export const classContract = {
  /** The name of a class that was taken out of use brings it back, with its colour, and its key where that is free. */
  add: oc
    .input(
      byPerson.extend({
        name: classNameSchema,
        color: colorSchema.optional(),
        key: classKeySchema.nullable().optional(),
      }),
    )
    .output(z.array(classSchema)),
  /** @throws `usage` for a name or key that another class has */
  change: oc
    .input(
      byPerson.extend({
        class: z.string(),
        name: classNameSchema.optional(),
        color: colorSchema.optional(),
        key: classKeySchema.nullable().optional(),
      }),
    )
    .output(z.array(classSchema)),
  /** `classes`: every id, in the new order. */
  reorder: oc.input(byPerson.extend({ classes: z.array(z.string()) })).output(z.array(classSchema)),
  /** Gives several classes new keys at once. */
  setKeys: oc
    .input(
      byPerson.extend({ keys: z.array(z.object({ class: z.string(), key: classKeySchema.nullable() })) }),
    )
    .output(z.array(classSchema)),
  /** Takes a class out of use. @throws `usage` while a label of record or a shape has it: merge it instead */
  retire: oc.input(byPerson.extend({ class: z.string() })).output(z.array(classSchema)),
  /** Those that can be added again, the newest first. */
  retired: oc.input(projectInput).output(z.array(retiredClassSchema)),
  /** `classes` count as `into` from now on, with all their labels and shapes. */
  merge: oc
    .input(byPerson.extend({ classes: z.array(z.string()).min(1), into: z.string() }))
    .output(z.array(classSchema)),
  /**
   * Makes new classes in place of one. Its labels count as the first of them; `images` of the others get theirs as the
   * word of the reader who splits.
   */
  split: oc
    .input(
      byPerson.extend({
        class: z.string(),
        into: z
          .array(z.object({ name: classNameSchema, images: z.array(z.string()).max(100_000).default([]) }))
          .min(2)
          .max(20),
      }),
    )
    .output(z.array(classSchema)),
  /** Newest first. */
  versions: oc.input(projectInput).output(z.array(classVersionSchema)),
};
