import { onBeforeUnmount, shallowRef, type ShallowRef, watch } from 'vue';

import type { PreparedPicture } from './picture-cache.ts';
import { pictures } from './pictures.ts';

/** The picture at an address; null while it is not there, and where it cannot be had. */
export function useReference(url: () => string | null): ShallowRef<PreparedPicture | null> {
  const picture = shallowRef<PreparedPicture | null>(null);
  let current = new AbortController();
  watch(
    url,
    (wanted) => {
      current.abort();
      current = new AbortController();
      picture.value = wanted === null ? null : pictures.ready(wanted);
      if (wanted === null || picture.value !== null) return;
      const { signal } = current;
      pictures.load(wanted, signal).then(
        (loaded) => {
          if (!signal.aborted) picture.value = loaded;
        },
        // What is wrong with it is said where it is looked at.
        () => undefined,
      );
    },
    { immediate: true },
  );
  onBeforeUnmount(() => current.abort());
  return picture;
}
