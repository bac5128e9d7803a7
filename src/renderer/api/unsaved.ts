import { computed, onScopeDispose, shallowReactive, watch } from 'vue';

import { bridge } from './host.ts';

/** One entry for each part of the page that has something that is not saved yet. */
const unsaved = shallowReactive(new Set<symbol>());

/** Has leaving the page asked about for as long as `isUnsaved`, until the scope that this is called in ends. */
export function askBeforeLeaving(isUnsaved: () => boolean): void {
  const own = Symbol('unsaved');
  const note = (now: boolean): void => {
    if (now) unsaved.add(own);
    else unsaved.delete(own);
  };
  watch(isUnsaved, note, { immediate: true, flush: 'sync' });
  onScopeDispose(() => unsaved.delete(own));
}

/** Asks before the page is left while something is not saved. Called once, at the start. */
export function guardLeaving(): void {
  const host = bridge();
  if (host === null) {
    window.addEventListener('beforeunload', (event) => {
      if (unsaved.size > 0) event.preventDefault();
    });
    return;
  }
  // There a page that asks would keep its window open without a word: the host asks.
  const any = computed(() => unsaved.size > 0);
  watch(any, (now) => void host.call('tellUnsaved', { unsaved: now }));
}
