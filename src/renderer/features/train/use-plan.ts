import { onBeforeUnmount, ref, type ShallowRef, shallowRef, watch } from 'vue';

import type { TrainingPlan } from '../../../contract/run.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import type { RecipeDraft } from './recipe-draft.ts';

const quietMs = 200;

/** What a training of the draft would be, asked again a moment after each change of it or of the data. */
export function usePlan(project: string, draft: ShallowRef<RecipeDraft>) {
  const store = useProject();
  /** The last answer; kept while a newer one is on its way. */
  const plan = shallowRef<TrainingPlan | null>(null);
  const failure = shallowRef<unknown>(null);
  const asking = ref(false);
  let newest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function ask(): Promise<void> {
    const mine = ++newest;
    asking.value = true;
    try {
      const { base, changes } = draft.value;
      const answer = await (await engine()).run.plan({ project, recipe: base, set: { ...changes } });
      if (mine !== newest) return;
      plan.value = answer;
      failure.value = null;
    } catch (error) {
      if (mine === newest) failure.value = error;
    } finally {
      if (mine === newest) asking.value = false;
    }
  }
  watch([draft, () => store.datasetRevision, () => store.labelRevision], () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), quietMs);
  });
  void ask();
  onBeforeUnmount(() => {
    clearTimeout(timer);
    newest = -1;
  });
  return { plan, failure, asking, ask };
}
