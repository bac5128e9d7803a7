import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { v4 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { AugmentationPreview } from '../../contract/run.ts';
import { cutTile, middleTile, tilesOf } from '../../core/tiles.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { ensureInputs, inputFolder, type Inputs, readInput } from '../media/input-cache.ts';
import { holdInputs } from '../media/input-room.ts';
import type { ProjectSession } from '../project/session.ts';
import { geometryOf, type RecipeRequest, recipeFor } from './prepare.ts';
import { inputBoundOf } from './run-inputs.ts';
import { withCompute } from './with-compute.ts';

export interface PreviewRequest extends RecipeRequest {
  images?: string[];
  copies: number;
}

const usualImages = 4;
/** Another window may still show the pictures of the preview before. */
const keptMs = 10 * 60_000;

/**
 * Pictures of a few images as they are and as a training of this recipe might see them; where it sees tiles, the middle
 * one of each.
 */
export async function previewAugmentation(
  session: ProjectSession,
  request: PreviewRequest,
  { spawn, pool }: { spawn: SpawnWorker; pool: DecodePool },
  context: JobContext,
): Promise<AugmentationPreview> {
  session.writing();
  const recipe = recipeFor(session, request);
  const geometry = geometryOf(recipe, session.dataset.traits());
  const tiles = tilesOf(recipe.input);
  const wanted = request.images ?? session.runs.imagesToShow(usualImages);
  const cacheFolder = path.join(session.folder, 'cache');
  const files = wanted.map((image) => session.dataset.file(image));
  const bound = inputBoundOf(session);
  const { signal } = context;
  const { copies } = request;
  const previews = path.join(cacheFolder, 'previews');
  mkdirSync(previews, { recursive: true });
  removeOld(previews);
  const release = holdInputs(inputFolder(cacheFolder, geometry));
  const scratch = mkdtempSync(path.join(tmpdir(), 'readroom-augment-'));
  try {
    const inputs = await ensureInputs({ images: files, geometry, cacheFolder, pool, bound, signal });
    const shown = readable(wanted, inputs);
    const [plain, augmented] = [path.join(scratch, 'plain.u8'), path.join(scratch, 'augmented.u8')];
    const pixels = shown.map(async ({ slot }) => {
      const picture = await readInput(inputs.file, slot, geometry);
      return tiles ? cutTile(picture, tiles, geometry.channels, middleTile(tiles)) : picture;
    });
    await writeFile(plain, Buffer.concat(await Promise.all(pixels)));
    const slots = shown.map(({ slot }) => slot);
    const { augmentation, seed } = recipe;
    const { normalization } = recipe.input;
    await withCompute(spawn, signal, (compute) =>
      compute.augment({
        inputs: inputs.file,
        slots,
        geometry,
        ...(tiles && { tiles }),
        augmentation,
        normalization,
        seed,
        copies,
        to: augmented,
      }),
    );
    const id = uuid();
    const pictures = shown.map(({ image }, index) => ({
      image,
      plain: `${id}-${index}.webp`,
      augmented: Array.from({ length: copies }, (_, copy) => `${id}-${index}-${copy}.webp`),
    }));
    const write = (from: string, names: string[]): Promise<void> => {
      const { channels } = geometry;
      const to = names.map((name) => path.join(previews, name));
      return pool.writePictures({ from, size: recipe.input.size, channels, to }, signal);
    };
    await write(
      plain,
      pictures.map((picture) => picture.plain),
    );
    await write(
      augmented,
      pictures.flatMap((picture) => picture.augmented),
    );
    return { pictures };
  } finally {
    release();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The images that could be prepared, with their slots. @throws ReadroomError of the first when none could */
function readable(images: readonly string[], { slots, failed }: Inputs): { image: string; slot: number }[] {
  const shown = images.flatMap((image, index) => (slots[index]! < 0 ? [] : [{ image, slot: slots[index]! }]));
  if (shown.length > 0) return shown;
  if (failed[0]) throw failed[0].error;
  throw new ReadroomError('tooFewImages', 'The project has no image to show.', 'Import images first.');
}

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (Date.now() - statSync(file).mtimeMs > keptMs) rmSync(file, { force: true });
  }
}
