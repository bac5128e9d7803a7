import { oc } from '@orpc/contract';
import { z } from 'zod';

import { projectInput } from './project.ts';

/** A label's value: a class, or a number for regression tasks. */
export const labelValueSchema = z.union([z.object({ class: z.string() }), z.object({ number: z.number() })]);
export type LabelValue = z.infer<typeof labelValueSchema>;

export const labelResultSchema = z.object({
  image: z.string(),
  label: z.union([z.string(), z.number()]).nullable(),
  reader: z.string(),
  event: z.string(),
});

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
};
