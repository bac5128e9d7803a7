import { storeToRefs } from 'pinia';
import { computed, type ComputedRef, unref } from 'vue';

import { useWorkspace } from '../stores/workspace.ts';
import { chartColors } from './charts.ts';

/** The series colours, which follow the theme. */
export function useChartColors(): ComputedRef<string[]> {
  const { theme } = storeToRefs(useWorkspace());
  return computed(() => {
    // Read so that they do.
    unref(theme);
    return chartColors();
  });
}
