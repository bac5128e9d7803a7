import { z } from 'zod';

import { epochRecordSchema } from '../contract/events.ts';
import type { Normalization } from './normalization.ts';
import type { Progress } from './progress.ts';
import { floatsFromLittleEndian, type Sha256 } from './weights.ts';

/**
 * A checkpoint's bytes: a header of two text lines (JSON, and the SHA-256 of that line) and one block of
 * little-endian float32 tensors, whose SHA-256 the header holds. Pure: files are the caller's.
 */
const checkpointFormatVersion = 3;

const count = z.int().min(0);
const seconds = z.number().min(0);

const progressSchema: z.ZodType<Progress> = z.object({
  step: count,
  // Of several classes at once a row may be answered rightly in part.
  epoch: z.object({ rows: count, lossSum: z.number(), correct: z.number().min(0), seconds }),
  history: z.array(epochRecordSchema),
  best: z.object({ epoch: z.int().min(1), value: z.number() }).nullable(),
  seconds,
  trained: z.object({ rows: count, seconds }),
});

const headerSchema = z.object({
  formatVersion: z.literal(checkpointFormatVersion),
  /** SHA-256 over recipe and manifest: a checkpoint continues only the run that wrote it. */
  recipeSha256: z.string(),
  /** Another backend or thread count rounds sums otherwise, so the run could not end with the same weights. */
  computedWith: z.object({ backend: z.string(), threads: count }),
  progress: progressSchema,
  /** Of the training images, so that a resumed run need not read them all again. */
  normalization: z.object({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  tensors: z.array(z.object({ name: z.string(), length: count })),
  tensorsSha256: z.string(),
});

export type CheckpointHeader = z.output<typeof headerSchema>;

/** What belongs to the tensors of a checkpoint. */
export interface CheckpointFacts {
  readonly recipeSha256: string;
  readonly computedWith: { readonly backend: string; readonly threads: number };
  readonly progress: Progress;
  readonly normalization: Normalization;
}

/** Weights, and in a full checkpoint slots, with what belongs to them. */
export interface Checkpoint extends CheckpointFacts {
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/**
 * The header's text.
 *
 * @param block the tensors in their order, and the checksum over their bytes (`littleEndianBytes`)
 */
export function encodeHeader(
  { recipeSha256, computedWith, progress, normalization }: CheckpointFacts,
  block: Pick<CheckpointHeader, 'tensors' | 'tensorsSha256'>,
  sha256: Sha256,
): string {
  const { mean, deviation } = normalization;
  const header: CheckpointHeader = {
    formatVersion: checkpointFormatVersion,
    recipeSha256,
    computedWith,
    progress,
    normalization: { mean: [...mean], deviation: [...deviation] },
    ...block,
  };
  const line = JSON.stringify(header);
  return `${line}\n${sha256([utf8(line)])}\n`;
}

/**
 * Reads a header's text.
 *
 * @throws Error saying what is wrong with it: torn, altered, or of another format version
 */
export function decodeHeader(text: string, sha256: Sha256): CheckpointHeader {
  const [line = '', checksum = ''] = text.split('\n');
  if (checksum.length !== 64 || sha256([utf8(line)]) !== checksum)
    throw new Error('its header is incomplete or altered');
  const parsed = headerSchema.safeParse(JSON.parse(line));
  if (!parsed.success) throw new Error('its header is of another version of the program');
  return parsed.data;
}

/**
 * The tensors of a block that was read whole, one chunk a tensor in the header's order.
 *
 * @throws Error when the block is not the one that the header was written with
 */
export function decodeTensors(
  header: CheckpointHeader,
  chunks: readonly Uint8Array[],
  sha256: Sha256,
): Map<string, Float32Array> {
  if (sha256(chunks) !== header.tensorsSha256) throw new Error('its tensors are incomplete or altered');
  return new Map(header.tensors.map(({ name }, i) => [name, floatsFromLittleEndian(chunks[i]!)]));
}

/** Without TextEncoder, which neither language nor runtime types of this layer have. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Uint8Array.from(escaped, (character) => character.charCodeAt(0));
}
