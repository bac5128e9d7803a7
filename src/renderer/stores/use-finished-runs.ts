import { computed, onBeforeUnmount } from 'vue';
import { useRoute, useRouter } from 'vue-router';

import type { RunRow } from '../../contract/run.ts';
import { engine, onEngineEvent } from '../api/engine.ts';
import { useLoaded } from '../api/use-loaded.ts';
import { useProject } from './project.ts';

/** The project's finished runs, newest first, and the one that the address names; without, the newest. */
export function useFinishedRuns() {
  const route = useRoute();
  const router = useRouter();
  const project = useProject();
  const loaded = useLoaded(
    async () => {
      const { runs } = await (await engine()).run.list({ project: project.id! });
      return runs.filter(({ status }) => status === 'completed');
    },
    () => project.id,
  );
  onBeforeUnmount(
    onEngineEvent((event) => {
      if (event.type === 'run.statusChanged' && event.project === project.id) void loaded.reload();
    }),
  );
  const runs = computed<RunRow[]>(() =>
    [...(loaded.value.value ?? [])].sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
  );
  const chosen = computed<string>({
    get() {
      const named = route.params['run'];
      const known = runs.value.find(({ run }) => run === named);
      return (known ?? runs.value[0])?.run ?? '';
    },
    set(run) {
      void router.replace({
        name: route.name ?? 'results',
        params: { ...route.params, run },
        query: route.query,
      });
    },
  });
  return {
    loading: computed(() => loaded.value.value === null && loaded.error.value === null),
    error: loaded.error,
    runs,
    chosen,
    row: computed(() => runs.value.find(({ run }) => run === chosen.value) ?? null),
  };
}
