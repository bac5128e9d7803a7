import type { Recipe } from '../../../contract/recipe.ts';
import { freeName } from './run-pace.ts';

const uses = [
  { use: 'none', word: 'image' },
  { use: 'only', word: 'table' },
  { use: 'both', word: 'image and table' },
] as const;

/** One recipe on the image, on the clinical table and on both; all else is the same, the seed too. */
export function ablations(
  recipe: Recipe,
  name: string,
  taken: readonly string[],
): { readonly name: string; readonly recipe: Recipe }[] {
  return uses.map(({ use, word }) => ({
    name: freeName(`${name}, ${word}`, taken),
    recipe: { ...recipe, table: { ...recipe.table, use } },
  }));
}
