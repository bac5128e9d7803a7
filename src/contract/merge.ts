import { oc } from '@orpc/contract';
import { z } from 'zod';

import { jobStarted } from './job.ts';
import { targetKindSchema } from './label.ts';
import { projectInput } from './project.ts';

/** Something that both copies changed since they parted, to different ends. The later one stands; the other is kept here. */
export const mergeConflictSchema = z.object({
  conflict: z.string(),
  target: z.object({ kind: targetKindSchema, id: z.string() }),
  /** An image that it concerns; null for none. */
  image: z.string().nullable(),
  /** Whose word it is; null for what belongs to nobody. */
  reader: z.string().nullable(),
  /** In words: what stands, and what the other copy said. */
  stands: z.object({ what: z.string(), actor: z.string(), at: z.string() }),
  other: z.object({ what: z.string(), actor: z.string(), at: z.string() }),
  /** A person looked at it: what stands was kept, or the other was put in its place by an event of its own. */
  resolved: z.boolean(),
});
export type MergeConflict = z.infer<typeof mergeConflictSchema>;

/** What a merge did; the job's result. */
export const mergeReportSchema = z.object({
  /** Who merged; of merges that were done before this was kept nobody knows. */
  reader: z.string().optional(),
  /** Journal events that this copy did not have. */
  events: z.int(),
  images: z.int(),
  /** Images whose files are not here: their root lies on the other machine. */
  missing: z.int(),
  readers: z.int(),
  conflicts: z.int(),
  labelled: z.int(),
});
export type MergeReport = z.infer<typeof mergeReportSchema>;

export const mergeContract = {
  /**
   * Takes over what another copy of this project did, by its journal; nothing here is overwritten without a conflict
   * that says so. The other copy is only read. Merging it again does nothing. @throws `usage` for another project
   */
  merge: oc
    .input(projectInput.extend({ other: z.string().min(1), reader: z.string().trim().min(1).max(100) }))
    .output(jobStarted),
  conflicts: oc
    .input(projectInput.extend({ open: z.boolean().default(true) }))
    .output(z.array(mergeConflictSchema)),
  /** Keeps what stands, or puts the other in its place. */
  resolve: oc
    .input(
      projectInput.extend({
        conflict: z.string(),
        take: z.enum(['stands', 'other']),
        reader: z.string().trim().min(1).max(100),
      }),
    )
    .output(z.array(mergeConflictSchema)),
};
