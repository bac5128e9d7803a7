import { mostCompared } from '../../../contract/comparison.ts';
import type { Recipe } from '../../../contract/recipe.ts';
import { recipeVariants } from '../../../core/recipe-variants.ts';
import { isSameValue, isUsed, recipeFields, type RecipeValue, valueAt } from './recipe-fields.ts';
import { recipeWords } from './recipe-keys.ts';
import { recipeValueWords } from './recipe-words.ts';

/** The runs that an address compares: `?compare=<run>,<run>`; null where it names fewer than two different ones. */
export function comparedRuns(query: unknown): readonly string[] | null {
  const runs = typeof query === 'string' ? query.split(',') : [];
  const areRuns = runs.every((run) => run !== '') && new Set(runs).size === runs.length;
  return areRuns && runs.length >= 2 && runs.length <= mostCompared ? runs : null;
}

/** Runs with one more chosen, or one less; of more than can be compared the first ones go. */
export function withChosen(chosen: readonly string[], run: string): readonly string[] {
  return chosen.includes(run)
    ? chosen.filter((other) => other !== run)
    : [...chosen, run].slice(-mostCompared);
}

interface Named {
  readonly name: string;
  readonly recipe: Recipe;
}

/** What runs are called beside each other: by what sets their recipes apart, else by name, equal ones numbered. */
export function labelsOf(runs: readonly Named[]): string[] {
  const variants = recipeVariants(
    runs.map(({ recipe }) => recipe),
    variantWords,
  );
  return runs.map(({ name }, place) => {
    const isShared = runs.filter((other) => other.name === name).length > 1;
    return variants[place] ?? (isShared ? `${name} (${place + 1})` : name);
  });
}

function variantWords(key: string, value: unknown): string {
  const words = recipeValueWords(key, value as RecipeValue);
  if (key === 'network.id' || key === 'transfer.weights') return words;
  return `${recipeWords[key]?.title ?? key}: ${words}`;
}

/** What differs between recipes, by dotted key, with each one's value; keys that none uses are left out. */
export function differingValues(
  recipes: readonly Recipe[],
): { readonly key: string; readonly values: readonly RecipeValue[] }[] {
  return recipeFields
    .filter(({ key }) => key !== 'name' && recipes.some((recipe) => isUsed(recipe, key)))
    .map(({ key }) => ({ key, values: recipes.map((recipe) => valueAt(recipe, key)) }))
    .filter(({ values }) => values.some((value) => !isSameValue(value, values[0]!)));
}
