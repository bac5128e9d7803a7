import type { LoadedBackend } from '../../compute/backend.ts';
import { chooseBackend } from '../../compute/index.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import { classesOf, classOf, type LearningTask, type Truth } from '../../contract/learning-task.ts';
import type { ManifestRow } from '../../contract/run-folder.ts';
import type { TrainingAhead } from '../../contract/workers.ts';
import { microBatchOf } from '../../core/micro-batch.ts';
import { unwatchableFor } from '../../core/recipe-rules.ts';
import { tilesOf } from '../../core/tiles.ts';
import { datasetNormalization, stepsPerEpoch, unitNormalization } from '../../nn/batches.ts';
import type { Checkpoint } from '../../nn/checkpoint.ts';
import type { Network } from '../../nn/network.ts';
import { type Normalization, repeatedNormalization } from '../../nn/normalization.ts';
import { type PrincipalColours, principalColours } from '../../nn/principal-colours.ts';
import { stepOptions, type StepOptions, type TrainingStep } from '../../nn/step.ts';
import { layerRates, layerStarts } from '../../nn/stages.ts';
import { rulesOf } from '../../nn/tasks/index.ts';
import type { TaskRules } from '../../nn/tasks/rules.ts';
import { initialWeights } from '../../nn/weights.ts';
import { beginState } from './begin-state.ts';
import { checkPictures, openInputs, type OpenInputs } from './inputs.ts';
import { type ModelFacts, networkOf } from './model-folder.ts';
import type { PictureFile } from './picture-file.ts';
import { resolvedRecipeSchema, type RunFiles } from './run-files.ts';
import { openRunTask, type RunTask, trainingTruths } from './run-task.ts';
import { readStart, type StartWeights } from './start-weights.ts';

/** Pictures or tiles that are looked at together for the facts of all. */
const surveyBatch = 64;

/** What a training works with, besides its state. */
export interface PreparedTraining {
  readonly files: RunFiles;
  readonly backend: LoadedBackend;
  /** Backends that were passed over and why, and what the chosen one lacks; sentences. */
  readonly notes: readonly string[];
  /** Open; `close` closes them. */
  readonly inputs: OpenInputs;
  readonly learning: RunTask;
  /** Null: it starts from scratch. */
  readonly start: StartWeights | null;
  close(): Promise<void>;
}

/**
 * Loads the backend and opens the pictures.
 *
 * @throws ReadroomError what the recipe, the backend or the input cache is refused for
 */
export async function prepareTraining(files: RunFiles): Promise<PreparedTraining> {
  const { recipe, manifest } = files;
  const { backend, passedOver } = await chooseBackend(recipe.backend.id, { threads: recipe.backend.threads });
  const { geometry, tiles } = manifest.inputs;
  const inputs = await openInputs(files.inputsFile, geometry, tiles);
  let learning: RunTask;
  let start: StartWeights | null;
  try {
    start = await readStart(files.runFolder, recipe);
    await checkPictures(files.inputsFile, [...manifest.rows.train, ...manifest.rows.val]);
    learning = await openRunTask(files.runFolder, manifest);
    await refuseUnwatchable(files, learning).catch(async (error: unknown) => {
      await learning.close();
      throw error;
    });
  } catch (error) {
    await inputs.close();
    throw error;
  }
  const { drawback } = backend;
  const notes = [
    ...passedOver.map(({ id, reason }) => `Not computing with ${id}: ${reason}`),
    ...(drawback ? [`${drawback.reason} ${drawback.remedy}`] : []),
  ];
  const close = async (): Promise<void> => {
    await learning.close();
    await inputs.close();
  };
  return { files, backend, notes, inputs, learning, start, close };
}

/** The engine has looked before; a folder that came by itself has not been looked at. */
async function refuseUnwatchable({ recipe, manifest }: RunFiles, { task, masks }: RunTask): Promise<void> {
  const { val } = manifest.rows;
  const shown = masks
    ? (index: number): Promise<number> => firstDrawn(masks, val, index + 1)
    : (index: number): number => val.filter(({ label }) => isShown(label, index)).length;
  const byClass: Record<string, number> = {};
  for (const [index, name] of classesOf(task).entries()) byClass[name] = await shown(index);
  const problem = unwatchableFor(recipe, task.kind, { images: val.length, byClass });
  if (problem)
    throw new ReadroomError(
      'classMissingFromSplit',
      problem,
      'Choose valLoss as earlyStopping.monitor, or make the split again.',
    );
}

const isShown = (label: Truth, index: number): boolean =>
  typeof label === 'number' ? label === index : label.includes(index);

/** 1 where a mask has the class, else 0: one is enough to tell an epoch by. */
async function firstDrawn(masks: PictureFile, rows: readonly ManifestRow[], value: number): Promise<number> {
  for (const { label } of rows) if ((await masks.readWhole([classOf(label)])).includes(value)) return 1;
  return 0;
}

/** What a network is given of its training images, and the network. */
export interface TrainingFacts {
  readonly facts: ModelFacts;
  readonly network: Network;
  readonly rules: TaskRules;
  readonly colour: PrincipalColours | null;
  readonly classWeights: readonly number[] | null;
}

