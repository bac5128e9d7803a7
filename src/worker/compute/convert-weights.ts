import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { WeightCheck, WeightConversion, WeightTransfer } from '../../contract/weight-transfer.ts';
import { weightSpecs } from '../../nn/network.ts';
import { badWeights } from '../../nn/readers/fault.ts';
import { openWeightFile } from '../../nn/readers/index.ts';
import type { ByteSource } from '../../nn/readers/source.ts';
import type { WeightFile } from '../../nn/readers/weight-file.ts';
import { checkTransfer, transferWeights } from '../../nn/transfer/transfer.ts';
import { type Weights, weightOf } from '../../nn/weights.ts';
import { fileProblem } from '../package/damage.ts';
import { openHdf5 } from './hdf5.ts';
import { networkOf, readModelFile, readModelFolder, writeModelFolder } from './model-folder.ts';
import { readExactly } from './read-exactly.ts';

/**
 * Writes a weight file as a model's folder, for a network that may differ in its outputs and in the picture's channels.
 * What stood at `to` stays where anything fails.
 *
 * @throws ReadroomError `badWeights`, `wrongWeights`, `badPackage` (a run's model that was altered), `fileNotFound`,
 *   `diskFull`, `permissionDenied`
 */
export async function convertWeights({
  file,
  model,
  seed,
  keepsHead,
  called,
  to,
}: WeightConversion): Promise<{ report: WeightTransfer; weightsSha256: string }> {
  const network = networkOf(model);
  const source = await openWeights(file);
  try {
    const { weights, report } = await transferWeights(network, source, {
      file: called ?? path.basename(file),
      seed,
      keepsHead,
    });
    return { report, weightsSha256: await writeModelFolder(to, model, weights) };
  } finally {
    source.close();
  }
}

/** What would become of a weight file's tensors. @throws as `convertWeights`, for what does not show in values only */
export async function checkWeights({ file, model, keepsHead, called }: WeightCheck): Promise<WeightTransfer> {
  const source = await openWeights(file);
  try {
    const of = { file: called ?? path.basename(file), keepsHead };
    return checkTransfer(networkOf(model), source, of).report;
  } finally {
    source.close();
  }
}

/** How many tensors a weight file holds. @throws as `convertWeights`, for what is no weight file */
export async function inspectWeights(file: string): Promise<{ tensors: number }> {
  const source = await openWeights(file);
  try {
    return { tensors: source.tensors.length };
  } finally {
    source.close();
  }
}

/** Opens weights of any kind that can be read; what a folder's weights are is looked for in it. */
async function openWeights(file: string): Promise<WeightFile> {
  const chosen = await weightPath(file);
  if (await isRunModel(chosen)) return runWeights(path.dirname(chosen));
  const handles: FileHandle[] = [];
  const close = (): void => handles.forEach((handle) => void handle.close());
  try {
    const bytes = await openBytes(chosen, handles);
    const beside = async (name: string): Promise<ByteSource | null> => {
      const other = path.join(path.dirname(chosen), name);
      return (await isFile(other)) ? openBytes(other, handles) : null;
    };
    const opened = await openWeightFile({ name: path.basename(chosen), bytes, beside }, openHdf5);
    return {
      ...opened,
      close: () => {
        opened.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The file itself, or of a folder the model in it. */
async function weightPath(file: string): Promise<string> {
  const found = await stat(file).catch((error: unknown) => {
    throw new ReadroomError('fileNotFound', fileProblem(file, error), 'Choose a weight file.');
  });
  if (!found.isDirectory()) return file;
  for (const inside of ['model/model.json', 'model.json', 'tfjs/model.json'])
    if (await isFile(path.join(file, inside))) return path.join(file, inside);
  throw badWeights(
    `${file} is a folder without a model.json.`,
    'Choose a weight file, or the folder of a run.',
  );
}

async function isFile(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found?.isFile() ?? false;
}

const mostModelBytes = 2 ** 24;

async function isRunModel(file: string): Promise<boolean> {
  if (path.basename(file) !== 'model.json' || (await stat(file)).size > mostModelBytes) return false;
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof json === 'object' && json !== null && 'weightsSha256' in json;
  } catch {
    return false;
  }
}

/** Weights of an earlier run: they are checked against their checksum before the first is read. */
async function runWeights(folder: string): Promise<WeightFile> {
  const network = networkOf(await readModelFile(path.join(folder, 'model.json')));
  let weights: Promise<Weights> | null = null;
  const read = (): Promise<Weights> => (weights ??= readModelFolder(folder).then((model) => model.weights));
  return {
    source: 'readroom',
    convention: 'own',
    tensors: weightSpecs(network).map((spec) => ({
      ...{ name: spec.name, shape: spec.shape, type: 'float32' },
      read: async () => weightOf(await read(), spec),
    })),
    layers: null,
    close: () => undefined,
  };
}

async function openBytes(file: string, handles: FileHandle[]): Promise<ByteSource> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw badWeights(fileProblem(file, error));
  });
  handles.push(handle);
  const { size } = await handle.stat();
  return {
    size,
    read: async (offset, length) => {
      const bytes = await readExactly(handle, offset, length);
      if (!bytes) throw badWeights(`${path.basename(file)} became shorter while it was read.`);
      return bytes;
    },
  };
}
