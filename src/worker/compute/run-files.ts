import { readFile, statfs } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { recipeSchema, type ResolvedRecipe } from '../../contract/recipe.ts';
import { type Manifest, manifestSchema } from '../../contract/run-folder.ts';
import { sha256 } from './hash.ts';

/** What a run folder says before it is trained. */
export interface RunFiles {
  readonly recipe: ResolvedRecipe;
  readonly manifest: Manifest;
  /** Over the bytes of both files. */
  readonly recipeSha256: string;
  readonly inputsFile: string;
}

const resolvedRecipeSchema = recipeSchema.transform((recipe, context): ResolvedRecipe => {
  const { network, input, optimizer, backend } = recipe;
  const { dropout } = network;
  const { size, channels } = input;
  const { learningRate } = optimizer;
  const { threads } = backend;
  if (dropout === null || size === null || channels === null || learningRate === null || threads === null) {
    context.addIssue(
      'a run needs network.dropout, input.size, input.channels, optimizer.learningRate and backend.threads',
    );
    return z.NEVER;
  }
  return {
    ...recipe,
    network: { ...network, dropout },
    input: { ...input, size, channels },
    optimizer: { ...optimizer, learningRate },
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
    recipe,
    manifest,
    recipeSha256: sha256([recipeBytes, manifestBytes]),
    inputsFile: path.resolve(runFolder, manifest.inputs.file),
  };
}

/**
 * Refuses a training whose checkpoints would not fit: two full ones and one being written, and as many
 * weights alone for the best epoch, its successor and the model.
 *
 * @throws ReadroomError `diskFull` with both sizes
 */
export async function checkDiskSpace(
  runFolder: string,
  parameters: number,
  slotsPerWeight: number,
): Promise<void> {
  const neededBytes = parameters * 4 * (3 * (1 + slotsPerWeight) + 3);
  const { bavail, bsize } = await statfs(runFolder);
  if (bavail * bsize >= neededBytes) return;
  throw new ReadroomError(
    'diskFull',
    `Checkpoints of this network need ${megabytes(neededBytes)}; ${megabytes(bavail * bsize)} are free at ${runFolder}.`,
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
