import { z } from 'zod';

import { modelFileSchema } from './run-folder.ts';

/**
 * What became of a file's tensors and a network's: each of either is in exactly one of these. A tensor that is neither
 * fresh, ignored nor adapted was taken.
 */
export const weightTransferSchema = z.object({
  /** What the file was written by. */
  source: z.enum(['torch', 'safetensors', 'keras', 'tfjs', 'readroom']),
  /** How many tensors stand in the network as the file has them, in the network's layout. */
  taken: z.int(),
  /** The network's that start by chance: the last layer where the file has another number of outputs. */
  fresh: z.array(z.string()),
  /** The file's that have no place. `head`: the last layer; `noWeight`: counters, shapes and the like. */
  ignored: z.array(z.object({ name: z.string(), why: z.enum(['head', 'noWeight']) })),
  /**
   * The network's that were made from the file's. `channelsSummed`: one channel from three; `channelsSpread`: three from
   * one; `epsilon`: the running variance plus what the file's batch normalisation adds to it beyond the network's.
   */
  adapted: z.array(
    z.object({ name: z.string(), how: z.enum(['channelsSummed', 'channelsSpread', 'epsilon']) }),
  ),
});
export type WeightTransfer = z.infer<typeof weightTransferSchema>;

/** Which file's weights are to become which network's. */
export const weightConversionSchema = z.object({
  /** A weight file; of TensorFlow.js its model.json; of an earlier run its folder, its model's folder or model.json. */
  file: z.string(),
  /** What the weights become the weights of, as a model's file describes it. */
  model: modelFileSchema.omit({ formatVersion: true, weights: true, weightsSha256: true }),
  /** Of what starts by chance. */
  seed: z.int(),
  /** Whether the last layer is taken where its shape fits: only where it says the same of a picture. */
  keepsHead: z.boolean(),
  /** What messages call the file; left out, by its name. */
  called: z.string().optional(),
  /** The folder that becomes a model's folder: `model.json` and `weights.bin`. */
  to: z.string(),
});
export type WeightConversion = z.infer<typeof weightConversionSchema>;

/** Of which file's weights it is to be known what would become of them in a network. */
export const weightCheckSchema = weightConversionSchema.omit({ seed: true, to: true });
export type WeightCheck = z.infer<typeof weightCheckSchema>;
