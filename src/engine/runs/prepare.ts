import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import type { SplitPart } from '../../contract/split.ts';
import type { Recipe, ResolvedRecipe } from '../../contract/recipe.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import type { TrainingAhead } from '../../contract/workers.ts';
import {
  applySettings,
  badRecipe,
  parseRecipe,
  refuseContradictions,
  resolveRecipe,
} from '../../core/recipe.ts';
import { findPreset, presetOfTemplate } from '../../core/recipe-presets.ts';
import { inputGeometry } from '../../core/input-geometry.ts';
import { tileCount, tilesOf } from '../../core/tiles.ts';
import { findNetwork } from '../../nn/models/index.ts';
import type { DatasetVersion } from '../db/dataset-repository.ts';
import type { RunClass } from '../db/run-repository.ts';
import { writeFileWhole } from '../../files/durable.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { refuseGone } from '../split/split-service.ts';
import { mapInTurns } from '../turns.ts';
import { frozenProblem } from './frozen-problem.ts';
import { type MaskTruths, maskTruths } from './mask-truths.ts';
import { type LabelledMember, partsFor, refuseUnwatchable } from './parts.ts';
import { classesNow, classesOfRun } from './run-classes.ts';
import { runFolderOf } from './run-folder.ts';
import { cacheInputs } from './run-inputs.ts';
import { writeRunMasks, spacingsOf } from './run-masks.ts';
import { runTable } from './run-table.ts';
import { taskFor } from './task.ts';

export interface RecipeRequest {
  preset?: string;
  recipe?: unknown;
  set: Record<string, unknown>;
  backend?: string;
}

/**
 * What a request asks for, whatever the images.
 *
 * @param usual preset of one that names none
 * @throws ReadroomError `unknownRecipe`, `badRecipe`
 */
export function askedRecipe(request: RecipeRequest, usual = 'default'): Recipe {
  const base =
    request.recipe === undefined ? findPreset(request.preset ?? usual).recipe : parseRecipe(request.recipe);
  const settings =
    request.backend === undefined ? request.set : { ...request.set, 'backend.id': request.backend };
  return applySettings(base, settings);
}

/** The recipe that a request amounts to on this project's images. @throws ReadroomError `badRecipe`, `inputTooSmall`, … */
export function recipeFor(session: ProjectSession, request: RecipeRequest): ResolvedRecipe {
  const recipe = askedRecipe(request, presetOfTemplate(session.template));
  const resolved = resolveRecipe(recipe, {
    allGrey: session.dataset.traits().allGrey,
    cores: availableParallelism(),
    task: taskFor(session, recipe, classesNow(session)).kind,
    network: findNetwork(recipe.network.id),
  });
  // What was open may contradict what was chosen: grey pictures, say, a shift of colours.
  refuseContradictions(resolved);
  const frozen = frozenProblem(resolved);
  if (frozen !== null) throw badRecipe([frozen]);
  return resolved;
}

/**
 * Writes recipe and manifest of a run, every picture decoded once into the input cache.
 *
 * @param ahead told what is known of the training before the pictures are decoded
 * @returns what is to be known of what the run learns, a sentence each
 * @throws ReadroomError `unknownImage` of images that were taken back while the run waited, `changedSince` of drawings
 */
