import { oc } from '@orpc/contract';
import { z } from 'zod';

import { jobStarted } from './job.ts';
import { projectInput } from './project.ts';
import { networkIds } from './recipe.ts';

/** Weights that a training can start from, kept for all projects of this machine, or known and to be had. */
export const startingWeightsSchema = z.object({
  /** What `transfer.weights` of a recipe names. */
  id: z.string(),
  name: z.string(),
  /** The network that they are of; null: not known before a training tries. */
  network: z.enum(networkIds).nullable(),
  /** Who trained them on what. */
  source: z.string(),
  licence: z.string(),
  fileName: z.string(),
  /** Where they are published; null: nowhere that is known. */
  url: z.string().nullable(),
  /** Of pixel/255, by channel, as they were trained; null: the recipe's own is used. */
  normalization: z.object({ mean: z.array(z.number()), deviation: z.array(z.number()) }).nullable(),
  /** Edge of the pictures that they were trained on. */
  inputSize: z.int().nullable(),
  /** They were trained on pictures that Readroom drew: stand-ins where published ones cannot be had. */
  generated: z.boolean(),
  /** Null: they are not on this machine. */
  kept: z.object({ bytes: z.number(), sha256: z.string(), addedAt: z.string() }).nullable(),
});
export type StartingWeights = z.infer<typeof startingWeightsSchema>;

/** Weights are the machine's, for all of its projects. Only `fetch` ever reaches for the network. */
export const weightsContract = {
  /** Those that are kept and those that are known, by name. Who is signed in names a project that they own. */
  list: oc.input(projectInput.partial().optional()).output(z.array(startingWeightsSchema)),
  /**
   * Keeps a copy of a weight file, a TensorFlow.js model.json with its files, or the folder of a run. A known file is
   * recognised by its checksum. The job's result is `StartingWeights`.
   */
  add: oc
    .input(
      z.object({
        path: z.string().min(1),
        name: z.string().trim().min(1).max(200).optional(),
        licence: z.string().trim().max(200).optional(),
      }),
    )
    .output(jobStarted),
  /** Downloads a known file and checks it. The job's result is `StartingWeights`. */
  fetch: oc.input(z.object({ id: z.string() })).output(jobStarted),
  /**
   * Removes the copy; a run that started from it keeps what it started from.
   *
   * @throws `usage` while a run of an open project waits for them or trains
   */
  remove: oc.input(z.object({ id: z.string() })).output(z.void()),
};
