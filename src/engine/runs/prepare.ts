import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import type { SplitPart } from '../../contract/split.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { Recipe, ResolvedRecipe } from '../../contract/recipe.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import type { TrainingAhead } from '../../contract/workers.ts';
import {
  applySettings,
  findPreset,
  parseRecipe,
  refuseContradictions,
  resolveRecipe,
} from '../../core/recipe.ts';
import { inputGeometry } from '../../core/input-geometry.ts';
import { unwatchable } from '../../core/recipe-rules.ts';
import { findNetwork } from '../../nn/models/index.ts';
import type { DatasetMember, DatasetVersion } from '../db/dataset-repository.ts';
import type { RunClass } from '../db/run-repository.ts';
import { writeFileWhole } from '../../files/durable.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { refuseGone } from '../split/split-service.ts';
import { mapInTurns } from '../turns.ts';
import { classesOfRun } from './run-classes.ts';
import { runFolderOf } from './run-folder.ts';
import { cacheInputs } from './run-inputs.ts';

export interface RecipeRequest {
  preset?: string;
  recipe?: unknown;
  set: Record<string, unknown>;
  backend?: string;
}

/** What a request asks for, whatever the images. @throws ReadroomError `unknownRecipe`, `badRecipe` */
export function askedRecipe(request: RecipeRequest): Recipe {
  const base =
    request.recipe === undefined
      ? findPreset(request.preset ?? 'default').recipe
      : parseRecipe(request.recipe);
  const settings =
    request.backend === undefined ? request.set : { ...request.set, 'backend.id': request.backend };
  return applySettings(base, settings);
}

/** The recipe that a request amounts to on this project's images. @throws ReadroomError `badRecipe`, `inputTooSmall`, … */
export function recipeFor(session: ProjectSession, request: RecipeRequest): ResolvedRecipe {
  const recipe = askedRecipe(request);
  const resolved = resolveRecipe(recipe, {
    allGrey: session.dataset.traits().allGrey,
    cores: availableParallelism(),
    network: findNetwork(recipe.network.id),
  });
  // What was open may contradict what was chosen: grey pictures, say, a shift of colours.
  refuseContradictions(resolved);
  return resolved;
}

/**
 * Parts of a version as one run sees them: with a fold, that fold validates and the others train; images whose
 * label was taken away since the split wait outside. @throws ReadroomError `usage`, `emptySplit`, `classMissingFromSplit`
 */
export function partsFor(
  version: DatasetVersion,
  members: readonly DatasetMember[],
  fold: number | null,
  classes: readonly RunClass[],
): Record<SplitPart, LabelledMember[]> {
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
  const parts: Record<SplitPart, LabelledMember[]> = { train: [], val: [], test: [] };
  for (const member of members) if (isLabelled(member)) parts[partOf(member)].push(member);
  for (const part of ['train', 'val'] as const) {
    if (parts[part].length === 0) {
      throw new ReadroomError(
        'emptySplit',
        `The ${part} part of the split is empty.`,
        'Make the split again with more images.',
      );
    }
  }
  refuseUntaughtClasses(parts, classes);
  return parts;
}

/** Refuses to start what could not tell its best epoch. @throws ReadroomError `classMissingFromSplit` */
export function refuseUnwatchable(
  recipe: ResolvedRecipe,
  { val }: Pick<Record<SplitPart, LabelledMember[]>, 'val'>,
  classes: readonly RunClass[],
): void {
  const imagesOf = ({ id }: RunClass): number => val.filter(({ classId }) => classId === id).length;
  const imagesByClass = Object.fromEntries(classes.map((one) => [one.name, imagesOf(one)]));
  const problem = unwatchable(recipe, imagesByClass);
  if (problem === null) return;
  throw new ReadroomError(
    'classMissingFromSplit',
    problem,
    'Use --set earlyStopping.monitor=valLoss, or split again with: readroom split PROJECT',
    { part: 'val', classes: Object.keys(imagesByClass).filter((name) => imagesByClass[name] === 0) },
  );
}

