import { computed, type Ref, shallowRef, type ShallowRef, watch } from 'vue';

import * as cameras from './camera.ts';
import { greatestSample } from './pixels.ts';
import { viewerSettings } from './settings.ts';
import type { Seen } from './use-picture.ts';
import { dragWindow, type GreyWindow, windowFor } from './window-level.ts';

export interface PictureView {
  /** In device pixels; null before the first layout. */
  readonly viewport: ShallowRef<cameras.Size | null>;
  readonly size: Readonly<Ref<cameras.Size | null>>;
  readonly camera: ShallowRef<cameras.Camera | null>;
  readonly window: ShallowRef<GreyWindow | null>;
  setViewport(size: cameras.Size): void;
  fit(): void;
  actual(): void;
  zoom(factor: number, at?: cameras.Point): void;
  pan(by: cameras.Point): void;
  toggle(at: cameras.Point): void;
  /** By CSS pixels of a drag. */
  adjust(by: cameras.Point): void;
  resetWindow(): void;
  toggleLock(): void;
}

/** Camera and window of the picture in view. Both start anew with each picture, the window unless it is locked. */
export function useView(seen: ShallowRef<Seen>, givenSize: () => cameras.Size | null): PictureView {
  const viewport = shallowRef<cameras.Size | null>(null);
  const camera = shallowRef<cameras.Camera | null>(null);
  const window = shallowRef<GreyWindow | null>(null);

  const size = computed<cameras.Size | null>(() => {
    const now = seen.value;
    if (now.kind === 'nothing') return null;
    return now.kind === 'picture' ? now.picture.levels[0]! : (givenSize() ?? now);
  });

  function fit(): void {
    const area = viewport.value;
    camera.value = size.value && area && cameras.fit(size.value, area);
  }
  function resetWindow(): void {
    const now = seen.value;
    if (now.kind !== 'picture') return;
    window.value = now.picture.usualWindow;
    rememberLocked();
  }
  function rememberLocked(): void {
    const now = seen.value;
    if (viewerSettings.locked === null || now.kind !== 'picture' || window.value === null) return;
    viewerSettings.locked = { window: window.value, greatest: greatestSample(now.picture.levels[0]!) };
  }

  /** Sets the camera from what it was, where there is a picture to look at. */
  function move(
    change: (camera: cameras.Camera, size: cameras.Size, area: cameras.Size) => cameras.Camera,
  ): void {
    if (camera.value && size.value && viewport.value)
      camera.value = change(camera.value, size.value, viewport.value);
  }
  const middle = (area: cameras.Size): cameras.Point => ({ x: area.width / 2, y: area.height / 2 });

  watch(
    seen,
    (now, before) => {
      if (now.kind === 'nothing') return;
      const sameImage = before !== undefined && before.kind !== 'nothing' && before.src === now.src;
      // The thumbnail may have been zoomed already; without a given size it had another scale.
      if (!sameImage || givenSize() === null || camera.value === null) fit();
      if (now.kind === 'picture') {
        const { levels, usualWindow } = now.picture;
        window.value = windowFor(levels[0]!, usualWindow, viewerSettings.locked);
      }
    },
    { immediate: true, flush: 'sync' },
  );

  return {
    viewport,
    size,
    camera,
    window,
    setViewport(area) {
      const before = viewport.value;
      viewport.value = area;
      if (before === null || camera.value === null) fit();
      else move((now, picture) => cameras.resized(now, picture, before, area));
    },
    fit,
    actual: () => move((now, picture, area) => cameras.zoomTo(now, picture, area, 1, middle(area))),
    zoom: (factor, at) =>
      move((now, picture, area) => cameras.zoomBy(now, picture, area, factor, at ?? middle(area))),
    pan: (by) => move((now, picture, area) => cameras.panBy(now, picture, area, by)),
    toggle: (at) => move((now, picture, area) => cameras.toggleActual(now, picture, area, at)),
    adjust(by) {
      const now = seen.value;
      if (now.kind !== 'picture' || window.value === null) return;
      const greatest = greatestSample(now.picture.levels[0]!);
      window.value = dragWindow(window.value, now.picture.usualWindow, greatest, by);
      rememberLocked();
    },
    resetWindow,
    toggleLock() {
      const now = seen.value;
      if (viewerSettings.locked !== null) viewerSettings.locked = null;
      else if (now.kind === 'picture' && window.value !== null)
        viewerSettings.locked = { window: window.value, greatest: greatestSample(now.picture.levels[0]!) };
    },
  };
}
