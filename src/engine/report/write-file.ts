import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { translateSystemError } from '../system-errors.ts';

/**
 * Writes a file so that a reader finds the old one or the whole new one: a temporary sibling, fsynced,
 * renamed, the folder fsynced. @throws ReadroomError `diskFull`, `permissionDenied`, `fileNotFound`
 */
export async function writeFileWhole(file: string, content: string | Uint8Array): Promise<number> {
  const target = resolve(file);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const temporary = `${target}.${randomUUID().slice(0, 8)}.part`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeSynced(temporary, bytes);
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(error, target);
  }
  return bytes.length;
}

/** Writes a new file and waits until it is on the disk. */
export async function writeSynced(file: string, bytes: Uint8Array | string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a folder last; Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A system error as the contract says it, naming the file that was to be written; anything else as it is. */
export function writeError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    const hint = 'Choose another place, or change the permissions of that folder.';
    return new ReadroomError('permissionDenied', `${path} may not be written here.`, hint);
  }
  if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST') {
    const message = `${path} cannot be written: a file or folder of that name is in the way.`;
    return new ReadroomError('usage', message, 'Choose another name.');
  }
  return translateSystemError(error);
}
