import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import type { ProjectSession } from '../project/session.ts';
import { runFolderOf } from './run-folder.ts';

/** A run's folder and the bytes of all files in it; a folder that is gone has none. */
export async function runFolderSize(
  session: ProjectSession,
  run: string,
): Promise<{ path: string; bytes: number }> {
  const { root } = runFolderOf(session.folder, run);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // A checkpoint may be replaced between the listing and this line.
    bytes += await stat(path.join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return { path: root, bytes };
}
