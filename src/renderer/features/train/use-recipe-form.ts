import { computed, ref, type ShallowRef, shallowRef, watch } from 'vue';

import { ReadroomError } from '../../../contract/errors.ts';
import { parseRecipe } from '../../../core/recipe.ts';
import { findPreset, presetOfTemplate } from '../../../core/recipe-presets.ts';
import type { Recipe } from '../../../contract/recipe.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { readDraft, type RecipeDraft, recipeOf } from './recipe-draft.ts';
import { keyNamedIn } from './recipe-words.ts';

/** The template's own; without one what shows something in minutes. */
function firstPreset(template: string): string {
  const own = presetOfTemplate(template);
  return own === template ? own : 'quick';
}

/** @param backend what the user's settings say computes */
function draftOfPreset(id: string, backend: string): RecipeDraft {
  const { name, recipe } = findPreset(id);
  const base = { ...recipe, backend: { ...recipe.backend, id: backend } };
  return { origin: `the preset ${name}`, preset: id, base, changes: {} };
}

/** The recipe that is being written for a project of a template, kept while this window is open. */
export function useRecipeForm(project: string, template: string) {
  const storedAs = `readroom.recipe.${project}`;
  const workspace = useWorkspace();
  const preset = (id: string): RecipeDraft => draftOfPreset(id, workspace.settings.backend);
  const draft: ShallowRef<RecipeDraft> = shallowRef(
    readDraft(sessionStorage.getItem(storedAs)) ?? preset(firstPreset(template)),
  );
  watch(
    () => workspace.settings.backend,
    () => {
      const { preset: id, changes } = draft.value;
      if (id !== null) draft.value = { ...preset(id), changes };
    },
  );
  /** Of the run; empty: the recipe's. */
  const runName = ref('');
  const fold = ref<number | null>(null);
  watch(draft, (now) => sessionStorage.setItem(storedAs, JSON.stringify(now)));

  /** What the schema has against it: sentences that begin with their key. */
  const faults = computed<readonly string[]>(() => {
    try {
      recipeOf(draft.value);
      return [];
    } catch (error) {
      const problems = error instanceof ReadroomError ? error.data['problems'] : undefined;
      return Array.isArray(problems) ? problems.map(String) : [String(error)];
    }
  });

  function startFrom(origin: string, recipe: unknown): void {
    draft.value = { origin, preset: null, base: parseRecipe(recipe), changes: {} };
  }
  async function readFile(file: File): Promise<void> {
    let content: unknown;
    try {
      content = JSON.parse(await file.text());
    } catch {
      throw new ReadroomError(
        'badRecipe',
        `${file.name} is not a recipe: it is not JSON.`,
        'Choose a file that was saved with “Save as file”, or a run’s recipe.json.',
      );
    }
    startFrom(`the file ${file.name}`, content);
  }

  return {
    draft,
    runName,
    fold,
    faults,
    choosePreset: (id: string) => (draft.value = preset(id)),
    resetAll: () => (draft.value = { ...draft.value, changes: {} }),
    startFrom,
    readFile,
    whole: (): Recipe => recipeOf(draft.value),
  };
}
export type RecipeForm = ReturnType<typeof useRecipeForm>;

/** Sentences by the key that each is about; those about no key under an empty one. */
export function problemsByKey(sentences: readonly string[]): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const sentence of new Set(sentences)) {
    const key = keyNamedIn(sentence) ?? '';
    byKey.set(key, [...(byKey.get(key) ?? []), sentence]);
  }
  return byKey;
}
