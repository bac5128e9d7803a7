import { setImmediate as nextTurn } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { inputWindow } from '../../core/value-windows.ts';
import { counted } from '../../core/words.ts';
import type { DatasetVersion } from '../db/dataset-repository.ts';
import type { ProjectSession } from '../project/session.ts';

/** Some milliseconds. */
const imagesPerTurn = 1000;

/**
 * Why a recipe's window of values cannot be laid on the labelled images of a dataset version, as `badRecipe`; null when
 * nothing is known against it. What only the files themselves say, preparing them finds.
 */
export async function windowProblem(
  session: ProjectSession,
  { input }: Pick<Recipe, 'input'>,
  position: number,
): Promise<ReadroomError | null> {
  const window = inputWindow(input);
  if (typeof window !== 'object') return null;
  const inHounsfield = window.unit === 'HU';
  let images = 0;
  for (let after: string | null = ''; after !== null; await nextTurn()) {
    const page = session.runs.withoutValues({ position, inHounsfield }, after, imagesPerTurn);
    images += page.images;
    after = page.next;
  }
  if (images === 0) return null;
  const those = counted(images, 'image');
  const problem =
    typeof input.window === 'string'
      ? `input.window is ${input.window}, which is in Hounsfield units, but ${those} of the split ${images === 1 ? 'is' : 'are'} no CT in DICOM.`
      : `input.window is a window of values, but ${those} of the split ${images === 1 ? 'has' : 'have'} none: only grey DICOM and NIfTI pictures do.`;
  const hint = 'Use --set input.window=file or --set input.window=full.';
  return new ReadroomError('badRecipe', problem, hint, { problems: [`${problem} ${hint}`], images });
}

/** @throws ReadroomError `badRecipe` as `windowProblem` has it */
export async function refuseUnfitWindow(
  session: ProjectSession,
  recipe: Pick<Recipe, 'input'>,
  { position }: DatasetVersion,
): Promise<void> {
  const problem = await windowProblem(session, recipe, position);
  if (problem) throw problem;
}
