import { reactive } from 'vue';

import type { GreyWindow } from './window-level.ts';

/** How pictures are looked at in this window of the application, from one picture to the next. */
export const viewerSettings = reactive<{
  inverted: boolean;
  /** The window that all pictures of this range are shown with; null: each has its own. */
  locked: { window: GreyWindow; greatest: number } | null;
}>({ inverted: false, locked: null });
