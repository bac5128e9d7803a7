import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { type ModelPackage, modelPackageSchema } from '../../contract/package.ts';
import { fileProblem, reasonOf } from './damage.ts';

/** The parts of `readroom.json` that prediction needs. */
const neededSchema = modelPackageSchema.pick({
  formatVersion: true,
  formats: true,
  task: true,
  input: true,
  table: true,
  tiles: true,
  preprocessing: true,
  classes: true,
  examples: true,
});
export type PackageFacts = Pick<ModelPackage, keyof typeof neededSchema.shape>;

/** Reads a package's `readroom.json`. @throws ReadroomError `badPackage` with a sentence of what is wrong */
export async function readPackage(folder: string): Promise<PackageFacts> {
  const fileName = 'readroom.json';
  const text = await readFile(join(folder, fileName), 'utf8').catch((error: unknown) => {
    throw damaged(fileProblem(fileName, error));
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(`${fileName} is not JSON: ${reasonOf(error)}`);
  }
  const parsed = neededSchema.safeParse(json);
  if (!parsed.success) {
    throw damaged(
      `${fileName} is not a model package's: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`,
    );
  }
  return parsed.data;
}

function damaged(message: string): ReadroomError {
  return new ReadroomError('badPackage', message, 'Export the package again.');
}
