import { open, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';

import { ReadroomError } from '../../contract/errors.ts';

function asExpected(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ReadroomError('diskFull', 'The disk is full.', 'Free some space, then do it again.');
  }
  return error;
}

/** Writes at a place in a file that exists. */
export async function writeAt(file: string, bytes: Uint8Array, position: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    let written = 0;
    while (written < bytes.length) {
      written += (await handle.write(bytes, written, bytes.length - written, position + written))
        .bytesWritten;
    }
  } catch (error) {
    throw asExpected(error);
  } finally {
    await handle.close();
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
