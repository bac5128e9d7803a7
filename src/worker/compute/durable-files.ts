import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { writeFailure } from '../package/damage.ts';

/** A file of a folder: its name and its bytes in pieces. */
export interface FilePieces {
  readonly name: string;
  readonly pieces: readonly (string | Uint8Array)[];
}

/**
 * Writes a folder so that after a crash or power loss it is there whole or not at all: every file fsynced in a
 * temporary folder beside it, then renamed over. `makeWay` is called just before the rename and moves or
 * removes what stands at `folder`.
 *
 * @throws ReadroomError `diskFull`, `permissionDenied`; what stood at `folder` is then untouched
 */
export async function writeFolderWhole(
  folder: string,
  files: readonly FilePieces[],
  makeWay: () => Promise<void> = () => rm(folder, { recursive: true, force: true }),
): Promise<void> {
  const parent = path.dirname(folder);
  const temporary = `${folder}.writing`;
  try {
    await mkdir(parent, { recursive: true });
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    for (const { name, pieces } of files) await writeSynced(path.join(temporary, name), pieces);
    await syncFolder(temporary);
    await makeWay();
    await rename(temporary, folder);
    await syncFolder(parent);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeFailure(error);
  }
}

/** Writes one file the same way. @throws ReadroomError `diskFull`, `permissionDenied` */
export async function writeFileDurably(
  file: string,
  pieces: readonly (string | Uint8Array)[],
): Promise<void> {
  const temporary = `${file}.writing`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeSynced(temporary, pieces);
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(error);
  }
}

async function writeSynced(file: string, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const piece of pieces) await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; its renames are journalled.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
