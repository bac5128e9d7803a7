import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import type { Recipe, ResolvedRecipe } from '../../contract/recipe.ts';
import type { LayerRow, TrainingPlan } from '../../contract/run.ts';
import type { TableFeatures } from '../../contract/table-features.ts';
import { applyWhatFits, decideRecipe, parseRecipe, resolveRecipe, sizeUpTo } from '../../core/recipe.ts';
import { findPreset, presetOfTemplate } from '../../core/recipe-presets.ts';
import { contradictions, oddities, unwatchableFor } from '../../core/recipe-rules.ts';
import {
  checkpointNeed,
  epochRows,
  inputBytes,
  memoryBytes,
  parametersOf,
  type PlanFacts,
} from '../../core/training-need.ts';
import { tilesOf, tilesSentence } from '../../core/tiles.ts';
import {
  type MeasuredSpeed,
  multiplyAddsOf,
  planWarnings,
  shortagesOf,
  type SmallerTraining,
  trainingTime,
} from '../../core/training-plan.ts';
import { layerTable } from '../../nn/layer-table.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { inputFolder } from '../media/input-cache.ts';
import type { ProjectSession } from '../project/session.ts';
import { currentLeak } from '../split/split-service.ts';
import { availableMemory } from '../system/machine-memory.ts';
import { geometryOf, type RecipeRequest } from './prepare.ts';
import { frozenProblem } from './frozen-problem.ts';
import { classesNow } from './run-classes.ts';
import { type SplitNow, splitNow } from './split-now.ts';
import { plannedTable, tableRemarks } from './run-table.ts';
import { networkFor, taskFor } from './task.ts';
import { windowProblem } from './window-problem.ts';

/**
 * What a training of a recipe would be on this project's images and this machine. What stands in its way is told
 * in `problems`, a recipe's own faults included; the plan is then of the nearest recipe that could be read.
 */
export async function planOf(
  session: ProjectSession,
  request: RecipeRequest,
): Promise<TrainingPlan & { recipe: ResolvedRecipe }> {
  const { recipe, problems: recipeProblems } = readableRecipe(session, request);
  const classes = session.projects.classes();
  const task = taskFor(session, recipe, classes);
  const split = await splitNow(session, task, classes);
  const leak = await currentLeak(session);
  const window = split.position === null ? null : await windowProblem(session, recipe, split.position);
  const network = findNetwork(recipe.network.id);
  const tabular = await tableOf(session, recipe);
  const frozen = frozenProblem(recipe);
  const layersFor = (of: ResolvedRecipe): LayerRow[] =>
    layerTable(networkFor(of, plannable(task), tabular.features));
  const facts: PlanFacts = { recipe, layers: layersFor(recipe), counts: split.counts };
  const { layers } = facts;
  const rows = epochRows(facts);
  const tiles = tilesOf(recipe.input);
  const memory = { bytes: memoryBytes(facts), availableBytes: availableMemory() };
  const disk = await diskNeed(session, facts, split.images);
  const shortages = shortagesOf(facts, { memory, disk }, () => smallerTrainings(facts, layersFor));
  const { id, name, source, minimumSize } = network;
  return {
    recipe,
    network: { id, name, source, minimumSize },
    layers: [...layers],
    parameters: parametersOf(layers),
    multiplyAdds: multiplyAddsOf(layers),
    counts: split.counts,
    classes: classes.map((one) => one.name),
    stepsPerEpoch: rows && Math.ceil(rows.train / recipe.batchSize),
    memory,
    disk,
    time: trainingTime(facts, measuredSpeed(session, recipe)),
    shortages,
    remarks: [
      ...(tiles ? [tilesSentence(tiles)] : []),
      ...tableRemarks(recipe, tabular.features, session.clinical.current() !== null),
    ],
    problems: [
      ...recipeProblems,
      ...(frozen === null ? [] : [frozen]),
      ...tabular.problems,
      ...split.problems,
      ...(leak ? sentencesOf(leak) : []),
      ...watchProblems(recipe, task, split),
      ...(window ? sentencesOf(window) : []),
      ...shortages.map(({ message, hint }) => `${message} ${hint}`),
    ],
    warnings: [...oddities(recipe), ...split.warnings, ...planWarnings(facts, split.trainByClass, memory)],
  };
}

/** Of an empty validation part the split's own problem tells. */
function watchProblems(
  recipe: ResolvedRecipe,
  { kind }: LearningTask,
  { counts, valByClass }: SplitNow,
): string[] {
  if (counts === null || counts.val === 0) return [];
  const problem = unwatchableFor(recipe, kind, { images: counts.val, byClass: valByClass });
  return problem === null ? [] : [`${problem} Choose valLoss, or split again with more images.`];
}

