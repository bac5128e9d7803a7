import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { type ModelFile, modelFileSchema, runFormatVersion } from '../../contract/run-folder.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { type Network, sizeOf, weightSpecs } from '../../nn/network.ts';
import {
  floatsFromLittleEndian,
  littleEndianBytes,
  type Weights,
  weightOf,
  weightsSha256,
} from '../../nn/weights.ts';
import { writeFolderWhole } from './durable-files.ts';
import { sha256 } from './hash.ts';

const modelFile = 'model.json';
const weightsFile = 'weights.bin';

/** What a model is besides its weights. */
export type ModelFacts = Pick<ModelFile, 'network' | 'geometry' | 'normalization' | 'classes'>;

export interface StoredModel {
  readonly model: ModelFile;
  readonly network: Network;
  readonly weights: Weights;
}

/** The network that a model file or a recipe describes. @throws ReadroomError `unknownNetwork` */
export function networkOf({ network, geometry, classes }: Omit<ModelFacts, 'normalization'>): Network {
  const { size, channels } = geometry;
  const { id, scale, dropout } = network;
  return findNetwork(id).build({ size, channels, classes: classes.length, scale, dropout });
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
    normalization: facts.normalization,
    classes: facts.classes,
    weights: entries,
    weightsSha256: checksum,
  };
  await writeFolderWhole(folder, [
    { name: modelFile, pieces: [`${JSON.stringify(model, null, 2)}\n`] },
    {
      name: weightsFile,
      pieces: weightSpecs(network).map((spec) => littleEndianBytes(weightOf(weights, spec))),
    },
  ]);
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
  const bytes = await readFile(file).catch(() => {
    throw damaged(`${file} cannot be read.`);
  });
  const weights = new Map<string, Float32Array>();
  for (const { name, offset, length } of model.weights) {
    if (offset + length > bytes.length) throw damaged(`${file} ends inside the weight ${name}.`);
    // A copy: a weight must start at a multiple of four of its buffer.
    weights.set(name, floatsFromLittleEndian(new Uint8Array(bytes.subarray(offset, offset + length))));
  }
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

async function readModelFile(file: string): Promise<ModelFile> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw damaged(`${file} cannot be read.`);
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

function damaged(message: string): ReadroomError {
  return new ReadroomError(
    'badPackage',
    message,
    'Train the run again, or restore the folder from a backup.',
  );
}
