import { computed, type ComputedRef, onBeforeUnmount, ref, type Ref, shallowRef, type ShallowRef } from 'vue';

import { type TrackedJob, useJobs } from './jobs.ts';

export interface JobHandle<T> {
  readonly result: ShallowRef<T | null>;
  readonly error: ShallowRef<unknown>;
  readonly running: Ref<boolean>;
  /** Its progress, once the engine told some. */
  readonly job: ComputedRef<TrackedJob | undefined>;
  /** Starts work and waits for its end; what ran before is forgotten, not cancelled. */
  run(start: () => Promise<{ job: string }>): Promise<T | null>;
  cancel(): void;
}

/** One piece of long work that a screen starts and waits for. Leaving the screen lets it go on. */
export function useJob<T>(): JobHandle<T> {
  const jobs = useJobs();
  const id = ref<string | null>(null);
  const running = ref(false);
  const result = shallowRef<T | null>(null) as ShallowRef<T | null>;
  const error = shallowRef<unknown>(null);
  let newest = 0;
  onBeforeUnmount(() => (newest = -1));

  return {
    result,
    error,
    running,
    job: computed(() => (id.value === null ? undefined : jobs.jobs.get(id.value))),
    async run(start) {
      const mine = ++newest;
      running.value = true;
      error.value = null;
      result.value = null;
      id.value = null;
      try {
        const { job } = await start();
        if (mine === newest) id.value = job;
        const value = await jobs.result<T>(job);
        if (mine === newest) result.value = value;
        return value;
      } catch (reason) {
        if (mine === newest) error.value = reason;
        return null;
      } finally {
        if (mine === newest) running.value = false;
      }
    },
    cancel() {
      if (id.value !== null) void jobs.cancel(id.value).catch(() => undefined);
    },
  };
}
