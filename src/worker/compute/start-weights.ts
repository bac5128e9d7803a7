import path from 'node:path';

import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { Normalization } from '../../nn/normalization.ts';
import type { Weights } from '../../nn/weights.ts';
import { readModelFolder } from './model-folder.ts';

/** What a run begins with in place of chance. */
export interface StartWeights {
  readonly weights: Weights;
  /** That the weights were trained with; null: not known. */
  readonly normalization: Normalization | null;
}

/**
 * `start/` of a run folder; null for a recipe that starts from scratch.
 * @throws ReadroomError `badPackage` when it is missing or altered
 */
export async function readStart(
  runFolder: string,
  { transfer }: Pick<ResolvedRecipe, 'transfer'>,
): Promise<StartWeights | null> {
  if (transfer.weights === null) return null;
  const { model, weights } = await readModelFolder(path.join(runFolder, 'start'));
  return { weights, normalization: model.normalization.mean.length === 0 ? null : model.normalization };
}