/** @param known of a checkpoint, so that a resumed run need not look at all images again */
export async function trainingFacts(
  { files, inputs, learning, start }: PreparedTraining,
  known: Normalization | null,
): Promise<TrainingFacts> {
  const { recipe, manifest } = files;
  const { rules, truths } = learning;
  const train = inputs.source(manifest.rows.train, truths);
  const { channels, normalization: kind } = recipe.input;
  const { geometry, tiles } = manifest.inputs;
  const normalization =
    known ??
    start?.normalization ??
    (kind === 'unit'
      ? unitNormalization(channels)
      : repeatedNormalization(await datasetNormalization(train, geometry.channels, surveyBatch), channels));
  const facts = modelFacts(recipe, { ...manifest, task: learning.task, geometry, tiles, normalization });
  return {
    facts,
    network: networkOf(facts),
    rules,
    colour: shiftsColour(recipe, geometry) ? await principalColours(train, surveyBatch) : null,
    classWeights:
      recipe.classWeights === 'none'
        ? null
        : await rules.balancedWeights(trainingTruths(manifest, learning, surveyBatch)),
  };
}

/**
 * @param known its geometry is that of the input cache, whose pictures may have fewer channels than the network, and may be
 * cut into tiles for it
 */
function modelFacts(
  { network: { id, scale, dropout }, input, table: { use, units } }: ResolvedRecipe,
  known: Pick<ModelFacts, 'geometry' | 'tiles' | 'classes' | 'table' | 'generated'> & {
    task: LearningTask;
    normalization: Normalization;
  },
): ModelFacts {
  const { geometry, tiles, normalization, classes, task, table, generated } = known;
  const fusion = use === 'none' || !table ? null : { use, units, features: table.features.length };
  return {
    network: { id, scale, dropout, ...(fusion && { table: fusion }) },
    geometry: { ...geometry, size: tiles?.edge ?? geometry.size, channels: input.channels },
    ...(tiles && { tiles }),
    normalization: { mean: [...normalization.mean], deviation: [...normalization.deviation] },
    classes,
    task,
    ...(fusion && table && { table }),
    ...(generated !== undefined && { generated }),
  };
}

const shiftsColour = ({ augmentation }: ResolvedRecipe, { channels }: InputGeometry): boolean =>
  augmentation.pcaColour > 0 && channels === 3;

/** What the step of a training is made with, where so many stages are frozen. */
export function stepOptionsOf(
  recipe: ResolvedRecipe,
  { facts, network, rules, colour, classWeights }: TrainingFacts,
  { geometry, trainRows }: Pick<TrainingAhead, 'geometry' | 'trainRows'>,
  frozenStages = 0,
): StepOptions {
  const pictureChannels = geometry.channels;
  const { normalization } = facts;
  return stepOptions(recipe, {
    ...{ network, rules, pictureChannels, normalization, colour, classWeights, trainRows },
    layerRates: layerRates(network, recipe.transfer, frozenStages),
    layerStarts: layerStarts(network, recipe.transfer, stepsPerEpoch(trainRows, recipe.batchSize)),
  });
}

/** A step that was made before the pictures were there, with the weights that a training starts from. */
export interface StepAhead {
  readonly backend: LoadedBackend;
  readonly task: LearningTask;
  readonly options: StepOptions;
  readonly step: TrainingStep;
}

/**
 * Loads the backend, and makes the step where nothing of it is taken from the pictures or their labels.
 *
 * @throws what the training would meet as well
 */
export async function prepareAhead(of: TrainingAhead): Promise<StepAhead | null> {
  const { task, geometry } = of;
  const given = resolvedRecipeSchema.parse(of.recipe);
  // Memory has not run out in a training that has not begun.
  const recipe = { ...given, microBatchSize: microBatchOf(given, null) };
  const { backend } = await chooseBackend(recipe.backend.id, { threads: recipe.backend.threads });
  const { channels, normalization: kind } = recipe.input;
  const isOwn = recipe.transfer.weights === null && recipe.table.use === 'none';
  if (!isOwn || kind !== 'unit' || recipe.classWeights !== 'none' || shiftsColour(recipe, geometry))
    return null;
  const normalization = unitNormalization(channels);
  const tiles = tilesOf(recipe.input);
  const facts = modelFacts(recipe, {
    ...{ geometry, normalization, task, classes: [...classesOf(task)] },
    ...(tiles && { tiles }),
  });
  const network = networkOf(facts);
  const rules = rulesOf(task, { size: recipe.input.size, tiles });
  const options = stepOptionsOf(recipe, { facts, network, rules, colour: null, classWeights: null }, of);
  const step = backend.createStep(options);
  try {
    beginState(step, () => initialWeights(network, recipe.seed));
  } catch (error) {
    step.dispose();
    throw error;
  }
  return { backend, task, options, step };
}

/** @throws ReadroomError `backendUnavailable` when a resumed run would go on with other sums */
export function checkSameBackend(
  began: Checkpoint['computedWith'],
  now: { readonly id: string; readonly threads: number },
): void {
  if (began.backend === now.id && began.threads === now.threads) return;
  const say = (backend: string, threads: number): string =>
    `${backend} with ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  throw new ReadroomError(
    'backendUnavailable',
    `The run was begun on ${say(began.backend, began.threads)}; this would go on with ${say(now.id, now.threads)}, ` +
      'which gives other weights.',
    `Start a new run, or resume where ${began.backend} answers: the doctor command tells what is missing.`,
  );
}