type LabelledMember = DatasetMember & { classId: string };

function isLabelled(member: DatasetMember): member is LabelledMember {
  return member.classId !== null;
}

/** A network learns the classes of the train part, and needs two at least. */
function refuseUntaughtClasses(
  { train, val, test }: Record<SplitPart, LabelledMember[]>,
  classes: readonly RunClass[],
): void {
  const taught = new Set(train.map(({ classId }) => classId));
  const present = new Set([...train, ...val, ...test].map(({ classId }) => classId));
  const lacking = classes
    .filter(({ id }) => id !== null && present.has(id) && !taught.has(id))
    .map(({ name }) => name);
  if (lacking.length === 0 && taught.size > 1) return;
  throw new ReadroomError(
    'classMissingFromSplit',
    lacking.length > 0
      ? `The train part of the split has no image of class ${lacking.join(', ')} any more.`
      : 'All images of the train part of the split are of one class: a network needs at least two classes.',
    'Labels have changed since the split was made: split again with: readroom split PROJECT',
    { part: 'train', classes: lacking },
  );
}

/**
 * Writes recipe and manifest of a run, every picture decoded once into the input cache.
 *
 * @param ahead told what is known of the training before the pictures are decoded
 * @throws ReadroomError `unknownImage` of images that were taken back while the run waited
 */
export async function prepareRunFolder(
  session: ProjectSession,
  run: { id: string; recipe: ResolvedRecipe; version: DatasetVersion; fold: number | null },
  pool: DecodePool,
  context: JobContext,
  ahead: (known: TrainingAhead) => void,
): Promise<void> {
  refuseGone(session, run.version);
  // The project's may have changed while the run waited.
  const classes = classesOfRun(session, run.id);
  const parts = partsFor(run.version, session.dataset.members(run.version), run.fold, classes);
  refuseUnwatchable(run.recipe, parts, classes);
  const members = [...parts.train, ...parts.val, ...parts.test];
  const pictures = await mapInTurns(members, ({ image }) => session.dataset.file(image));
  // By the pictures of this version alone: trained again on it, they stand as they stood, whatever came since.
  const geometry = geometryOf(run.recipe, { allGrey: pictures.every(({ channels }) => channels === 1) });
  const classNames = classes.map(({ name }) => name);
  ahead({ recipe: run.recipe, classes: classNames, geometry, trainRows: parts.train.length });
  const inputs = await cacheInputs(session, { pictures, geometry, pool, context });
  const folder = runFolderOf(session.folder, run.id);
  mkdirSync(folder.root, { recursive: true });
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]));
  const groups = session.dataset.groupKeys();
  let next = 0;
  const rows = (part: readonly LabelledMember[]): ManifestRow[] =>
    part.map(({ image, classId }) => {
      const at = next++;
      return {
        image,
        slot: inputs.slots[at]!,
        label: classIndex.get(classId)!,
        patient: groups.get(image) ?? image,
        pixelSha256: pictures[at]!.pixelSha256,
      };
    });
  const manifest: Manifest = {
    formatVersion: 1,
    run: run.id,
    datasetVersion: run.version.hash,
    splitBy: run.version.splitBy,
    generated: session.dataset.traits().anyGenerated,
    fold: run.fold,
    classes: classNames,
    inputs: { file: path.relative(folder.root, inputs.file), geometry },
    rows: { train: rows(parts.train), val: rows(parts.val), test: rows(parts.test) },
  };
  await writeFileWhole(folder.recipe, JSON.stringify(run.recipe, null, 2));
  await writeFileWhole(folder.manifest, JSON.stringify(manifest));
}

/**
 * How a recipe's pictures stand in the input cache: grey ones in one channel also for a network that sees three, as
 * long as nothing is to colour them.
 */
export function geometryOf(
  { input, augmentation }: ResolvedRecipe,
  { allGrey }: { readonly allGrey: boolean },
): InputGeometry {
  return inputGeometry(input, allGrey && augmentation.pcaColour === 0 ? 1 : input.channels);
}
