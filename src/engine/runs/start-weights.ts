import { existsSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { InputGeometry } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { type LearningTask, taskOf } from '../../contract/learning-task.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { StartingWeights } from '../../contract/weights.ts';
import { modelFileSchema } from '../../contract/run-folder.ts';
import type { TableFeatures } from '../../contract/table-features.ts';
import type { WeightCheck, WeightTransfer } from '../../contract/weight-transfer.ts';
import { counted, listed } from '../../core/words.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import { readJson } from '../files.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import type { KeptWeights } from '../weights/kept-weights.ts';
import { readModelFile } from './predictions.ts';
import { readManifest, runFolderOf } from './run-folder.ts';
import { withCompute } from './with-compute.ts';

const ofRun = 'run:';

type Normalization = NonNullable<StartingWeights['normalization']>;

/** Weights that a recipe names, where they lie, and what pictures they were trained on. */
export interface FoundWeights {
  /** What names them for good: of a run its whole id. */
  readonly id: string;
  readonly path: string;
  readonly normalization: Normalization | null;
  readonly name: string;
  readonly generated: boolean;
  /** The run of this project that they come from; null: of none that is known here. */
  readonly run: string | null;
  /** What they say of a picture, of a run of this project; null: it is not compared. */
  readonly task: LearningTask | null;
  /** Names of the table's features that they read beside pictures; null: none, or not known. */
  readonly features: readonly string[] | null;
}

/** @throws ReadroomError `unknownWeights`, `unknownRun`, `runNotFinished` */
export async function findStartWeights(
  session: ProjectSession,
  id: string,
  keptWeights: KeptWeights,
): Promise<FoundWeights> {
  if (!id.startsWith(ofRun)) {
    const { weights, path: file } = await keptWeights.find(id);
    const { normalization, name, generated } = weights;
    return {
      ...{ id, path: file, normalization, name, generated },
      ...{ run: runOf(session, file), task: null, features: null },
    };
  }
  const run = session.runs.find(id.slice(ofRun.length));
  const folder = runFolderOf(session.folder, run);
  if (!existsSync(path.join(folder.model, 'model.json'))) {
    throw new ReadroomError(
      'runNotFinished',
      `Run ${run} has no finished model to start from.`,
      'Wait for its end, or choose other weights.',
    );
  }
  const model = readModelFile(folder);
  return {
    id: `${ofRun}${run}`,
    path: folder.model,
    normalization: model.normalization,
    name: `run ${session.runs.get(run).name}`,
    generated: readManifest(folder).generated,
    run,
    task: taskOf(model),
    features: model.table?.features ?? null,
  };
}

/** Kept weights may be a copy of what a run of this project learned. */
function runOf(session: ProjectSession, file: string): string | null {
  if (path.basename(file) !== 'model.json') return null;
  const model = modelFileSchema.safeParse(readJson(file)).data;
  return model ? session.runs.withWeights(model.weightsSha256) : null;
}

/**
 * Converts what a recipe starts from into `start/` of a prepared run folder, where the trainer begins, unless it stands.
 *
 * @returns what became of the tensors, a sentence each
 * @throws ReadroomError `unknownWeights`, `badWeights`, `wrongWeights`, `cancelled`
 */
export async function prepareStart(
  session: ProjectSession,
  run: { id: string; recipe: ResolvedRecipe },
  { spawn, keptWeights }: { spawn: SpawnWorker; keptWeights: KeptWeights },
  { signal }: JobContext,
): Promise<string[]> {
  const { transfer, seed } = run.recipe;
  const start = path.join(runFolderOf(session.folder, run.id).root, 'start');
  if (transfer.weights === null || existsSync(path.join(start, 'model.json'))) return [];
  const found = await findStartWeights(session, transfer.weights, keptWeights);
  const folder = runFolderOf(session.folder, run.id);
  const { inputs, classes, task, table: features } = readManifest(folder);
  const { report } = await withCompute(spawn, signal, (client) =>
    client.convertWeights({
      ...startOf(found, { recipe: run.recipe, geometry: inputs.geometry, classes, task, table: features }),
      seed,
      to: start,
    }),
  );
  return transferSentences(found, report);
}

/** What a training is to begin as: the manifest's facts, or those of a plan. */
export interface StartingModel {
  readonly recipe: ResolvedRecipe;
  readonly geometry: InputGeometry;
  readonly classes: string[];
  readonly task?: LearningTask | undefined;
  readonly table?: Pick<TableFeatures, 'features'> | undefined;
}

/** Which weights are to become which network's. */
export function startOf(
  found: FoundWeights,
  { recipe, geometry, classes, task, table: features }: StartingModel,
): WeightCheck {
  const { network, input, table } = recipe;
  const { id, scale, dropout } = network;
  const fusion =
    table.use === 'none' || !features
      ? null
      : { use: table.use, units: table.units, features: features.features.length };
  return {
    file: found.path,
    called: found.name,
    model: {
      network: { id, scale, dropout, ...(fusion && { table: fusion }) },
      // Of what the network sees, which may be tiles of the pictures.
      geometry: { ...geometry, size: input.size, channels: input.channels },
      normalization: normalizationFor(found.normalization, input.channels),
      classes,
      ...(task && { task }),
    },
    keepsHead:
      saysTheSame(found.task, task ?? null) &&
      (!fusion || isDeepStrictEqual(found.features, features?.features)),
  };
}

/** Whether a last layer can be taken over. That of numbers is in their own unit, and is learned in another scale. */
function saysTheSame(before: LearningTask | null, now: LearningTask | null): boolean {
  return before !== null && before.kind !== 'regression' && isDeepStrictEqual(before, now);
}

/** Of so many channels: three that are known become one by their mean, one becomes three. */
function normalizationFor(known: Normalization | null, channels: number): Normalization {
  if (known === null) return { mean: [], deviation: [] };
  const fitted = (values: readonly number[]): number[] => {
    if (values.length === channels) return [...values];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return new Array<number>(channels).fill(mean);
  };
  return { mean: fitted(known.mean), deviation: fitted(known.deviation) };
}

/** What became of the tensors, or would become of them; sentences. */
export function transferSentences(
  { name, normalization, generated }: FoundWeights,
  { taken, fresh, ignored, adapted }: WeightTransfer,
): string[] {
  const ways = new Set(adapted.map(({ how }) => how));
  return [
    `Starts from ${name}: ${counted(taken + adapted.length, 'tensor')} taken over${
      generated ? ', trained on generated pictures' : ''
    }.`,
    ...(fresh.length > 0 ? [`Begun by chance: ${listed(fresh)}.`] : []),
    ...(ignored.length > 0 ? [`Left out of the file: ${listed(ignored.map((one) => one.name))}.`] : []),
    ...(ways.has('channelsSummed')
      ? ['The first layer’s three channels were summed for grey pictures.']
      : []),
    ...(ways.has('channelsSpread') ? ['The first layer’s one channel was spread over three.'] : []),
    ...(normalization ? ['Pictures are normalised as those weights expect.'] : []),
  ];
}
