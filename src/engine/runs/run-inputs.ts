import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import { inputGeometry } from '../../core/input-geometry.ts';
import { counted } from '../../core/words.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { ensureInputs, holdsInputs, inputFolder, type Inputs } from '../media/input-cache.ts';
import { holdInputs, inInputFolder, type InputBound, noteInputsUse } from '../media/input-room.ts';
import type { ProjectSession } from '../project/session.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { mapInTurns } from '../turns.ts';
import { readManifest, runFolderOf } from './run-folder.ts';

/** A run's prepared pictures: the manifest whose slots are theirs, and the file that holds them. */
export interface RunInputs {
  manifest: Manifest;
  file: string;
  /** Removes what was made for this use only; what stands may make room for others from then on. */
  dispose(): void;
}

/** A picture as the cache is asked for it. */
export interface Picture {
  image: string;
  path: string;
  /** Which picture of the file, from 0. */
  frame: number;
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
  const standingFolder = path.dirname(standing);
  const release = holdInputs(standingFolder);
  if (await inInputFolder(standingFolder, () => holdsInputs(standing, geometry, rows))) {
    await noteInputsUse(standingFolder);
    return { manifest, file: standing, dispose: release };
  }
  const scratch = session.readOnly ? mkdtempSync(path.join(tmpdir(), 'readroom-inputs-')) : null;
  const dispose = (): void => {
    release();
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  };
  try {
    const pictures = await mapInTurns(rows, ({ image, pixelSha256 }): Picture => {
      const { byteSha256, ...file } = session.dataset.file(image);
      const isSame = pixelSha256 === '' || pixelSha256 === file.pixelSha256;
      return isSame ? { ...file, byteSha256 } : { image, path: file.path, frame: file.frame, pixelSha256 };
    });
    const { file, slots } = await cacheInputs(session, { pictures, geometry, scratch, pool, context });
    let next = 0;
    const placed = (part: readonly ManifestRow[]): ManifestRow[] =>
      part.map((row) => {
        const at = next++;
        return { ...row, slot: slots[at]!, pixelSha256: pictures[at]!.pixelSha256 };
      });
    const refreshed: Manifest = {
      ...manifest,
      inputs: { ...manifest.inputs, file: path.relative(folder.root, file) },
      rows: { train: placed(train), val: placed(val), test: placed(test) },
    };
    if (scratch === null) await writeFileWhole(folder.manifest, JSON.stringify(refreshed));
    return { manifest: refreshed, file, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The prepared pictures of a project may take as much as the user set; runs that train or wait find theirs. */
export function inputBoundOf(session: ProjectSession): InputBound {
  const cacheFolder = path.join(session.folder, 'cache');
  return {
    limitBytes: session.inputLimitBytes,
    inUse: () => {
      const waiting = session.runs.waiting().map(({ run }) => run);
      return [...session.runs.unfinished(), ...waiting].flatMap((run) => {
        const { input } = session.runs.get(run).recipe as ResolvedRecipe;
        // Grey pictures may stand in one channel.
        return [input.channels, 1 as const].map((channels) =>
          inputFolder(cacheFolder, inputGeometry(input, channels)),
        );
      });
    },
  };
}

/**
 * Pictures of a run in the project's input cache, or in a folder of its own; one that cannot be read any more fails
 * them all.
 */
export async function cacheInputs(
  session: ProjectSession,
  {
    pictures,
    geometry,
    scratch = null,
    pool,
    context,
  }: {
    pictures: readonly Picture[];
    geometry: InputGeometry;
    scratch?: string | null;
    pool: DecodePool;
    context: JobContext;
  },
): Promise<Pick<Inputs, 'file' | 'slots'>> {
  const inputs = await ensureInputs({
    images: pictures,
    geometry,
    cacheFolder: scratch ?? path.join(session.folder, 'cache'),
    ...(scratch === null && { bound: inputBoundOf(session) }),
    pool,
    onProgress: (done, total) => context.progress(done, total, 'Preparing pictures'),
    signal: context.signal,
  });
  const [first] = inputs.failed;
  if (!first) return inputs;
  session.dataset.markMissing(
    inputs.failed
      .filter(({ error }) => error.code === 'fileNotFound')
      .map(({ index }) => pictures[index]!.image),
  );
  const count = inputs.failed.length;
  if (first.error.code === 'noPictureValues') {
    const without = inputs.failed.filter(({ error }) => error.code === first.error.code).length;
    throw new ReadroomError(
      first.error.code,
      `The window of the recipe does not fit ${counted(without, 'image')} of the split, first ${pictures[first.index]!.path}: ${first.error.message}`,
      first.error.hint,
    );
  }
  throw new ReadroomError(
    first.error.code,
    `${count === 1 ? 'One image' : `${count} images`} of the split cannot be read any more, first ${pictures[first.index]!.path}: ${first.error.message}`,
    'Put the files back where they were, or import them again with --copy.',
  );
}
