import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

import type { ImportReading, KnownFile } from '../db/import-repository.ts';

/** About half a millisecond of hashing a turn. */
const chunkBytes = 256 * 1024;

/** SHA-256 of a file, as hexadecimal digits. */
export async function sha256Of(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes, signal }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * What the project knows of a file, by its bytes: what has a known name and size is hashed, which costs a small part
 * of decoding. Null for what must be decoded: new bytes, files of which facts are lacking or that were taken back,
 * DICOM files whose header may name a patient where none is known, and files that cannot be read, of which the decoder
 * says why.
 * @param patientFromTag whether patients are taken from headers
 */
export async function findKnownFile(
  file: string,
  name: string,
  { known, patientFromTag }: { known: ImportReading; patientFromTag: boolean },
  signal: AbortSignal,
): Promise<{ stored: KnownFile; byteSha256: string } | null> {
  try {
    const { size } = await stat(file);
    if (!known.hasLike(name, size)) return null;
    const byteSha256 = await sha256Of(file, signal);
    const stored = known.findByBytes(byteSha256);
    if (!stored || stored.removed || !stored.hasPictureFacts) return null;
    const mayNamePatient = patientFromTag && stored.format === 'dicom' && stored.patientKey === null;
    return mayNamePatient ? null : { stored, byteSha256 };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return null;
  }
}
