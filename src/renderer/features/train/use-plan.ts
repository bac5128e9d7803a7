import { computed, onBeforeUnmount, type ShallowRef, shallowRef, watch } from 'vue';

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
  /** What it is the plan of. */
  const planned = shallowRef<RecipeDraft | null>(null);
  const isOutdated = computed(() => plan.value !== null && planned.value !== draft.value);
  const failure = shallowRef<unknown>(null);
  let newest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function ask(): Promise<void> {
    const mine = ++newest;
    const asked = draft.value;
    try {
      const { base, changes } = asked;
      const answer = await (await engine()).run.plan({ project, recipe: base, set: { ...changes } });
      if (mine !== newest) return;
      plan.value = answer;
      planned.value = asked;
      failure.value = null;
    } catch (error) {
      if (mine === newest) failure.value = error;
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
  return { plan, isOutdated, failure, ask };
}
