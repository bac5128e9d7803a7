import { randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { syncFile, syncFolder } from '../../files/durable.ts';

const stagingPrefix = '.incoming-';

/** Makes a folder with those above it, durably: each one that holds a new one is synced. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  const top = path.dirname(first);
  for (let made = folder; made !== top;) {
    made = path.dirname(made);
    await syncFolder(made);
  }
}

/**
 * The project's own copies: `originals/ab/abcdef0123456789/name.png`, the folder being the start of the
 * content's SHA-256. Files arrive in a staging folder and are renamed once they are known and on disk, so
 * that nothing half-written ever has a final name.
 */
export async function openOriginals(parent: string) {
  const folder = path.join(parent, 'originals');
  const staging = path.join(folder, `${stagingPrefix}${randomUUID()}`);
  let staged = 0;

  async function nextStaged(): Promise<string> {
    if (staged === 0) await makeFolder(staging);
    staged += 1;
    return path.join(staging, String(staged));
  }

  // What an import that was killed left behind. One process writes a project, so none of it is in use.
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(stagingPrefix)) await rm(path.join(folder, name), { recursive: true, force: true });
  }

  return {
    folder,
    nextStaged,

    /** Copies a file into staging; where the file system can, without moving a byte. */
    async stage(source: string): Promise<string> {
      const to = await nextStaged();
      await copyFile(source, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      return to;
    },

    /** Where content of this hash and name is kept, below `folder`. */
    placeOf: (byteSha256: string, name: string): string =>
      `${byteSha256.slice(0, 2)}/${byteSha256.slice(0, 16)}/${name}`,

    /** Gives a staged file its final place and makes it durable. */
    async keep(stagedPath: string, relativePath: string): Promise<void> {
      const target = path.join(folder, relativePath);
      const parentFolder = path.dirname(target);
      await makeFolder(parentFolder);
      await syncFile(stagedPath);
      await rename(stagedPath, target);
      await syncFolder(parentFolder);
    },

    /** Takes kept files away again, when the database did not take them. */
    async drop(relativePaths: readonly string[]): Promise<void> {
      for (const relativePath of relativePaths) {
        await rm(path.dirname(path.join(folder, relativePath)), { recursive: true, force: true });
      }
    },

    close: (): Promise<void> => rm(staging, { recursive: true, force: true }),
  };
}
export type Originals = Awaited<ReturnType<typeof openOriginals>>;
