import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { modelFileSchema } from '../../contract/run-folder.ts';

const layersModelSchema = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string()) })),
});

/**
 * The file that was chosen; of a folder or a model.json all files that belong to it, model.json first.
 *
 * @throws ReadroomError `fileNotFound`, `badWeights`
 */
export async function weightFiles(chosen: string): Promise<string[]> {
  const found = await stat(chosen).catch(() => null);
  if (!found) throw new ReadroomError('fileNotFound', `There is no file ${chosen}.`, 'Choose a weight file.');
  if (!found.isDirectory() && path.basename(chosen) !== 'model.json') return [chosen];
  const folder = found.isDirectory()
    ? [path.join(chosen, 'model'), chosen].find((one) => existsSync(path.join(one, 'model.json')))
    : path.dirname(chosen);
  if (folder === undefined) {
    throw new ReadroomError(
      'badWeights',
      `${chosen} is a folder without a model.json.`,
      'Choose a weight file, or the folder of a run.',
    );
  }
  const model = path.join(folder, 'model.json');
  const named = namedFiles(jsonOf(await readFile(model, 'utf8')));
  const strange = named.find((name) => path.basename(name) !== name || name === 'model.json');
  if (strange !== undefined) {
    throw new ReadroomError(
      'badWeights',
      `${model} names "${strange}", which is no file beside it.`,
      'Put its files into the folder of model.json, and name them in it without a path.',
    );
  }
  const lacking = named.find((name) => !existsSync(path.join(folder, name)));
  if (lacking !== undefined) {
    throw new ReadroomError(
      'fileNotFound',
      `${model} names ${lacking}, which is not beside it.`,
      'Put all files of the model into one folder.',
    );
  }
  return [model, ...named.map((name) => path.join(folder, name))];
}

/** Files that a model.json names, of TensorFlow.js or of Readroom; none of what is neither. */
function namedFiles(model: unknown): string[] {
  const ofLayers = layersModelSchema.safeParse(model);
  if (ofLayers.success) return [...new Set(ofLayers.data.weightsManifest.flatMap(({ paths }) => paths))];
  return modelFileSchema.safeParse(model).success ? ['weights.bin'] : [];
}

/** Undefined for what is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
