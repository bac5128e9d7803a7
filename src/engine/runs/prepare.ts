import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import type { SplitPart } from '../../contract/dataset.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';
import type { InputGeometry } from '../../contract/workers.ts';
import { applySettings, findPreset, parseRecipe, resolveRecipe } from '../../core/recipe.ts';
import { findNetwork } from '../../nn/models/index.ts';
import type { DatasetMember, DatasetVersion } from '../db/dataset-repository.ts';
import { writeFileWhole } from '../report/write-file.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { ensureInputs } from '../media/input-cache.ts';
import type { ProjectSession } from '../project/session.ts';
import { runFolderOf } from './run-folder.ts';

export interface RecipeRequest {
  preset?: string;
  recipe?: unknown;
  set: Record<string, unknown>;
  backend?: string;
}

/** The recipe that a request amounts to on this project's images. @throws ReadroomError `badRecipe`, `inputTooSmall`, … */
export function recipeFor(session: ProjectSession, request: RecipeRequest): ResolvedRecipe {
  const base =
    request.recipe === undefined
      ? findPreset(request.preset ?? 'default').recipe
      : parseRecipe(request.recipe);
  const settings =
    request.backend === undefined ? request.set : { ...request.set, 'backend.id': request.backend };
  const recipe = applySettings(base, settings);
  return resolveRecipe(recipe, {
    allGrey: session.dataset.traits().allGrey,
    cores: availableParallelism(),
    network: findNetwork(recipe.network.id),
  });
}

/** Parts of a version as one run sees them: with a fold, that fold validates and the others train. */
export function partsFor(
  version: DatasetVersion,
  members: readonly DatasetMember[],
  fold: number | null,
): Record<SplitPart, DatasetMember[]> {
  if (fold !== null && (version.folds === null || fold >= version.folds)) {
    const what =
      version.folds === null ? 'The split has no folds' : `The split has folds 0 to ${version.folds - 1}`;
    throw new ReadroomError(
      'usage',
      `${what}; fold ${fold} was asked for.`,
      'Make folds with: readroom split PROJECT --folds 5',
    );
  }
  const partOf = (member: DatasetMember): SplitPart =>
    fold === null || member.part === 'test' ? member.part : member.fold === fold ? 'val' : 'train';
  const parts: Record<SplitPart, DatasetMember[]> = { train: [], val: [], test: [] };
  for (const member of members) parts[partOf(member)].push(member);
  for (const part of ['train', 'val'] as const) {
    if (parts[part].length === 0) {
      throw new ReadroomError(
        'emptySplit',
        `The ${part} part of the split is empty.`,
        'Make the split again with more images.',
      );
    }
  }
  return parts;
}

/** Writes recipe and manifest of a run, every picture decoded once into the input cache. */
export async function prepareRunFolder(
  session: ProjectSession,
  run: { id: string; recipe: ResolvedRecipe; version: DatasetVersion; fold: number | null },
  pool: DecodePool,
  context: JobContext,
): Promise<void> {
  const parts = partsFor(run.version, session.dataset.members(run.version), run.fold);
  const members = [...parts.train, ...parts.val, ...parts.test];
  const geometry = geometryOf(run.recipe);
  const inputs = await cacheInputs(session, members, geometry, pool, context);
  const folder = runFolderOf(session.folder, run.id);
  mkdirSync(folder.root, { recursive: true });
  const slots = new Map(members.map(({ image }, index) => [image, inputs.slots[index]!]));
  const rows = manifestRows(session, slots);
  const manifest: Manifest = {
    formatVersion: 1,
    run: run.id,
    datasetVersion: run.version.hash,
    splitBy: run.version.splitBy,
    generated: session.dataset.traits().anyGenerated,
    fold: run.fold,
    classes: session.projects.classes().map(({ name }) => name),
    inputs: { file: path.relative(folder.root, inputs.file), geometry },
    rows: { train: rows(parts.train), val: rows(parts.val), test: rows(parts.test) },
  };
  await writeFileWhole(folder.recipe, JSON.stringify(run.recipe, null, 2));
  await writeFileWhole(folder.manifest, JSON.stringify(manifest));
}

/** How a recipe turns pictures into a network's inputs. */
export function geometryOf(recipe: ResolvedRecipe): InputGeometry {
  const { size, channels, fit, kernel } = recipe.input;
  return { size, channels, fit, kernel };
}

async function cacheInputs(
  session: ProjectSession,
  members: readonly DatasetMember[],
  geometry: InputGeometry,
  pool: DecodePool,
  context: JobContext,
): Promise<{ file: string; slots: ArrayLike<number> }> {
  const files = session.dataset.files(members.map(({ image }) => image));
  const inputs = await ensureInputs({
    images: files,
    geometry,
    cacheFolder: path.join(session.folder, 'cache'),
    pool,
    onProgress: (done, total) => context.progress(done, total, 'Preparing pictures'),
    signal: context.signal,
  });
  const [first] = inputs.failed;
  if (first) {
    const count = inputs.failed.length;
    throw new ReadroomError(
      first.error.code,
      `${count === 1 ? 'One image' : `${count} images`} of the split cannot be read any more, first ${files[first.index]!.path}: ${first.error.message}`,
      'Put the files back where they were, or import them again with --copy.',
    );
  }
  return inputs;
}

function manifestRows(
  session: ProjectSession,
  slots: ReadonlyMap<string, number>,
): (members: readonly DatasetMember[]) => ManifestRow[] {
  const classIndex = new Map(session.projects.classes().map(({ id }, index) => [id, index]));
  const groups = session.dataset.groupKeys();
  return (members) =>
    members.map(({ image, classId }) => ({
      image,
      slot: slots.get(image)!,
      label: classIndex.get(classId!)!,
      patient: groups.get(image) ?? image,
    }));
}
