import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';

import { inputIndexName } from '../../core/input-index.ts';
import { createQueues } from '../one-at-a-time.ts';

/** How much the prepared pictures of a project may take. */
export interface InputBound {
  limitBytes(): Promise<number>;
  /** Folders of geometries that runs which train or wait are to find. */
  inUse(): readonly string[];
}

/** Where the prepared pictures of a cache lie, a folder a geometry. */
export const inputsFolder = (cacheFolder: string): string => path.join(cacheFolder, 'inputs');

/** Work on a geometry's folder, one at a time: what fills or looks through it never meets what removes it. */
export const inInputFolder = createQueues();

/** Folders that someone in this process reads or fills, and how many do. */
const holds = new Map<string, number>();

/** Keeps a geometry's folder from being removed until the returned function is called; again does nothing. */
export function holdInputs(folder: string): () => void {
  holds.set(folder, (holds.get(folder) ?? 0) + 1);
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    const left = holds.get(folder)! - 1;
    if (left === 0) holds.delete(folder);
    else holds.set(folder, left);
  };
}

/** Notes that a geometry was used now: those that were not for longest make room. */
export async function noteInputsUse(folder: string): Promise<void> {
  const now = new Date();
  // Beside a read-only file system there is nothing to be removed.
  await utimes(path.join(folder, inputIndexName), now, now).catch(() => undefined);
}

interface Standing {
  folder: string;
  bytes: number;
  usedAt: number;
}

/** What stands in an inputs folder, a geometry each. */
async function standingIn(parent: string): Promise<Standing[]> {
  const names = await readdir(parent).catch(() => []);
  return Promise.all(names.map((name) => measure(path.join(parent, name))));
}

const bytesOf = (standing: readonly Standing[]): number =>
  standing.reduce((sum, { bytes }) => sum + bytes, 0);

/** Runs that train or wait are to find it, or it is being read or filled. */
const isNeeded = (folder: string, bound: InputBound): boolean =>
  holds.has(folder) || bound.inUse().includes(folder);

async function measure(folder: string): Promise<Standing> {
  const names: string[] = await readdir(folder).catch(() => []);
  const files = await Promise.all(names.map((name) => stat(path.join(folder, name)).catch(() => null)));
  const index = files[names.indexOf(inputIndexName)];
  // A removal that a kill cut short has taken the index first.
  return {
    folder,
    bytes: files.reduce((sum, file) => sum + (file?.size ?? 0), 0),
    usedAt: index?.mtimeMs ?? 0,
  };
}

/**
 * The index goes first: without it nothing in the folder counts as standing, so that what a kill leaves is filled
 * anew or removed by the next one. False when something else holds a file open, as Windows does not remove those.
 */
async function remove(folder: string): Promise<boolean> {
  try {
    await rm(path.join(folder, inputIndexName), { force: true });
    await rm(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * Removes the geometries beside a folder that were not used for longest until `neededBytes` more stay below the
 * limit. Those of runs that train or wait and those that are being read or filled stay, even above it.
 */
export async function makeRoomForInputs(
  folder: string,
  neededBytes: number,
  bound: InputBound,
): Promise<void> {
  const standing = await standingIn(path.dirname(folder));
  let excess = bytesOf(standing) + neededBytes - (await bound.limitBytes());
  for (const one of standing.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (excess <= 0) return;
    // Nothing may come between this and the queue: whoever takes hold from here on waits behind the removal.
    if (one.folder === folder || isNeeded(one.folder, bound)) continue;
    if (await inInputFolder(one.folder, () => remove(one.folder))) excess -= one.bytes;
  }
}

/** Bytes that the prepared pictures of a cache take. */
export async function sizeOfInputs(cacheFolder: string): Promise<number> {
  return bytesOf(await standingIn(inputsFolder(cacheFolder)));
}

/** Removes the prepared pictures of a cache but for what is needed; how many bytes went and stayed. */
export async function clearInputs(
  cacheFolder: string,
  bound: InputBound,
): Promise<{ removedBytes: number; keptBytes: number }> {
  const standing = await standingIn(inputsFolder(cacheFolder));
  let removedBytes = 0;
  for (const one of standing) {
    // As above: nothing may come between the look and the queue.
    if (isNeeded(one.folder, bound)) continue;
    if (await inInputFolder(one.folder, () => remove(one.folder))) removedBytes += one.bytes;
  }
  return { removedBytes, keptBytes: bytesOf(standing) - removedBytes };
}
