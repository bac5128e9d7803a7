import { computed, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';

import { useRuns } from './runs.ts';

/** The project's completed runs, newest first, and the one that the address names; without, the one looked at last. */
export function useFinishedRuns() {
  const route = useRoute();
  const router = useRouter();
  const runs = useRuns();
  const known = computed(() => runs.completed.find(({ run }) => run === route.params['run']));
  watch(
    known,
    (row) => {
      if (row !== undefined) runs.look(row.run);
    },
    { immediate: true },
  );
  return {
    loading: computed(() => runs.rows === null && runs.failure === null),
    error: computed(() => (runs.rows === null ? runs.failure : null)),
    runs: computed(() => runs.completed),
    chosen: computed<string>({
      get: () => (known.value ?? runs.preferred)?.run ?? '',
      set: (run) =>
        void router.replace({
          name: route.name ?? 'results',
          params: { ...route.params, run },
          query: route.query,
        }),
    }),
  };
}
