import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';

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
    throw fileError(error, target);
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

/** Makes a rename last; a no-op where folders cannot be opened (Windows). */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A system error as the contract says it; anything else as it is. */
export function fileError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ReadroomError('diskFull', `There is no room left to write ${path}.`, 'Free some space and try again.');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ReadroomError('permissionDenied', `${path} may not be written here.`, 'Choose another place, or change the permissions of that folder.');
    case 'ENOENT':
      return new ReadroomError('fileNotFound', `${path} was not found.`, 'Check the path.');
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
      return new ReadroomError('usage', `${path} cannot be written: a file or folder of that name is in the way.`, 'Choose another name.');
    default:
      return error;
  }
}
