import { computed, nextTick, ref, type Ref, shallowRef, watch } from 'vue';
import { useRoute } from 'vue-router';

import { useProject } from '../../stores/project.ts';
import { sizeLimits } from './grid-geometry.ts';
import { countIn } from './ranges.ts';
import { emptySelection, type Selection } from './selection.ts';
import type { ImageQueryState } from './use-image-query.ts';
import type { ImageView } from './use-image-view.ts';

const sizeKey = 'readroom.images.size';
const usualSize = 128;
/** Below it two panels leave too little of the grid. */
const roomyWidth = 1400;

/** A value that this window's storage keeps. */
function remembered<T>(key: string, read: (text: string | null) => T): Ref<T> {
  const value = ref(read(localStorage.getItem(key))) as Ref<T>;
  watch(value, (now) => localStorage.setItem(key, String(now)));
  return value;
}

/** Size of the pictures and which panels are open, as they were left. */
export function useImagesLayout() {
  const size = remembered(sizeKey, (text) => {
    const stored = Number(text);
    return stored >= sizeLimits.min && stored <= sizeLimits.max ? stored : usualSize;
  });
  const resize = (steps: number): void => {
    size.value = Math.min(sizeLimits.max, Math.max(sizeLimits.min, size.value + steps * sizeLimits.step));
  };
  return {
    size,
    resize,
    filtersOpen: remembered('readroom.images.filters', (text) => text !== 'false'),
    inspectorOpen: remembered('readroom.images.inspector', (text) =>
      text === null ? window.innerWidth >= roomyWidth : text !== 'false',
    ),
  };
}

interface Place {
  readonly query: string;
  readonly image: string;
}
/** Where the keyboard was when the screen was left, by project. */
const places = new Map<string, Place>();

/**
 * What is selected, kept through changes of the list: another query starts anew, and the image with the focus is
 * found again in the same one. `at` in the address, or where one left off, is shown first.
 */
export function useSelection(state: ImageQueryState, view: ImageView, show: (position: number) => void) {
  const route = useRoute();
  const project = useProject();
  const selection = shallowRef<Selection>(emptySelection);
  const count = computed(() => countIn(selection.value.ranges));
  const focusedRow = computed(() => {
    const { focus } = selection.value;
    return focus === null ? null : view.rowAt(focus);
  });

  const asked = typeof route.query['at'] === 'string' ? route.query['at'] : null;
  const left = places.get(project.id ?? '');
  let find = asked ?? (left?.query === state.text.value ? left.image : null);

  watch(
    () => focusedRow.value?.image ?? null,
    (image) => {
      if (image !== null && project.id !== null) places.set(project.id, { query: state.text.value, image });
    },
  );
  let queryShown = state.text.value;
  watch(view.view, async (opened) => {
    const place = places.get(project.id ?? '');
    const again = state.text.value === queryShown && place?.query === queryShown ? place.image : null;
    const image = find ?? again;
    const starts = state.text.value !== queryShown;
    find = null;
    queryShown = state.text.value;
    selection.value = emptySelection;
    await nextTick();
    if (starts) show(0);
    if (opened === null || image === null) return;
    const position = await view.positionOf(image);
    if (position === null || view.view.value !== opened) return;
    selection.value = { ranges: [[position, position + 1]], anchor: position, focus: position };
    show(position);
  });

  return { selection, count, focusedRow };
}