export async function prepareRunFolder(
  session: ProjectSession,
  run: { id: string; recipe: ResolvedRecipe; version: DatasetVersion; fold: number | null },
  pool: DecodePool,
  context: JobContext,
  ahead: (known: TrainingAhead) => void,
): Promise<string[]> {
  refuseGone(session, run.version);
  // The project's may have changed while the run waited.
  const classes = classesOfRun(session, run.id);
  const task = taskFor(session, run.recipe, classes);
  const { rerunOf } = session.runs.get(run.id);
  const stored = session.dataset.members(run.version);
  const truths =
    task.kind === 'segmentation'
      ? await maskTruths(session, { version: run.version, classes, rerunOf }, stored)
      : null;
  const learned = truths?.learned ?? null;
  const parts = partsFor(run.version, truths?.members ?? stored, run.fold, task, classes, learned);
  if (!learned) refuseUnwatchable(run.recipe, task, parts, classes);
  const members = [...parts.train, ...parts.val, ...parts.test];
  const pictures = await mapInTurns(members, ({ image }) => session.dataset.file(image));
  // By the pictures of this version alone: trained again on it, they stand as they stood, whatever came since.
  const geometry = geometryOf(run.recipe, { allGrey: pictures.every(({ channels }) => channels === 1) });
  const classNames = classes.map(({ name }) => name);
  const tiles = tilesOf(run.recipe.input);
  ahead({ recipe: run.recipe, task, geometry, trainRows: parts.train.length * tileCount(tiles) });
  const inputs = await cacheInputs(session, { pictures, geometry, pool, context });
  const folder = runFolderOf(session.folder, run.id);
  mkdirSync(folder.root, { recursive: true });
  const { masks, spacings } = await masksFor(
    session,
    { id: run.id, truths, parts, classes, geometry },
    pool,
    context,
  );
  const groups = session.dataset.groupKeys();
  const studies = session.dataset.studies();
  const table = await runTable(session, run.recipe, { parts, rerunOf });
  let next = 0;
  const rows = (part: readonly LabelledMember[]): ManifestRow[] =>
    part.map(({ image, truth }) => {
      const at = next++;
      return {
        image,
        slot: inputs.slots[at]!,
        label: masks ? at : truth,
        patient: groups.get(image) ?? image,
        study: studies.get(image) ?? null,
        ...(table && { features: table.featuresOf(image) }),
        ...(spacings.get(image) && { spacing: spacings.get(image) }),
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
    task,
    ...(table && { table: table.table }),
    ...(table?.tableId !== undefined && { clinicalTable: table.tableId }),
    ...(masks && { masks }),
    inputs: { file: path.relative(folder.root, inputs.file), geometry, ...(tiles && { tiles }) },
    rows: { train: rows(parts.train), val: rows(parts.val), test: rows(parts.test) },
  };
  await writeFileWhole(folder.recipe, JSON.stringify(run.recipe, null, 2));
  await writeFileWhole(folder.manifest, JSON.stringify(manifest));
  return [...(truths?.notes ?? []), ...(table?.note == null ? [] : [table.note])];
}

/** The masks of a segmentation, in the order of its rows, and what the pixels measure that distances are taken in. */
async function masksFor(
  session: ProjectSession,
  run: {
    id: string;
    /** Null: it learns no masks. */
    truths: MaskTruths | null;
    parts: Record<SplitPart, LabelledMember[]>;
    classes: readonly RunClass[];
    geometry: InputGeometry;
  },
  pool: DecodePool,
  context: JobContext,
): Promise<{ masks: Manifest['masks']; spacings: Map<string, ManifestRow['spacing']> }> {
  const { id, truths, parts, classes, geometry } = run;
  if (!truths) return { masks: undefined, spacings: new Map() };
  const idsOf = (part: readonly LabelledMember[]): string[] => part.map(({ image }) => image);
  const judged = [...idsOf(parts.val), ...idsOf(parts.test)];
  const images = [...idsOf(parts.train), ...judged];
  const masks = await writeRunMasks(session, id, { images, classes, geometry, truths }, context);
  const found = await spacingsOf(session, judged, geometry, { pool, context });
  return { masks, spacings: new Map(judged.map((image, at) => [image, found[at]])) };
}

/**
 * How a recipe's pictures stand in the input cache: grey ones in one channel also for a network that sees three, as
 * long as nothing is to colour them.
 */
export function geometryOf(
  { input, augmentation, transfer }: ResolvedRecipe,
  { allGrey }: { readonly allGrey: boolean },
): InputGeometry {
  // Weights that come from elsewhere may want each colour normalised otherwise.
  const isOneChannel = allGrey && augmentation.pcaColour === 0 && transfer.weights === null;
  return inputGeometry(input, isOneChannel ? 1 : input.channels);
}
