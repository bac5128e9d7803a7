import { readFile, statfs } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { recipeSchema, type ResolvedRecipe } from '../../contract/recipe.ts';
import { type Manifest, type ManifestRow, manifestSchema } from '../../contract/run-folder.ts';
import { checkpointBytes } from './checkpoint-files.ts';
import { sha256 } from './hash.ts';

/** What a run folder says before it is trained. */
export interface RunFiles {
  readonly runFolder: string;
  readonly recipe: ResolvedRecipe;
  readonly manifest: Manifest;
  /** Over the recipe's bytes and the manifest, less where the input cache holds the pictures. */
  readonly recipeSha256: string;
  readonly inputsFile: string;
}

/** A recipe in which nothing is left open. */
export const resolvedRecipeSchema = recipeSchema.transform((recipe, context): ResolvedRecipe => {
  const { network, input, optimizer, loss, backend } = recipe;
  const { dropout } = network;
  const { size, channels } = input;
  const { learningRate } = optimizer;
  const { id } = loss;
  const { threads } = backend;
  if (
    dropout === null ||
    size === null ||
    channels === null ||
    learningRate === null ||
    id === null ||
    threads === null
  ) {
    context.addIssue(
      'a run needs network.dropout, input.size, input.channels, optimizer.learningRate, loss.id and backend.threads',
    );
    return z.NEVER;
  }
  return {
    ...recipe,
    network: { ...network, dropout },
    input: { ...input, size, channels },
    optimizer: { ...optimizer, learningRate },
    loss: { ...loss, id },
    backend: { ...backend, threads },
  };
});

/** @throws ReadroomError `badRecipe`, `fileNotFound`, `emptySplit` */
export async function readRunFiles(runFolder: string): Promise<RunFiles> {
  const recipeFile = path.join(runFolder, 'recipe.json');
  const manifestFile = path.join(runFolder, 'manifest.json');
  const [recipeBytes, manifestBytes] = [await readRunFile(recipeFile), await readRunFile(manifestFile)];
  const recipe = parseAs(resolvedRecipeSchema, recipeBytes, recipeFile);
  const manifest = parseAs(manifestSchema, manifestBytes, manifestFile);
  for (const part of ['train', 'val'] as const) {
    if (manifest.rows[part].length > 0) continue;
    const message = `The ${part} part of ${manifestFile} is empty.`;
    throw new ReadroomError('emptySplit', message, 'Make the split again with more images.');
  }
  return {
    runFolder,
    recipe,
    manifest,
    recipeSha256: sha256([recipeBytes, Buffer.from(manifestIdentity(manifest))]),
    inputsFile: path.resolve(runFolder, manifest.inputs.file),
  };
}

/** What a manifest says of the run: the input cache may be made anew, with other slots. */
function manifestIdentity({ inputs, rows, ...facts }: Manifest): string {
  const part = (of: readonly ManifestRow[]): unknown[] =>
    of.map(({ image, pixelSha256, label, patient, features }) => [
      ...[image, pixelSha256, label, patient],
      ...(features ? [features] : []),
    ]);
  const pictures = { train: part(rows.train), val: part(rows.val), test: part(rows.test) };
  const { geometry, tiles } = inputs;
  return JSON.stringify({ ...facts, geometry, ...(tiles && { tiles }), pictures });
}

/**
 * Refuses a training whose checkpoints and model would not fit. What a resumed run has written counts.
 *
 * @throws ReadroomError `diskFull` with both sizes
 */
export async function checkDiskSpace(runFolder: string, neededBytes: number): Promise<void> {
  const stillNeededBytes = neededBytes - (await checkpointBytes(runFolder));
  const { bavail, bsize } = await statfs(runFolder);
  if (bavail * bsize >= stillNeededBytes) return;
  throw new ReadroomError(
    'diskFull',
    `Checkpoints and model of this network need ${megabytes(stillNeededBytes)} more; ${megabytes(bavail * bsize)} are free at ${runFolder}.`,
    'Free some space, or choose a smaller network.',
  );
}

async function readRunFile(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReadroomError(
      'fileNotFound',
      `${file} cannot be read: ${reason}`,
      'Train again to make a new run.',
    );
  });
}

function parseAs<T>(schema: z.ZodType<T>, bytes: Buffer, file: string): T {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ReadroomError('badRecipe', `${file} is not JSON.`, 'Train again to make a new run.');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ReadroomError(
    'badRecipe',
    `${file}: ${z.prettifyError(parsed.error)}`,
    'Train again to make a new run.',
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
