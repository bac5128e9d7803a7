import { computed, shallowRef, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';

import type { ImageQuery } from '../../../contract/image.ts';
import { decodeQuery, encodeQuery, listTitle } from '../../api/query-string.ts';

/** The query of the address, so that reload, back and a copied address come to the same images. */
export function useImageQuery() {
  const route = useRoute();
  const router = useRouter();
  const query = shallowRef<ImageQuery>(decodeQuery(route.query));
  /** Title of the list of images that the address names; empty without one, null when it is gone. */
  const list = shallowRef(listTitle(route.query));
  /** The same query as text: two queries are equal when this is. */
  const text = computed(() => JSON.stringify(encodeQuery(query.value)));

  watch(
    () => route.query,
    (now) => {
      if (route.name !== 'images') return;
      const next = decodeQuery(now);
      list.value = listTitle(now);
      if (JSON.stringify(encodeQuery(next)) !== text.value) query.value = next;
    },
  );

  /** Changes parts of the query; each is a step of the back button unless it `replaces`. */
  function change(changes: Partial<ImageQuery>, { replaces = false } = {}): void {
    const next = { ...query.value, ...changes };
    query.value = next;
    const to = { query: encodeQuery(next) };
    void (replaces ? router.replace(to) : router.push(to));
  }

  const clear = (): void => change(decodeQuery({}));
  return { query, text, list, change, clear };
}
export type ImageQueryState = ReturnType<typeof useImageQuery>;
