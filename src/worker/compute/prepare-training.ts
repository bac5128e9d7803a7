import type { LoadedBackend } from '../../compute/backend.ts';
import { chooseBackend } from '../../compute/index.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import type { TrainingAhead } from '../../contract/workers.ts';
import { microBatchOf } from '../../core/micro-batch.ts';
import { unwatchable } from '../../core/recipe-rules.ts';
import { datasetNormalization, unitNormalization } from '../../nn/batches.ts';
import type { Checkpoint } from '../../nn/checkpoint.ts';
import { balancedClassWeights } from '../../nn/loss.ts';
import type { Network } from '../../nn/network.ts';
import { type Normalization, repeatedNormalization } from '../../nn/normalization.ts';
import { type PrincipalColours, principalColours } from '../../nn/principal-colours.ts';
import { stepOptions, type StepOptions, type TrainingStep } from '../../nn/step.ts';
import { initialWeights } from '../../nn/weights.ts';
import { beginState } from './begin-state.ts';
import { checkPictures, openInputs, type OpenInputs } from './inputs.ts';
import { type ModelFacts, networkOf } from './model-folder.ts';
import { resolvedRecipeSchema, type RunFiles } from './run-files.ts';

/** Pictures that are looked at together for the facts of all. */
const surveyBatch = 64;

/** What a training works with, besides its state. */
export interface PreparedTraining {
  readonly files: RunFiles;
  readonly backend: LoadedBackend;
  /** Backends that were passed over and why, and what the chosen one lacks; sentences. */
  readonly notes: readonly string[];
  /** Open; `close` closes them. */
  readonly inputs: OpenInputs;
  close(): Promise<void>;
}

/**
 * Loads the backend and opens the pictures.
 *
 * @throws ReadroomError what the recipe, the backend or the input cache is refused for
 */
export async function prepareTraining(files: RunFiles): Promise<PreparedTraining> {
  const { recipe, manifest } = files;
  refuseUnwatchable(files);
  const { backend, passedOver } = await chooseBackend(recipe.backend.id, { threads: recipe.backend.threads });
  const inputs = await openInputs(files.inputsFile, manifest.inputs.geometry);
  try {
    await checkPictures(files.inputsFile, [...manifest.rows.train, ...manifest.rows.val]);
  } catch (error) {
    await inputs.close();
    throw error;
  }
  const { drawback } = backend;
  const notes = [
    ...passedOver.map(({ id, reason }) => `Not computing with ${id}: ${reason}`),
    ...(drawback ? [`${drawback.reason} ${drawback.remedy}`] : []),
  ];
  return { files, backend, notes, inputs, close: () => inputs.close() };
}

/** The engine has looked before; a folder that came by itself has not been looked at. */
function refuseUnwatchable({ recipe, manifest: { classes, rows } }: RunFiles): void {
  const imagesOf = (label: number): number => rows.val.filter((row) => row.label === label).length;
  const problem = unwatchable(
    recipe,
    Object.fromEntries(classes.map((name, label) => [name, imagesOf(label)])),
  );
  if (problem)
    throw new ReadroomError(
      'classMissingFromSplit',
      problem,
      'Choose valLoss as earlyStopping.monitor, or make the split again.',
    );
}

/** What a network is given of its training images, and the network. */
export interface TrainingFacts {
  readonly facts: ModelFacts;
  readonly network: Network;
  readonly colour: PrincipalColours | null;
  readonly classWeights: readonly number[] | null;
}

/** @param known of a checkpoint, so that a resumed run need not look at all images again */
export async function trainingFacts(
  { files, inputs }: PreparedTraining,
  known: Normalization | null,
): Promise<TrainingFacts> {
  const { recipe, manifest } = files;
  const train = inputs.source(manifest.rows.train);
  const { channels, normalization: kind } = recipe.input;
  const { geometry } = manifest.inputs;
  const normalization =
    known ??
    (kind === 'unit'
      ? unitNormalization(channels)
      : repeatedNormalization(await datasetNormalization(train, geometry.channels, surveyBatch), channels));
  const facts = modelFacts(recipe, { classes: manifest.classes, geometry, normalization });
  const labels = manifest.rows.train.map(({ label }) => label);
  return {
    facts,
    network: networkOf(facts),
    colour: shiftsColour(recipe, geometry) ? await principalColours(train, surveyBatch) : null,
    classWeights:
      recipe.classWeights === 'none' ? null : balancedClassWeights(labels, manifest.classes.length),
  };
}

/** @param known its geometry is that of the input cache, whose pictures may have fewer channels than the network */
function modelFacts(
  { network: { id, scale, dropout }, input }: ResolvedRecipe,
  known: { geometry: InputGeometry; normalization: Normalization; classes: string[] },
): ModelFacts {
  const { geometry, normalization, classes } = known;
  return {
    network: { id, scale, dropout },
    geometry: { ...geometry, channels: input.channels },
    normalization: { mean: [...normalization.mean], deviation: [...normalization.deviation] },
    classes,
  };
}

const shiftsColour = ({ augmentation }: ResolvedRecipe, { channels }: InputGeometry): boolean =>
  augmentation.pcaColour > 0 && channels === 3;

/** What the step of a training is made with. */
export function stepOptionsOf(
  recipe: ResolvedRecipe,
  { facts, network, colour, classWeights }: TrainingFacts,
  { geometry, trainRows }: Pick<TrainingAhead, 'geometry' | 'trainRows'>,
): StepOptions {
  const pictureChannels = geometry.channels;
  const { normalization } = facts;
  return stepOptions(recipe, { network, pictureChannels, normalization, colour, classWeights, trainRows });
}

/** A step that was made before the pictures were there, with the weights that a training starts from. */
export interface StepAhead {
  readonly backend: LoadedBackend;
  readonly options: StepOptions;
  readonly step: TrainingStep;
}

/**
 * Loads the backend, and makes the step where nothing of it is taken from the pictures or their labels.
 *
 * @throws what the training would meet as well
 */
export async function prepareAhead(of: TrainingAhead): Promise<StepAhead | null> {
  const { classes, geometry } = of;
  const given = resolvedRecipeSchema.parse(of.recipe);
  // Memory has not run out in a training that has not begun.
  const recipe = { ...given, microBatchSize: microBatchOf(given, null) };
  const { backend } = await chooseBackend(recipe.backend.id, { threads: recipe.backend.threads });
  const { channels, normalization: kind } = recipe.input;
  if (kind !== 'unit' || recipe.classWeights !== 'none' || shiftsColour(recipe, geometry)) return null;
  const facts = modelFacts(recipe, { geometry, normalization: unitNormalization(channels), classes });
  const network = networkOf(facts);
  const options = stepOptionsOf(recipe, { facts, network, colour: null, classWeights: null }, of);
  const step = backend.createStep(options);
  try {
    beginState(step, () => initialWeights(network, recipe.seed));
  } catch (error) {
    step.dispose();
    throw error;
  }
  return { backend, options, step };
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
