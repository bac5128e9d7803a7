import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { DatasetRepository } from '../db/dataset-repository.ts';
import type { ImportReading } from '../db/import-repository.ts';
import type { Candidate } from './candidates.ts';
import { mapLimited } from './map-limited.ts';

const chunkSize = 500;

async function isGone(file: string): Promise<boolean> {
  try {
    await stat(file);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** After an import: notes which images of its folders are gone, and which of all its files are there again. */
export async function noteMissing(
  candidates: readonly Candidate[],
  { known, dataset }: { known: ImportReading; dataset: DatasetRepository },
): Promise<void> {
  const seen = new Map<string, Set<string>>();
  for (const { origin } of candidates) {
    if (origin.kind !== 'file') continue;
    if (origin.named) {
      const rootId = known.existingRoot('reference', origin.rootPath);
      const image = rootId === null ? null : known.imageAt(rootId, origin.relativePath);
      if (image) dataset.markFound([image.image]);
      continue;
    }
    if (!seen.has(origin.rootPath)) seen.set(origin.rootPath, new Set());
    seen.get(origin.rootPath)!.add(origin.relativePath);
  }
  for (const [rootPath, paths] of seen) {
    const rootId = known.existingRoot('reference', rootPath);
    if (rootId === null) continue;
    for (let after = ''; ;) {
      const chunk = known.imagesOfRoot(rootId, after, chunkSize);
      if (chunk.length === 0) break;
      after = chunk.at(-1)!.relativePath;
      const gone = await mapLimited(
        chunk,
        16,
        async ({ relativePath }) => !paths.has(relativePath) && isGone(path.join(rootPath, relativePath)),
      );
      const marked = (missing: boolean): string[] =>
        chunk
          .filter((placed, i) => gone[i] === missing && placed.missing !== missing)
          .map(({ image }) => image);
      dataset.markMissing(marked(true));
      dataset.markFound(marked(false));
      await nextTurn();
    }
  }
}
