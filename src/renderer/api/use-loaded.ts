import { onBeforeUnmount, ref, type Ref, shallowRef, type ShallowRef, watch } from 'vue';

export interface Loaded<T> {
  /** Null until the first answer; kept while a newer one is on its way. */
  readonly value: ShallowRef<T | null>;
  readonly error: ShallowRef<unknown>;
  readonly loading: Ref<boolean>;
  reload(): Promise<void>;
}

/**
 * Reads something of the engine, and again whenever `dependencies` change. Of several answers under way only the
 * newest counts.
 */
export function useLoaded<T>(read: () => Promise<T>, dependencies: () => unknown): Loaded<T> {
  const value = shallowRef<T | null>(null) as ShallowRef<T | null>;
  const error = shallowRef<unknown>(null);
  const loading = ref(false);
  let newest = 0;

  async function reload(): Promise<void> {
    const mine = ++newest;
    loading.value = true;
    try {
      const answer = await read();
      if (mine !== newest) return;
      value.value = answer;
      error.value = null;
    } catch (reason) {
      if (mine === newest) error.value = reason;
    } finally {
      if (mine === newest) loading.value = false;
    }
  }

  watch(dependencies, () => void reload(), { immediate: true });
  onBeforeUnmount(() => (newest = -1));
  return { value, error, loading, reload };
}
