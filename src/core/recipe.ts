import type { z } from 'zod';

import { ReadroomError } from '../contract/errors.ts';
import { isRecord } from '../contract/is-record.ts';
import type { LearningTaskKind } from '../contract/learning-task.ts';
import { type Recipe, type ResolvedRecipe, recipeSchema } from '../contract/recipe.ts';
import { taskContradictions, usualLoss } from './learning-task.ts';
import { nearestName } from './nearest-name.ts';
import { contradictions } from './recipe-rules.ts';
import { oneOf } from './words.ts';

/** What a recipe's nulls are decided from. */
export interface RecipeFacts {
  /** Whether every image of the dataset is grey. */
  readonly allGrey: boolean;
  /** Cores of this machine. */
  readonly cores: number;
  /** What its network learns of the project's labels. */
  readonly task: LearningTaskKind;
  readonly network: SizesOfNetwork & {
    readonly defaultSize: number;
    defaults(scale: number): { readonly dropout: number; readonly learningRate: number };
  };
}

/** Which input sizes a network takes: multiples of the step, from the least on. */
export interface SizesOfNetwork {
  readonly minimumSize: number;
  readonly sizeStep: number;
}

/** The largest size up to this one that a network takes; below its least one, that. */
export function sizeUpTo(size: number, { minimumSize, sizeStep }: SizesOfNetwork): number {
  const least = Math.ceil(minimumSize / sizeStep) * sizeStep;
  return Math.max(least, Math.floor(size / sizeStep) * sizeStep);
}

/** What a network's rate, which is Adam's, is multiplied by. Momentum adds RMSprop's steps up to 1 / (1 − momentum) times one. */
function rateFactor({ id, momentum }: Recipe['optimizer']): number {
  if (id === 'sgd') return 10;
  return id === 'rmsprop' ? 1 - momentum : 1;
}

/** A complete recipe from what a user wrote. @throws ReadroomError `badRecipe` with a sentence for each problem. */
export function parseRecipe(input: unknown): Recipe {
  const recipe = readRecipe(input);
  refuseContradictions(recipe);
  return recipe;
}

/** Each value by itself is allowed; whether they go together is not looked at. */
function readRecipe(input: unknown): Recipe {
  const parsed = recipeSchema.safeParse(input);
  if (parsed.success) return withoutUsualWindow(parsed.data);
  throw badRecipe(parsed.error.issues.flatMap((issue) => describe(issue, input)));
}

/** The usual window is written by leaving it out: a recipe reads the same as before there was a choice. */
function withoutUsualWindow(recipe: Recipe): Recipe {
  const { window, ...input } = recipe.input;
  return window === 'file' ? { ...recipe, input } : recipe;
}

/** A recipe with these faults, a sentence each that begins with the key. */
export function badRecipe(problems: readonly string[]): ReadroomError {
  return new ReadroomError(
    'badRecipe',
    `The recipe is not valid: ${problems.join(' ')}`,
    'Correct these keys; a key left out takes its default.',
    { problems },
  );
}

/** @throws ReadroomError `badRecipe` for keys that contradict each other, with a sentence for each pair */
export function refuseContradictions(recipe: Recipe): void {
  const problems = contradictions(recipe);
  if (problems.length > 0) throw badRecipe(problems);
}

/**
 * A recipe with dotted keys replaced: `{ 'network.scale': 0.25, epochs: '5' }`. Texts are read as numbers,
 * `true`, `false` or `null` where they are such and the key does not take text.
 *
 * @throws ReadroomError `badRecipe`: unknown key (with the nearest known one) or impossible value.
 */
export function applySettings(recipe: Recipe, settings: Readonly<Record<string, unknown>>): Recipe {
  const changed = withSettings(recipe, settings);
  refuseContradictions(changed);
  return changed;
}

function withSettings(recipe: Recipe, settings: Readonly<Record<string, unknown>>): Recipe {
  const changed: Record<string, unknown> = { ...recipe };
  const known = dottedKeys(recipe);
  for (const [key, value] of Object.entries(settings)) {
    if (!known.has(key)) throw unknownKey(key, [...known.keys()]);
    const read = typeof known.get(key) === 'string' ? asText(value) : readText(value);
    setAt(changed, key.split('.'), read);
  }
  return readRecipe(changed);
}

/** Objects on the way are copied; where there was a plain value, as the name of a window, an object takes its place. */
function setAt(holder: Record<string, unknown>, [name, ...inner]: readonly string[], value: unknown): void {
  if (inner.length === 0) {
    holder[name!] = value;
    return;
  }
  const before = holder[name!];
  const copy = isRecord(before) ? { ...before } : {};
  setAt(copy, inner, value);
  holder[name!] = copy;
}

/**
 * As `applySettings`, leaving out what cannot be set, with the refusals: for a form that is being filled in.
 * Whether the values go together is not looked at: ask `contradictions` once the recipe is resolved.
 */
export function applyWhatFits(
  recipe: Recipe,
  settings: Readonly<Record<string, unknown>>,
): { recipe: Recipe; refusals: ReadroomError[] } {
  const refusals: ReadroomError[] = [];
  let changed = recipe;
  for (const together of settingsTogether(settings)) {
    try {
      changed = withSettings(changed, together);
    } catch (error) {
      if (!(error instanceof ReadroomError)) throw error;
      refusals.push(error);
    }
  }
  return { recipe: changed, refusals };
}

