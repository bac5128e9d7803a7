import { computed, type ComputedRef, type ShallowRef } from 'vue';

import type { SeriesHeader } from '../../../contract/dataset.ts';
import { engine } from '../../api/engine.ts';
import { useLoaded } from '../../api/use-loaded.ts';

const mostAsked = 100;

/** What the files of these images, at most a hundred of them, say of their series, as far as it was read. */
export function useHeaders(
  project: string,
  images: () => readonly string[],
): { headers: ComputedRef<ReadonlyMap<string, SeriesHeader>>; error: ShallowRef<unknown> } {
  const loaded = useLoaded(
    async () => {
      const asked = images().slice(0, mostAsked);
      return asked.length === 0 ? [] : (await engine()).dataset.headers({ project, images: asked });
    },
    () => images().join(' '),
  );
  const headers = computed(() => new Map(loaded.value.value?.map((header) => [header.image, header])));
  return { headers, error: loaded.error };
}
