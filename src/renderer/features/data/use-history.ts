import { onBeforeUnmount, ref, shallowRef, watch } from 'vue';

import type { HistoryAction, HistoryKind } from '../../../contract/label.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';

const pageSize = 50;

/** What was done in the project, newest first, page by page; `actor` is a name. Null: by everybody, of every kind. */
export function useHistory(asked: () => { actor: string | null; about: HistoryKind | null }) {
  const project = useProject();
  const actions = shallowRef<HistoryAction[] | null>(null);
  const error = shallowRef<unknown>(null);
  const loading = ref(false);
  const next = ref<string | null>(null);
  let newest = 0;

  /** From the top, as much as is shown already, or what comes behind it. */
  async function read(more: boolean): Promise<void> {
    const mine = ++newest;
    if (project.id === null) return;
    loading.value = true;
    try {
      const shown = more ? (actions.value ?? []) : [];
      const wanted = more ? pageSize : Math.min(200, Math.max(pageSize, actions.value?.length ?? 0));
      const answer = await (
        await engine()
      ).history.actions({
        project: project.id,
        ...asked(),
        before: more ? next.value : null,
        limit: wanted,
      });
      if (mine !== newest) return;
      actions.value = [...shown, ...answer.actions];
      next.value = answer.next;
      error.value = null;
    } catch (reason) {
      if (mine === newest) error.value = reason;
    } finally {
      if (mine === newest) loading.value = false;
    }
  }

  const key = (): string => JSON.stringify(asked());
  watch(key, () => (actions.value = null));
  watch([key, () => project.labelRevision, () => project.datasetRevision], () => void read(false), {
    immediate: true,
  });
  onBeforeUnmount(() => (newest = -1));
  return { actions, error, loading, next, more: () => read(true) };
}
