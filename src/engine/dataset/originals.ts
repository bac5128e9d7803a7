import { randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const stagingPrefix = '.incoming-';

async function syncPath(target: string): Promise<void> {
  // Windows has no way to sync a folder, and needs none.
  if (process.platform === 'win32' && (await stat(target)).isDirectory()) return;
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
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
    if (staged === 0) await mkdir(staging, { recursive: true });
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
      await mkdir(parentFolder, { recursive: true });
      await syncPath(stagedPath);
      await rename(stagedPath, target);
      await syncPath(parentFolder);
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
