import { open, readFile } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { taskOf } from '../../contract/learning-task.ts';
import { type ModelFile, modelFileSchema, runFormatVersion } from '../../contract/run-folder.ts';
import { describedNetwork } from '../../nn/described-network.ts';
import { type Network, sizeOf, weightSpecs } from '../../nn/network.ts';
import {
  floatsFromLittleEndian,
  littleEndianBytes,
  type Weights,
  weightOf,
  weightsSha256,
} from '../../nn/weights.ts';
import { fileProblem } from '../package/damage.ts';
import { writeFiles } from './folder-files.ts';
import { sha256 } from './hash.ts';
import { readExactly } from './read-exactly.ts';

const modelFile = 'model.json';
const weightsFile = 'weights.bin';

/** What a model is besides its weights. */
export type ModelFacts = Pick<
  ModelFile,
  'network' | 'geometry' | 'tiles' | 'normalization' | 'classes' | 'task' | 'table' | 'generated'
>;

export interface StoredModel {
  readonly model: ModelFile;
  readonly network: Network;
  readonly weights: Weights;
}

/** The network that a model file or a recipe describes. @throws ReadroomError `unknownNetwork` */
export function networkOf(facts: Omit<ModelFacts, 'normalization'>): Network {
  return describedNetwork(facts.network, facts.geometry, taskOf(facts));
}

/**
 * Writes `model.json` and `weights.bin` into `folder`, replacing what stood there, durably.
 *
 * @returns the weights' checksum
 */
export async function writeModelFolder(folder: string, facts: ModelFacts, weights: Weights): Promise<string> {
  const network = networkOf(facts);
  let offset = 0;
  const entries = weightSpecs(network).map((spec) => {
    const length = sizeOf(spec.shape) * 4;
    const entry = { name: spec.name, shape: [...spec.shape], offset, length };
    offset += length;
    return entry;
  });
  const checksum = weightsSha256(network, weights, sha256);
  const model: ModelFile = {
    formatVersion: runFormatVersion,
    network: facts.network,
    geometry: facts.geometry,
    ...(facts.tiles && { tiles: facts.tiles }),
    normalization: facts.normalization,
    classes: facts.classes,
    ...(facts.task && { task: facts.task }),
    ...(facts.table && { table: facts.table }),
    ...(facts.generated !== undefined && { generated: facts.generated }),
    weights: entries,
    weightsSha256: checksum,
  };
  await writeFiles(folder, {
    [modelFile]: `${JSON.stringify(model, null, 2)}\n`,
    [weightsFile]: weightSpecs(network).map((spec) => littleEndianBytes(weightOf(weights, spec))),
  });
  return checksum;
}

/**
 * Reads a model and checks that its weights are those it was written with.
 *
 * @throws ReadroomError `badPackage` when a file is missing, of another format version, or altered
 */
export async function readModelFolder(folder: string): Promise<StoredModel> {
  const model = await readModelFile(path.join(folder, modelFile));
  const network = networkOf(model);
  const file = path.join(folder, weightsFile);
  const weights = await readWeights(file, model);
  let checksum: string;
  try {
    checksum = weightsSha256(network, weights, sha256);
  } catch (error) {
    throw damaged(
      `${file} does not fit the network: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  if (checksum !== model.weightsSha256)
    throw damaged(`The weights in ${file} are not those that were written.`);
  return { model, network, weights };
}

async function readWeights(file: string, model: ModelFile): Promise<Map<string, Float32Array>> {
  const weights = new Map<string, Float32Array>();
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      for (const { name, offset, length } of model.weights) {
        const bytes = offset + length <= size ? await readExactly(handle, offset, length) : null;
        if (bytes === null) throw damaged(`${file} ends inside the weight ${name}.`);
        weights.set(name, floatsFromLittleEndian(bytes));
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  return weights;
}

/** Reads what a model is besides its weights. @throws ReadroomError `badPackage` as `readModelFolder` */
export async function readModelFile(file: string): Promise<ModelFile> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(`${file} is not JSON.`);
  }
  const parsed = modelFileSchema.safeParse(json);
  if (!parsed.success) throw damaged(`${file} is not a model file of this version of Readroom.`);
  return parsed.data;
}

/** What the system says of a file is told as it is; anything else, memory that ran out say, is not the file's fault. */
function unreadable(file: string, error: unknown): unknown {
  const ofSystem = error instanceof Error && 'syscall' in error;
  return ofSystem ? damaged(fileProblem(file, error)) : error;
}

function damaged(message: string): ReadroomError {
  return new ReadroomError(
    'badPackage',
    message,
    'Train the run again, or restore the folder from a backup.',
  );
}
