import { computed } from 'vue';
import { useRoute, useRouter } from 'vue-router';

import { useRuns } from './runs.ts';

/** The project's completed runs, newest first, and the one that the address names; without, the newest. */
export function useFinishedRuns() {
  const route = useRoute();
  const router = useRouter();
  const runs = useRuns();
  const known = computed(() => runs.completed.find(({ run }) => run === route.params['run']));
  return {
    loading: computed(() => runs.rows === null && runs.failure === null),
    error: computed(() => (runs.rows === null ? runs.failure : null)),
    runs: computed(() => runs.completed),
    chosen: computed<string>({
      get: () => (known.value ?? runs.completed[0])?.run ?? '',
      set: (run) =>
        void router.replace({
          name: route.name ?? 'results',
          params: { ...route.params, run },
          query: route.query,
        }),
    }),
  };
}
