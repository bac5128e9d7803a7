import { computed, type ComputedRef, onBeforeUnmount, watch } from 'vue';

import { pixelsUrl } from '../../api/media.ts';
import { pictures } from '../../viewer/pictures.ts';
import { slicesAround } from '../../viewer/stack.ts';
import { positionsAhead } from './positions.ts';
import type { Reading } from './use-reading.ts';
import type { ShownSeries } from './use-series.ts';

/**
 * Fetches what is likely to be looked at next: more of the series, then the next images of the list.
 *
 * @returns the next images of the list
 */
export function useLookAhead(
  projectId: string,
  { list, position }: Pick<Reading, 'list' | 'position'>,
  { stack, images, direction }: Pick<ShownSeries, 'stack' | 'images' | 'direction'>,
): ComputedRef<string[]> {
  const next = computed(() =>
    position.value === null
      ? []
      : positionsAhead(position.value, list.total.value ?? 0).flatMap(
          (other) => list.rowAt(other)?.image ?? [],
        ),
  );
  const ahead = computed(() => {
    const slices =
      stack.value === null
        ? []
        : slicesAround(stack.value.index, stack.value.total, direction.value).flatMap(
            (slice) => images.value[slice] ?? [],
          );
    return [...new Set([...slices, ...next.value])];
  });
  watch(
    () => ahead.value.join(' '),
    () => pictures.prefetch(ahead.value.map((image) => pixelsUrl(projectId, image))),
    { flush: 'post' },
  );
  onBeforeUnmount(() => pictures.prefetch([]));
  return next;
}
