import type { Recipe } from '../contract/recipe.ts';
import { isRecord } from '../contract/is-record.ts';
import { unusedBecauseOf } from './recipe-relevance.ts';

/** How a value of a dotted key is said; `epochs 30` unless given. */
type WordsOf = (key: string, value: unknown) => string;

/** Says nothing of what is learned: its name, the machine, how often is saved. */
const aside = /^(formatVersion|name|backend\.|checkpoint\.|microBatchSize$)/;
/** What a recipe leaves to its network, so that it differs wherever the network does. */
const ofNetwork = new Set(['network', 'input.size', 'optimizer.learningRate']);
const tableWords = { none: 'image', only: 'table', both: 'both' } as const;
/** What a comparison is usually made against. */
const plainest: readonly string[] = ['image', 'augmentation off', 'from scratch'];

/**
 * What sets recipes apart in a word or two each, where it is one thing: what is read of the clinical table (`image`,
 * `table`, `both`), augmentation off and on, starting weights, the network, or one other key. Null for all where more
 * than one thing differs, or where two of them would be called the same.
 */
export function recipeVariants(recipes: readonly Recipe[], wordsOf: WordsOf = plainWords): (string | null)[] {
  const words = wordsFor(recipes, wordsOf) ?? [];
  const areApart = words.length === recipes.length && new Set(words).size === recipes.length;
  return areApart ? words : recipes.map(() => null);
}

/** The place of the variant that the others are usually compared with; the first one where none is plainer. */
export function plainestVariant(variants: readonly (string | null)[]): number {
  return Math.max(
    0,
    variants.findIndex((variant) => variant !== null && plainest.includes(variant)),
  );
}

const plainWords: WordsOf = (key, value) => `${key} ${String(value)}`;

function wordsFor(recipes: readonly Recipe[], wordsOf: WordsOf): string[] | null {
  const keys = differingKeys(recipes);
  const say = (key: string): string[] => recipes.map((recipe) => wordsOf(key, valueAt(recipe, key)));
  const subjects = new Set(keys.map(subjectOf));
  if (keys.includes('network.id') && [...subjects].every((subject) => ofNetwork.has(subject)))
    return say('network.id');
  if (subjects.size !== 1) return null;
  if (keys.includes('table.use')) return recipes.map(({ table }) => tableWords[table.use]);
  if (keys.includes('transfer.weights')) return recipes.map((recipe) => startOf(recipe, wordsOf));
  if (subjects.has('augmentation') && recipes.some(isPlain))
    return recipes.map((recipe) => `augmentation ${isPlain(recipe) ? 'off' : 'on'}`);
  return keys.length === 1 ? say(keys[0]!) : null;
}

/** Keys with another value in one of the recipes, but for those that none of them uses. */
function differingKeys(recipes: readonly Recipe[]): string[] {
  const flat = recipes.map((recipe) => new Map(entriesOf(recipe)));
  const keys = [...new Set(flat.flatMap((entries) => [...entries.keys()]))];
  const isUsed = (key: string): boolean =>
    flat.some(
      (entries) => unusedBecauseOf(key, (other) => (entries.get(other) ?? null) as never).length === 0,
    );
  return keys.filter(
    (key) =>
      !aside.test(key) &&
      isUsed(key) &&
      new Set(flat.map((entries) => JSON.stringify(entries.get(key) ?? null))).size > 1,
  );
}

/** Values by dotted keys; a window of values is one. */
function entriesOf(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const key = `${prefix}${name}`;
    return isRecord(inner) && key !== 'input.window' ? entriesOf(inner, `${key}.`) : [[key, inner]];
  });
}

const valueAt = (recipe: Recipe, key: string): unknown => new Map(entriesOf(recipe)).get(key) ?? null;

function subjectOf(key: string): string {
  const [group = ''] = key.split('.');
  return ['network', 'table', 'transfer', 'augmentation'].includes(group) ? group : key;
}

/** Pictures stay as they are in every epoch. */
function isPlain({ augmentation: { fill: _, ...kinds } }: Recipe): boolean {
  return Object.values(kinds).every((strength) => strength === 0 || strength === false);
}

function startOf({ transfer: { weights, frozenStages } }: Recipe, wordsOf: WordsOf): string {
  if (weights === null) return 'from scratch';
  const frozen = frozenStages === 0 ? 'none' : String(frozenStages);
  return `from ${wordsOf('transfer.weights', weights).replace(/^transfer\.weights /, '')}, ${frozen} frozen`;
}
