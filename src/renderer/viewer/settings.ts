import { reactive, watch } from 'vue';

import { type Orientation, upright } from './transform.ts';
import type { Meaning } from './values.ts';
import type { GreyWindow } from './window-level.ts';

/** A window kept for other pictures, in values. */
export interface LockedWindow {
  readonly window: GreyWindow;
  /** Of pictures of this range and unit only. */
  readonly greatest: number;
  readonly unit: Meaning['unit'];
}

const presetsKey = 'readroom.presets';
function storedPresets(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(presetsKey) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

/** How pictures are looked at in this window of the application, from one picture to the next and in all viewers. */
export const viewerSettings = reactive<{
  inverted: boolean;
  orientation: Orientation;
  /** The window that all pictures of its kind are shown with; null: each has its own. */
  locked: LockedWindow | null;
  /** Id of the tool in hand. */
  tool: string;
  /** Modality, '' where it is not known → id of the preset that its pictures start with. Kept on this machine. */
  presets: Record<string, string>;
  /** Two viewers beside each other zoom and move together. */
  linked: boolean;
}>({
  inverted: false,
  orientation: upright,
  locked: null,
  tool: 'window',
  presets: storedPresets(),
  linked: false,
});

watch(
  () => viewerSettings.presets,
  (presets) => localStorage.setItem(presetsKey, JSON.stringify(presets)),
  { deep: true },
);
