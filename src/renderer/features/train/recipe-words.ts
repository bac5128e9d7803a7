import { quantity } from '../../../core/figures.ts';
import { listed } from '../../../core/words.ts';
import type { RecipeValue, UnusedFields } from './recipe-fields.ts';
import { recipeWords } from './recipe-keys.ts';

/** A recipe's value as people read it, with its unit. */
export function recipeValueWords(key: string, value: RecipeValue): string {
  const figure = recipeFigureWords(key, value);
  const unit = recipeWords[key]?.unit;
  if (unit === undefined || typeof value !== 'number' || recipeWords[key]?.choices?.[String(value)])
    return figure;
  return `${figure}${unit === '°' ? '' : ' '}${unit}`;
}

/** A recipe's value as people read it where its unit stands beside it already. */
export function recipeFigureWords(key: string, value: RecipeValue): string {
  const words = recipeWords[key];
  if (value === null) return words?.empty ?? 'automatic';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object') return `centre ${value.center}, width ${value.width}`;
  const chosen = words?.choices?.[String(value)];
  if (chosen !== undefined) return chosen;
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : quantity(value, 4);
}

/** Which fields are not used, and why: `Not used while “Optimiser” is Adam: Momentum and Nesterov.` */
export function unusedWords(
  { because, fields }: UnusedFields,
  valueOf: (key: string) => RecipeValue,
): string {
  const causes = because.map((key) => `“${recipeWords[key]!.title}”`);
  const value = recipeValueWords(because[0]!, valueOf(because[0]!));
  const titles = fields.map(({ key }) => recipeWords[key]!.title);
  const reason = causes.length === 1 ? `${causes[0]} is ${value}` : `${listed(causes)} are 0`;
  return `Not used while ${reason}: ${listed(titles, titles.length)}.`;
}

// Keys that are words of the language too (`epochs`, `seed`) stay as they are.
const namedKeys = Object.keys(recipeWords)
  .filter((key) => /[.A-Z]/.test(key))
  .sort((a, b) => b.length - a.length);

/** A sentence of the engine with a recipe's keys by the names that the form gives them. */
export function inWords(sentence: string): string {
  const settings = sentence.replace(/--set ([\w.]+)=([\w.-]*[\w-])/g, (whole, key: string, value: string) =>
    recipeWords[key] === undefined
      ? whole
      : `“${recipeWords[key].title}” ${recipeWords[key].choices?.[value] ?? value}`,
  );
  // A sentence of a refused recipe begins with its key, where no other sentence has a word in small letters.
  const [begin] = /^[a-z]+(?= )/.exec(settings) ?? [];
  const named =
    begin === undefined || recipeWords[begin] === undefined
      ? settings
      : `“${recipeWords[begin].title}”${settings.slice(begin.length)}`;
  return namedKeys.reduce(
    (text, key) =>
      text.replace(
        // The two numbers of a window are no fields of their own.
        new RegExp(`(?<![\\w.])${key.replace('.', '\\.')}(?:\\.(center|width))?(?!\\w|\\.\\w)`, 'g'),
        (_, inner?: string) => `“${recipeWords[key]!.title}”${inner === undefined ? '' : ` ${inner}`}`,
      ),
    named,
  );
}

/** The key that a sentence is about, the most specific one first; null when it names none. */
export function keyNamedIn(sentence: string): string | null {
  const keys = Object.keys(recipeWords)
    .filter((key) => key !== 'name')
    .sort((a, b) => b.length - a.length);
  // The sentences of a refused recipe begin with their key.
  const begins = keys.find((key) => sentence.startsWith(`${key} `) || sentence.startsWith(`${key}.`));
  if (begins !== undefined) return begins;
  const places = namedKeys
    .map((key) => ({
      key,
      at: sentence.search(new RegExp(`(?<![\\w.])${key.replace('.', '\\.')}(?!\\w|\\.\\w)`)),
    }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return places[0]?.key ?? null;
}
