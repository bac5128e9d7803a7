import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { diskError } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';

/** A file's content, in one piece or in pieces, also as they come: all of it may be larger than one buffer can be. */
export type Content =
  string | Uint8Array | readonly (string | Uint8Array)[] | AsyncIterable<string | Uint8Array>;

/** Waits until a file's content is on the disk. */
export async function syncFile(file: string): Promise<void> {
  // Only Windows wants the right to write for this, and a file that may only be read must be syncable too.
  const handle = await open(file, process.platform === 'win32' ? 'r+' : 'r');
  await handle.sync().finally(() => handle.close());
}

/** Waits until the names in a folder are on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; its renames are journalled.
  if (process.platform !== 'win32') await syncFile(folder);
}

/** Waits until a folder of files and its name are on the disk. */
export async function syncTree(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await syncFile(join(folder, name));
  await syncFolder(folder);
  await syncFolder(dirname(folder));
}

/** Writes a new file and waits until it is on the disk. System errors come as they are. */
export async function writeSynced(file: string, content: Content): Promise<void> {
  await writeNew(file, content, true);
}

/**
 * Writes a file so that a reader, or whoever comes after a crash, finds the old one or the whole new one: a
 * temporary sibling, synced, renamed, the folder synced. Makes the folder where there is none.
 *
 * @param options.durable false for what can be made again: whole all the same, but a power loss may take it
 * @param options.mode permissions of the file, from its first byte on
 * @returns bytes written
 * @throws ReadroomError `diskFull`, `permissionDenied`, `usage` (something of that name is in the way)
 */
export async function writeFileWhole(
  file: string,
  content: Content,
  { durable = true, mode }: { durable?: boolean; mode?: number } = {},
): Promise<number> {
  const target = resolve(file);
  const temporary = `${target}.${randomUUID().slice(0, 8)}.part`;
  try {
    makeFolder(dirname(target));
    const bytes = await writeNew(temporary, content, durable, mode);
    await rename(temporary, target);
    if (durable) await syncFolder(dirname(target));
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskError(error, target);
  }
}

export interface FolderOptions {
  /** The folder that is filled and then renamed; what a kill left there goes. For the only writer of a place. */
  readonly temporary?: string;
  /** Called just before the rename: moves or removes what stands at the folder. Without, it is removed. */
  readonly makeWay?: () => Promise<void>;
  /** False for what need not outlast a power loss, or is synced later (`syncTree`). */
  readonly durable?: boolean;
}

/**
 * Writes a folder so that after a crash or power loss it is there whole or not at all: `fill` writes a temporary
 * sibling, and syncs its files and inner folders; then it is renamed.
 *
 * @returns what `fill` returns
 * @throws ReadroomError `diskFull`, `permissionDenied`, `usage`; what stood at `folder` is then untouched
 */
export async function writeFolderWhole<T>(
  folder: string,
  fill: (temporary: string) => Promise<T>,
  options: FolderOptions = {},
): Promise<T> {
  const target = resolve(folder);
  const { makeWay = () => rm(target, { recursive: true, force: true }) } = options;
  const sibling = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}`);
  const { temporary = sibling, durable = true } = options;
  try {
    makeFolder(dirname(target));
    if (temporary !== sibling) await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    const result = await fill(temporary);
    if (durable) await syncFolder(temporary);
    await makeWay();
    await rename(temporary, target);
    if (durable) await syncFolder(dirname(target));
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw diskError(error, target);
  }
}

async function writeNew(file: string, content: Content, sync: boolean, mode?: number): Promise<number> {
  const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
  const handle = await open(file, 'wx', mode);
  try {
    for await (const piece of pieces) await handle.appendFile(piece);
    if (sync) await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
