import { useToasts } from '../../stores/toasts.ts';
import { saveFile } from '../../ui/charts.ts';
import type { RecipeForm } from './use-recipe-form.ts';

/** Taking a recipe from a file and keeping it as one, with a toast for what went wrong. */
export function useRecipeFile(form: RecipeForm) {
  const toasts = useToasts();
  return {
    async read(file: File): Promise<void> {
      try {
        await form.readFile(file);
        toasts.show({ kind: 'good', text: `The form holds the recipe of ${file.name}.` });
      } catch (reason) {
        toasts.showError(reason);
      }
    },
    save(): void {
      try {
        const recipe = form.whole();
        saveFile(
          `recipe-${recipe.name.replace(/[^\p{L}\p{N}]+/gu, '-')}.json`,
          new Blob([JSON.stringify(recipe, null, 2)], { type: 'application/json' }),
        );
      } catch (reason) {
        toasts.showError(reason);
      }
    },
  };
}
