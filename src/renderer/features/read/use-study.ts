import { computed, onBeforeUnmount, type Ref, ref, watch } from 'vue';

import type { SeriesHeader } from '../../../contract/dataset.ts';
import { useHeaders } from './use-headers.ts';
import type { CurrentSlice } from './use-priors.ts';
import type { Reading } from './use-reading.ts';
import type { ShownSeries } from './use-series.ts';

/** Nobody reads of which study pictures are that pass by. */
const settleMs = 120;

/** Of which study and series the picture in view is, and where it stands there. */
export function useStudy(
  project: string,
  { current }: Reading,
  { shown, images, positions }: ShownSeries,
): {
  /** Null while it is not known. */
  header: Readonly<Ref<SeriesHeader | null>>;
  /** Null while its series is not known. */
  slice: Readonly<Ref<CurrentSlice | null>>;
} {
  const slice = computed<CurrentSlice | null>(() => {
    const image = shown.value;
    if (image === null) return null;
    const index = images.value.indexOf(image);
    if (index >= 0) return { first: images.value[0]!, index, positions: positions.value };
    const isAlone = image === current.value?.image && (current.value.series?.total ?? 1) === 1;
    return isAlone ? { first: image, index: 0, positions: [null] } : null;
  });
  const asked = computed(() => (current.value?.series == null ? null : (slice.value?.first ?? null)));
  const settled = ref<string | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    asked,
    (image) => {
      clearTimeout(timer);
      timer = setTimeout(() => (settled.value = image), settleMs);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => clearTimeout(timer));
  const { headers } = useHeaders(project, () => (settled.value === null ? [] : [settled.value]));
  return {
    header: computed(() => (asked.value === null ? null : (headers.value.get(asked.value) ?? null))),
    slice,
  };
}
