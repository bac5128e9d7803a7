import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';

import { ReadroomError } from '../../contract/errors.ts';

function asExpected(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ReadroomError('diskFull', 'The disk is full.', 'Free some space, then do it again.');
  }
  return error;
}

/** Writes at a place in a file that exists. */
export function writeAt(file: string, bytes: Uint8Array, position: number): void {
  const descriptor = openSync(file, 'r+');
  try {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(descriptor, bytes, written, bytes.length - written, position + written);
    }
  } catch (error) {
    throw asExpected(error);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a whole file, or nothing. */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asExpected(error);
  }
}
