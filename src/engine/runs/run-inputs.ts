import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';
import type { InputGeometry } from '../../contract/workers.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { ensureInputs, holdsInputs, type Inputs } from '../media/input-cache.ts';
import type { ProjectSession } from '../project/session.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { mapInTurns } from '../turns.ts';
import { readManifest, runFolderOf } from './run-folder.ts';

/** A run's prepared pictures: the manifest whose slots are theirs, and the file that holds them. */
export interface RunInputs {
  manifest: Manifest;
  file: string;
  /** Removes what was made for this use only. */
  dispose(): void;
}

/** A picture as the cache is asked for it. */
export interface Picture {
  image: string;
  path: string;
  pixelSha256: string;
  /** Of the file that held this picture when it was imported. */
  byteSha256?: string;
}

/**
 * Makes sure that the pictures of a run's manifest stand in the input cache, which may have been removed or
 * filled anew since, and that the manifest names their slots; it is rewritten, durably, where they have moved.
 * A session opened for reading changes neither: what it lacks it makes in a temporary folder.
 * @throws ReadroomError of the first picture that cannot be read any more, `diskFull`, `cancelled`
 */
export async function refreshInputs(
  session: ProjectSession,
  run: string,
  pool: DecodePool,
  context: JobContext,
): Promise<RunInputs> {
  const folder = runFolderOf(session.folder, run);
  const manifest = readManifest(folder);
  const { geometry } = manifest.inputs;
  const { train, val, test } = manifest.rows;
  const rows = [...train, ...val, ...test];
  const standing = path.resolve(folder.root, manifest.inputs.file);
  if (await holdsInputs(standing, geometry, rows)) {
    return { manifest, file: standing, dispose: () => undefined };
  }
  const scratch = session.readOnly ? mkdtempSync(path.join(tmpdir(), 'readroom-inputs-')) : null;
  const dispose = (): void => {
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  };
  try {
    const pictures = await mapInTurns(rows, ({ image, pixelSha256 }): Picture => {
      const { byteSha256, ...file } = session.dataset.file(image);
      const isSame = pixelSha256 === '' || pixelSha256 === file.pixelSha256;
      return isSame ? { ...file, byteSha256 } : { image, path: file.path, pixelSha256 };
    });
    const cacheFolder = scratch ?? path.join(session.folder, 'cache');
    const { markMissing } = session.dataset;
    const { file, slots } = await cacheInputs({
      pictures,
      geometry,
      cacheFolder,
      pool,
      context,
      markMissing,
    });
    let next = 0;
    const placed = (part: readonly ManifestRow[]): ManifestRow[] =>
      part.map((row) => {
        const at = next++;
        return { ...row, slot: slots[at]!, pixelSha256: pictures[at]!.pixelSha256 };
      });
    const refreshed: Manifest = {
      ...manifest,
      inputs: { file: path.relative(folder.root, file), geometry },
      rows: { train: placed(train), val: placed(val), test: placed(test) },
    };
    if (scratch === null) await writeFileWhole(folder.manifest, JSON.stringify(refreshed));
    return { manifest: refreshed, file, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Pictures of a run in the input cache; one that cannot be read any more fails them all. */
export async function cacheInputs({
  pictures,
  geometry,
  cacheFolder,
  pool,
  context,
  markMissing,
}: {
  pictures: readonly Picture[];
  geometry: InputGeometry;
  cacheFolder: string;
  pool: DecodePool;
  context: JobContext;
  /** Told which images' files are gone. */
  markMissing(images: readonly string[]): void;
}): Promise<Pick<Inputs, 'file' | 'slots'>> {
  const inputs = await ensureInputs({
    images: pictures,
    geometry,
    cacheFolder,
    pool,
    onProgress: (done, total) => context.progress(done, total, 'Preparing pictures'),
    signal: context.signal,
  });
  const [first] = inputs.failed;
  if (!first) return inputs;
  markMissing(
    inputs.failed
      .filter(({ error }) => error.code === 'fileNotFound')
      .map(({ index }) => pictures[index]!.image),
  );
  const count = inputs.failed.length;
  throw new ReadroomError(
    first.error.code,
    `${count === 1 ? 'One image' : `${count} images`} of the split cannot be read any more, first ${pictures[first.index]!.path}: ${first.error.message}`,
    'Put the files back where they were, or import them again with --copy.',
  );
}