/** The task as it would be with as many classes as it needs, where there are fewer yet. */
export function plannable(task: LearningTask): LearningTask {
  if (task.kind === 'regression') return task;
  const least = task.kind === 'segmentation' || task.kind === 'multiLabel' ? 1 : 2;
  if (task.classes.length >= least) return task;
  return { ...task, classes: [...task.classes, '', ''].slice(0, least) };
}

async function tableOf(
  session: ProjectSession,
  recipe: ResolvedRecipe,
): Promise<{ features: TableFeatures | null; problems: string[] }> {
  try {
    return { features: await plannedTable(session, recipe), problems: [] };
  } catch (error) {
    if (!(error instanceof ReadroomError)) throw error;
    return { features: null, problems: sentencesOf(error) };
  }
}

const leastScale = 0.05;

/** The same training on ever smaller inputs, then on the smallest of them with ever narrower networks. */
function* smallerTrainings(
  { recipe, counts }: PlanFacts,
  layersFor: (recipe: ResolvedRecipe) => LayerRow[],
): Generator<SmallerTraining> {
  const network = findNetwork(recipe.network.id);
  const { size } = recipe.input;
  const smaller = (next: number, scale: number): SmallerTraining => {
    const changed = {
      ...recipe,
      input: { ...recipe.input, size: next },
      network: { ...recipe.network, scale },
    };
    const changes = {
      ...(next !== size && { 'input.size': next }),
      ...(scale !== recipe.network.scale && { 'network.scale': scale }),
    };
    return { changes, facts: { recipe: changed, layers: layersFor(changed), counts } };
  };
  const smallerThan = (edge: number): number => sizeUpTo(Math.round(edge * 0.75), network);
  let at = size;
  while (smallerThan(at) < at) {
    at = smallerThan(at);
    yield smaller(at, recipe.network.scale);
  }
  for (let scale = recipe.network.scale / 2; scale >= leastScale; scale /= 2) {
    yield smaller(size, scale);
    if (at < size) yield smaller(at, scale);
  }
}

/** The recipe of a request without what cannot be used of it, and why that cannot be used. */
function readableRecipe(
  session: ProjectSession,
  { preset = presetOfTemplate(session.template), recipe: given, set, backend }: RecipeRequest,
): { recipe: ResolvedRecipe; problems: string[] } {
  const problems: string[] = [];
  const orElse = <T>(read: () => T, fallback: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ReadroomError)) throw error;
      problems.push(...sentencesOf(error));
      return fallback();
    }
  };
  const base = orElse<Recipe>(
    () => (given === undefined ? findPreset(preset).recipe : parseRecipe(given)),
    () => findPreset('default').recipe,
  );
  const settings = backend === undefined ? set : { ...set, 'backend.id': backend };
  const { recipe, refusals } = applyWhatFits(base, settings);
  problems.push(...refusals.flatMap(sentencesOf));
  const network = findNetwork(recipe.network.id);
  const { allGrey } = session.dataset.traits();
  const task = taskFor(session, recipe, classesNow(session)).kind;
  const facts = { allGrey, cores: availableParallelism(), task, network };
  const { size } = recipe.input;
  const resolved = orElse(
    () => resolveRecipe(recipe, facts),
    () =>
      decideRecipe({ ...recipe, input: { ...recipe.input, size: size && sizeUpTo(size, network) } }, facts),
  );
  return { recipe: resolved, problems: [...new Set([...problems, ...contradictions(resolved)])] };
}

function sentencesOf({ message, hint, data }: ReadroomError): string[] {
  const { problems } = data;
  return Array.isArray(problems) ? problems.map(String) : [`${message} ${hint}`.trim()];
}

async function diskNeed(
  session: ProjectSession,
  { recipe, layers }: PlanFacts,
  images: number,
): Promise<TrainingPlan['disk']> {
  const geometry = geometryOf(recipe, session.dataset.traits());
  const prepared = path.join(inputFolder(path.join(session.folder, 'cache'), geometry), 'pixels.u8');
  const standing = existsSync(prepared) ? statSync(prepared).size : 0;
  const inputs = Math.max(0, inputBytes(geometry, images) - standing);
  const free = await statfs(session.folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
  return {
    bytes: checkpointNeed(parametersOf(layers), recipe) + inputs,
    availableBytes: free,
  };
}

/** The newest training of this kind; one of the wished backend where it matters. */
function measuredSpeed(
  session: ProjectSession,
  { network, input, backend }: ResolvedRecipe,
): MeasuredSpeed | null {
  const speeds = session.runs.measuredSpeeds({
    network: network.id,
    scale: network.scale,
    size: input.size,
    channels: input.channels,
    threads: backend.threads,
  });
  return speeds.find((speed) => backend.id === 'auto' || speed.backend === backend.id) ?? null;
}
