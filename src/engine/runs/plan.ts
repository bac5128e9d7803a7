import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelClass } from '../../contract/project.ts';
import type { Recipe, ResolvedRecipe } from '../../contract/recipe.ts';
import type { LayerRow, TrainingPlan } from '../../contract/run.ts';
import {
  applyWhatFits,
  decideRecipe,
  findPreset,
  parseRecipe,
  resolveRecipe,
  sizeUpTo,
} from '../../core/recipe.ts';
import { contradictions, oddities, unwatchable } from '../../core/recipe-rules.ts';
import {
  checkpointNeed,
  inputBytes,
  memoryBytes,
  parametersOf,
  type PlanFacts,
} from '../../core/training-need.ts';
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
import { classHead } from '../../nn/network.ts';
import type { LabelledCount } from '../db/evaluation-repository.ts';
import { inputFolder } from '../media/input-cache.ts';
import type { ProjectSession } from '../project/session.ts';
import { currentLeak } from '../split/split-service.ts';
import { availableMemory } from '../system/machine-memory.ts';
import { geometryOf, type RecipeRequest } from './prepare.ts';
import { requireTrainableLabels } from './trainable-labels.ts';
import { windowProblem } from './window-problem.ts';

/**
 * What a training of a recipe would be on this project's images and this machine. What stands in its way is told
 * in `problems`, a recipe's own faults included; the plan is then of the nearest recipe that could be read.
 */
export async function planOf(session: ProjectSession, request: RecipeRequest): Promise<TrainingPlan> {
  const { recipe, problems: recipeProblems } = readableRecipe(session, request);
  const classes = session.projects.classes();
  const split = await splitNow(session, classes);
  const leak = await currentLeak(session);
  const window = split.position === null ? null : await windowProblem(session, recipe, split.position);
  const network = findNetwork(recipe.network.id);
  const facts: PlanFacts = { recipe, layers: layersOf(recipe, classes.length), counts: split.counts };
  const { layers } = facts;
  const memory = { bytes: memoryBytes(facts), availableBytes: availableMemory() };
  const disk = await diskNeed(session, facts, split.images);
  const shortages = shortagesOf(facts, { memory, disk }, () => smallerTrainings(facts, classes.length));
  const { id, name, source, minimumSize } = network;
  return {
    recipe,
    network: { id, name, source, minimumSize },
    layers: [...layers],
    parameters: parametersOf(layers),
    multiplyAdds: multiplyAddsOf(layers),
    counts: split.counts,
    classes: classes.map((one) => one.name),
    stepsPerEpoch: split.counts && Math.ceil(split.counts.train / recipe.batchSize),
    memory,
    disk,
    time: trainingTime(facts, measuredSpeed(session, recipe)),
    shortages,
    problems: [
      ...labelProblems(session),
      ...recipeProblems,
      ...split.problems,
      ...(leak ? sentencesOf(leak) : []),
      ...watchProblems(recipe, split),
      ...(window ? sentencesOf(window) : []),
      ...shortages.map(({ message, hint }) => `${message} ${hint}`),
    ],
    warnings: [...oddities(recipe), ...split.warnings, ...planWarnings(facts, split.trainByClass, memory)],
  };
}

function labelProblems(session: ProjectSession): string[] {
  try {
    requireTrainableLabels(session);
    return [];
  } catch (error) {
    if (!(error instanceof ReadroomError)) throw error;
    return sentencesOf(error);
  }
}

/** Of an empty validation part the split's own problem tells. */
function watchProblems(recipe: ResolvedRecipe, { counts, valByClass }: SplitNow): string[] {
  const problem = counts !== null && counts.val > 0 ? unwatchable(recipe, valByClass) : null;
  return problem === null ? [] : [`${problem} Choose valLoss, or split again with more images.`];
}

function layersOf({ network, input }: ResolvedRecipe, classes: number): LayerRow[] {
  const { size, channels } = input;
  const { id, scale, dropout } = network;
  const head = classHead(Math.max(2, classes));
  return layerTable(findNetwork(id).build({ size, channels, scale, dropout, head }));
}

const leastScale = 0.05;

/** The same training on ever smaller inputs, then on the smallest of them with ever narrower networks. */
function* smallerTrainings({ recipe, counts }: PlanFacts, classes: number): Generator<SmallerTraining> {
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
    return { changes, facts: { recipe: changed, layers: layersOf(changed, classes), counts } };
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
  { preset = 'default', recipe: given, set, backend }: RecipeRequest,
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
  const facts = { allGrey, cores: availableParallelism(), network };
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

interface SplitNow {
  /** Of its version; null: there is none. */
  position: number | null;
  counts: TrainingPlan['counts'];
  /** Of all parts. */
  images: number;
  trainByClass: Record<string, number>;
  valByClass: Record<string, number>;
  problems: string[];
  warnings: string[];
}

/** The current split with today's labels, counted only: starting a training looks at every image. */
async function splitNow(session: ProjectSession, classes: readonly LabelClass[]): Promise<SplitNow> {
  const version = session.dataset.currentVersion();
  if (!version) {
    const problem =
      'The images are not split yet: make a split into training, validation and test parts first.';
    const empty = { position: null, counts: null, images: 0, trainByClass: {}, valByClass: {} };
    return { ...empty, problems: [problem], warnings: [] };
  }
  const counts = { train: 0, val: 0, test: 0 };
  const trainByClass = Object.fromEntries(classes.map(({ name }) => [name, 0]));
  const valByClass = { ...trainByClass };
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const elsewhere = new Set<string>();
  for (const { part, classId, images } of await labelledCounts(session, version.position)) {
    const name = names.get(classId);
    if (name === undefined) continue;
    counts[part] += images;
    if (part === 'val') valByClass[name]! += images;
    if (part === 'train') trainByClass[name]! += images;
    else elsewhere.add(name);
  }
  const problems = (['train', 'val'] as const)
    .filter((part) => counts[part] === 0)
    .map((part) => {
      const word = part === 'train' ? 'training' : 'validation';
      return `The ${word} part of the split has no labelled image: split again with more images.`;
    });
  const lacking = [...elsewhere].filter((name) => trainByClass[name] === 0);
  if (counts.train > 0 && lacking.length > 0)
    problems.push(
      `The training part has no image of class ${lacking.join(', ')}: label some there, or split again.`,
    );
  else if (counts.train > 0 && Object.values(trainByClass).filter((images) => images > 0).length < 2)
    problems.push(
      'All images of the training part are of one class: a network needs at least two. Label images of another class, then split again.',
    );
  const warnings = version.splitBy === 'image' ? ['Split by image: figures may be inflated.'] : [];
  if (counts.test === 0)
    warnings.push('The split has no test part: the model cannot be judged on unseen images.');
  const images = counts.train + counts.val + counts.test;
  return { position: version.position, counts, images, trainByClass, valByClass, problems, warnings };
}

const countedPerTurn = 10_000;

async function labelledCounts(session: ProjectSession, version: number): Promise<LabelledCount[]> {
  const all: LabelledCount[] = [];
  for (let after: string | null = ''; after !== null; await nextTurn()) {
    const { counts, next } = session.runs.labelledCounts(version, after, countedPerTurn);
    all.push(...counts);
    after = next;
  }
  return all;
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