/** One setting each, but for those of one window: its center without its width is none. */
function settingsTogether(settings: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const byKey = new Map<string, Record<string, unknown>>();
  for (const [key, value] of Object.entries(settings)) {
    const owner = key.startsWith(`${windowKey}.`) ? windowKey : key;
    byKey.set(owner, { ...byKey.get(owner), [key]: value });
  }
  return [...byKey.values()];
}

/**
 * Decides a recipe's nulls: size (the network's own), channels (1 when all images are grey and it starts from scratch), learning rate
 * (1e-4 above half width, else 1e-3; SGD ten times that), loss (the task's) and threads (the cores).
 *
 * @throws ReadroomError `inputTooSmall` naming the network's minimum; `badRecipe` for a size that it does not take, and
 * for what the task does not have
 */
export function resolveRecipe(recipe: Recipe, facts: RecipeFacts): ResolvedRecipe {
  const decided = decideRecipe(recipe, facts);
  refuseSize(decided, facts.network);
  const problems = taskContradictions(recipe, facts.task);
  if (problems.length > 0) throw badRecipe(problems);
  return decided;
}

function refuseSize({ input: { size }, network: { id } }: ResolvedRecipe, network: SizesOfNetwork): void {
  const { minimumSize, sizeStep } = network;
  if (size < minimumSize)
    throw new ReadroomError(
      'inputTooSmall',
      `The input size is ${size} pixels; network ${id} needs at least ${minimumSize}.`,
      `Use --set input.size=${minimumSize} or more, or a network for small pictures: --set network.id=alexnet-small.`,
      { size, minimum: minimumSize },
    );
  if (size % sizeStep === 0) return;
  const below = sizeUpTo(size, network);
  const nearest = below < size ? `${below} or ${below + sizeStep}` : `${below}`;
  throw badRecipe([
    `input.size is ${size}, but must be a multiple of ${sizeStep} for network ${id}: ${nearest}.`,
  ]);
}

/** As `resolveRecipe`, whether or not the network can be trained so: for a plan that tells what is in the way. */
export function decideRecipe(recipe: Recipe, { allGrey, cores, task, network }: RecipeFacts): ResolvedRecipe {
  const size = recipe.input.size ?? network.defaultSize;
  const own = network.defaults(recipe.network.scale);
  const ownRate = own.learningRate * rateFactor(recipe.optimizer);
  return {
    ...recipe,
    network: { ...recipe.network, dropout: recipe.network.dropout ?? own.dropout },
    input: {
      ...recipe.input,
      size,
      channels: recipe.input.channels ?? (allGrey && recipe.transfer.weights === null ? 1 : 3),
    },
    optimizer: { ...recipe.optimizer, learningRate: recipe.optimizer.learningRate ?? ownRate },
    loss: { ...recipe.loss, id: recipe.loss.id ?? usualLoss(task) },
    backend: { ...recipe.backend, threads: recipe.backend.threads ?? cores },
  };
}

const windowKey = 'input.window';

/** The leaves of a recipe with their present values; a window also by its two numbers, null where it has none. */
function dottedKeys(recipe: Recipe): Map<string, unknown> {
  const keys = new Map(
    Object.entries(recipe).flatMap(([key, value]: [string, unknown]): [string, unknown][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([inner, leaf]: [string, unknown]) => [`${key}.${inner}`, leaf])
        : [[key, value]],
    ),
  );
  const { window = 'file' } = recipe.input;
  keys.set(windowKey, window);
  for (const name of ['center', 'width'] as const)
    keys.set(`${windowKey}.${name}`, typeof window === 'object' ? window[name] : null);
  return keys;
}

function readText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : value;
}

/** A number for a key that takes text, as a reader of JSON makes of `name=2026`. */
function asText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

function unknownKey(key: string, known: readonly string[]): ReadroomError {
  const group = known.filter((other) => other.startsWith(`${key}.`));
  const nearest = nearestName(key, known);
  const hint =
    group.length > 0
      ? `Set one of its keys: ${group.join(', ')}.`
      : nearest === null
        ? `Known keys: ${known.join(', ')}.`
        : `Did you mean ${nearest}?`;
  return new ReadroomError('badRecipe', `A recipe has no key ${key}.`, hint, { key, nearest });
}

function describe(issue: z.core.$ZodIssue, input: unknown): string[] {
  const key = issue.path.join('.');
  if (issue.code === 'invalid_union') {
    // Of what was meant to be an object, what is wrong within it.
    const within = issue.errors.find((branch) =>
      branch.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
    );
    if (within)
      return within.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, input));
  }
  if (issue.code === 'unrecognized_keys') {
    const known = [...dottedKeys(recipeSchema.parse({})).keys()];
    return issue.keys.map((name) => {
      const full = key === '' ? name : `${key}.${name}`;
      const nearest = nearestName(full, [...known, ...Object.keys(recipeSchema.shape)]);
      return `${full} is not a key of a recipe${nearest === null ? '.' : `; did you mean ${nearest}?`}`;
    });
  }
  const value = shown(
    issue.path.reduce<unknown>(
      (at, part) => (isRecord(at) || Array.isArray(at) ? Reflect.get(at, part) : undefined),
      input,
    ),
  );
  return [`${key === '' ? 'The recipe' : key} is ${value}, but must be ${allowed(issue)}.`];
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'too_small':
      return issue.inclusive ? `at least ${issue.minimum}` : `more than ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `at most ${issue.maximum} characters`
        : issue.inclusive
          ? `at most ${issue.maximum}`
          : `less than ${issue.maximum}`;
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_union':
      return issue.errors.map((branch) => branch.map(allowed).join(' and ')).join(' or ');
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  object: 'an object of keys',
  null: 'null',
};

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
