import { defineStore } from 'pinia';
import { shallowRef } from 'vue';

import type { Dropped } from '../api/media.ts';

/** What was dropped on another screen and waits for Import. */
export const usePendingDrop = defineStore('pendingDrop', () => {
  const dropped = shallowRef<Dropped[]>([]);

  function put(items: readonly Dropped[]): void {
    dropped.value = [...dropped.value, ...items];
  }

  /** Hands over what waits; a second call gives nothing. */
  function take(): Dropped[] {
    const taken = dropped.value;
    dropped.value = [];
    return taken;
  }

  return { dropped, put, take };
});
