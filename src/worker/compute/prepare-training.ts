import type { ChosenBackend } from '../../compute/index.ts';
import { chooseBackend } from '../../compute/index.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { unwatchable } from '../../core/recipe-rules.ts';
import { datasetNormalization, unitNormalization } from '../../nn/batches.ts';
import type { Checkpoint } from '../../nn/checkpoint.ts';
import { balancedClassWeights } from '../../nn/loss.ts';
import type { Network } from '../../nn/network.ts';
import type { Normalization } from '../../nn/normalization.ts';
import { type PrincipalColours, principalColours } from '../../nn/principal-colours.ts';
import { checkPictures, openInputs, type OpenInputs } from './inputs.ts';
import { type ModelFacts, networkOf } from './model-folder.ts';
import type { RunFiles } from './run-files.ts';

/** Pictures that are looked at together for the facts of all. */
const surveyBatch = 64;

/** What a training works with, besides its state. */
export interface PreparedTraining {
  readonly files: RunFiles;
  readonly backend: ChosenBackend['backend'];
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
  const { mean, deviation } =
    known ??
    (kind === 'unit'
      ? unitNormalization(channels)
      : await datasetNormalization(train, channels, surveyBatch));
  const { id, scale, dropout } = recipe.network;
  const facts: ModelFacts = {
    network: { id, scale, dropout },
    geometry: manifest.inputs.geometry,
    normalization: { mean: [...mean], deviation: [...deviation] },
    classes: manifest.classes,
  };
  const labels = manifest.rows.train.map(({ label }) => label);
  return {
    facts,
    network: networkOf(facts),
    colour:
      recipe.augmentation.pcaColour > 0 && channels === 3 ? await principalColours(train, surveyBatch) : null,
    classWeights:
      recipe.classWeights === 'none' ? null : balancedClassWeights(labels, manifest.classes.length),
  };
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
