import { oc } from '@orpc/contract';
import { z } from 'zod';

export const taskSchema = z.enum(['classification']);
export type Task = z.infer<typeof taskSchema>;

export const classSchema = z.object({
  id: z.string(),
  name: z.string(),
  position: z.int(),
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
  images: z.int(),
  patients: z.int(),
  labelled: z.int(),
  readOnly: z.boolean(),
  /** Things the user should know about how the project was opened, each a sentence. */
  notices: z.array(z.string()),
  createdAt: z.string(),
});
export type ProjectSummary = z.infer<typeof projectSummarySchema>;

export const templateSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  task: taskSchema,
  classes: z.array(z.string()),
  /** Whether `sample` can write files for it. */
  sample: z.boolean(),
});
export type Template = z.infer<typeof templateSchema>;

/** Input of everything that concerns one open project. */
export const projectInput = z.object({ project: z.string() });

/** A class name: shown everywhere, so bounded and without control characters. */
export const classNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !/\p{Cc}/u.test(name), 'has a control character');

export const projectContract = {
  create: oc
    .input(
      z.object({
        path: z.string().min(1),
        name: z.string().max(200).optional(),
        template: z.string().optional(),
        classes: z.array(classNameSchema).max(1000).optional(),
      }),
    )
    .output(projectSummarySchema),
  open: oc
    .input(z.object({ path: z.string().min(1), mode: z.enum(['write', 'read']).default('write') }))
    .output(projectSummarySchema),
  get: oc.input(projectInput).output(projectSummarySchema),
  list: oc.output(z.array(projectSummarySchema)),
  close: oc.input(projectInput).output(z.void()),
  templates: oc.output(z.array(templateSchema)),
};
