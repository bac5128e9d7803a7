import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

import type { ImportReading, KnownImage } from '../db/import-repository.ts';

/** About half a millisecond of hashing a turn. */
const chunkBytes = 256 * 1024;

async function sha256Of(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes, signal }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * The image that a file is already, by its bytes: what has a known name and size is hashed, which costs a small part
 * of decoding. Null for what must be decoded: new bytes, images of which facts are lacking, and files that cannot be
 * read, of which the decoder says why.
 */
export async function findKnownFile(
  file: string,
  name: string,
  known: ImportReading,
  signal: AbortSignal,
): Promise<{ image: KnownImage; byteSha256: string } | null> {
  try {
    const { size } = await stat(file);
    if (!known.hasLike(name, size)) return null;
    const byteSha256 = await sha256Of(file, signal);
    const image = known.findByBytes(byteSha256);
    return image?.hasPictureFacts ? { image, byteSha256 } : null;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return null;
  }
}
