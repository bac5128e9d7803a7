import { access } from 'node:fs/promises';
import path from 'node:path';

import { sha256Of } from '../dataset/known-file.ts';
import { openOriginals } from '../dataset/originals.ts';
import type { Row } from '../db/merge-source.ts';
import type { ProjectSession } from '../project/session.ts';

/**
 * Copies files that a project holds itself into another copy of it, where they are not there yet. What the other copy
 * lacks or has with other bytes does not come: such images count as missing.
 */
export async function takeOriginals(
  session: ProjectSession,
  source: ProjectSession,
  files: readonly Row[],
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  const originals = await openOriginals(session.folder);
  try {
    for (const file of files) {
      signal.throwIfAborted();
      const relativePath = String(file['relative_path']);
      const isHere = await access(path.join(originals.folder, relativePath)).then(
        () => true,
        () => false,
      );
      if (isHere) continue;
      const staged = await originals
        .stage(path.join(source.folder, 'originals', relativePath))
        .catch((error: unknown) => {
          if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
          throw error;
        });
      if (staged === null || (await sha256Of(staged, signal)) !== file['byte_sha256']) continue;
      await originals.keep(staged, relativePath);
    }
  } finally {
    await originals.close();
  }
}
