import { z } from 'zod';

import { isRecord } from '../../../contract/is-record.ts';
import { type Recipe, recipeSchema, type ValueWindow } from '../../../contract/recipe.ts';
import { unusedBecauseOf } from '../../../core/recipe-relevance.ts';

export type RecipeValue = string | number | boolean | ValueWindow | null;

/** What the schema says of one key of a recipe. */
export interface RecipeField {
  /** Dotted: `network.scale`. */
  readonly key: string;
  /** The object it lies in; null at the top. */
  readonly group: string | null;
  /** `window`: one of the choices, or a window of values. */
  readonly kind: 'number' | 'switch' | 'choice' | 'text' | 'window';
  /** Of a number: no fractions. */
  readonly whole: boolean;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** Null stands for "decided from the data". */
  readonly nullable: boolean;
  readonly choices: readonly (string | number)[];
}

interface Description {
  readonly type?: string;
  readonly const?: string | number;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Description[];
  readonly properties?: Readonly<Record<string, Description>>;
}

/** Every key that a person may set, in the schema's order. The format's version is not one. */
export const recipeFields: readonly RecipeField[] = fieldsOf(
  z.toJSONSchema(recipeSchema, { io: 'output' }) as Description,
  null,
);

function fieldsOf({ properties = {} }: Description, group: string | null): RecipeField[] {
  return Object.entries(properties).flatMap(([name, description]) => {
    if (description.const !== undefined) return [];
    if (description.type === 'object') return fieldsOf(description, name);
    return [fieldOf(group === null ? name : `${group}.${name}`, group, description)];
  });
}

function fieldOf(key: string, group: string | null, description: Description): RecipeField {
  const branches = flatBranches(description);
  const values = branches.filter(({ type }) => type !== 'null');
  const [first] = values;
  if (first === undefined) throw new Error(`The schema says nothing of ${key}`);
  const constants = values.flatMap(
    (branch) => branch.enum ?? (branch.const === undefined ? [] : [branch.const]),
  );
  return {
    key,
    group,
    kind: values.some(({ type }) => type === 'object')
      ? 'window'
      : constants.length > 0
        ? 'choice'
        : first.type === 'boolean'
          ? 'switch'
          : first.type === 'string'
            ? 'text'
            : 'number',
    whole: first.type === 'integer',
    minimum: first.minimum ?? null,
    maximum: first.maximum ?? null,
    nullable: branches.length > values.length,
    choices: constants,
  };
}

function flatBranches(description: Description): Description[] {
  return description.anyOf?.flatMap(flatBranches) ?? [description];
}

/** What a key that a recipe need not have stands for without it. */
const leftOut: Readonly<Record<string, RecipeValue>> = { 'input.window': 'file' };

/** A recipe's value under a dotted key. */
export function valueAt(recipe: Recipe, key: string): RecipeValue {
  const value = key.split('.').reduce<unknown>((at, part) => (isRecord(at) ? at[part] : undefined), recipe);
  return (value ?? leftOut[key] ?? null) as RecipeValue;
}

export function isSameValue(a: RecipeValue, b: RecipeValue): boolean {
  const areWindows = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  return areWindows ? a.center === b.center && a.width === b.width : a === b;
}

/** Whether a key changes anything beside the other values of its recipe. */
export const isUsed = (recipe: Recipe, key: string): boolean =>
  unusedBecauseOf(key, (other) => valueAt(recipe, other)).length === 0;

/** Fields that change nothing as things stand, by the keys whose values are the reason. */
export interface UnusedFields {
  readonly because: readonly string[];
  readonly fields: readonly RecipeField[];
}

/** @param valueOf the value in force of a dotted key; null while it is open */
export function unusedAmong(
  fields: readonly RecipeField[],
  valueOf: (key: string) => RecipeValue,
): UnusedFields[] {
  const byReason = new Map<string, UnusedFields>();
  for (const field of fields) {
    const because = unusedBecauseOf(field.key, valueOf);
    if (because.length === 0) continue;
    const known = byReason.get(because.join())?.fields ?? [];
    byReason.set(because.join(), { because, fields: [...known, field] });
  }
  return [...byReason.values()];
}

/** What differs between two recipes, by dotted key; keys that neither uses are left out. */
export function recipeDifferences(
  from: Recipe,
  to: Recipe,
): { key: string; from: RecipeValue; to: RecipeValue }[] {
  return recipeFields
    .filter(({ key }) => isUsed(from, key) || isUsed(to, key))
    .map(({ key }) => ({ key, from: valueAt(from, key), to: valueAt(to, key) }))
    .filter((entry) => !isSameValue(entry.from, entry.to));
}
