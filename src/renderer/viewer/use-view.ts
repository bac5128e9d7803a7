import { computed, type ComputedRef, type Ref, shallowRef, type ShallowRef, watch } from 'vue';

import * as cameras from './camera.ts';
import { ofShared, share, sharedCamera } from './linked-cameras.ts';
import type { PreparedPicture } from './picture-cache.ts';
import { greatestSample } from './pixels.ts';
import { type LockedWindow, viewerSettings } from './settings.ts';
import { lockedTo, startingWindow } from './starting-window.ts';
import {
  stretched,
  stretchOf,
  unturned,
  unturnedSize,
  unturnedWay,
  upright,
  type View,
} from './transform.ts';
import type { Seen } from './use-picture.ts';
import { dragWindow, type GreyWindow } from './window-level.ts';

export interface PictureView {
  /** In device pixels; null before the first layout. */
  readonly viewport: ShallowRef<cameras.Size | null>;
  readonly size: Readonly<Ref<cameras.Size | null>>;
  /** In device pixels; null while there is nothing to look at. */
  readonly view: ComputedRef<View | null>;
  readonly window: ShallowRef<GreyWindow | null>;
  setViewport(size: cameras.Size): void;
  fit(): void;
  actual(): void;
  zoom(factor: number, at?: cameras.Point): void;
  pan(by: cameras.Point): void;
  toggle(at: cameras.Point): void;
  /** By CSS pixels of a drag. */
  adjust(by: cameras.Point): void;
  setWindow(window: GreyWindow): void;
  resetWindow(): void;
  toggleLock(): void;
  /** Upright, whole, neither inverted nor locked, and with its own window. */
  resetAll(): void;
}

/** What the view depends on beside the picture. */
export interface ViewSource {
  /** Of the picture, where it is known before it is there. */
  size(): cameras.Size | null;
  modality(): string | null;
  /** What the pictures of a stack have in common; null for a single one. */
  series(): string | null;
  /** A picture of the series, once it is there, that gives the others their window where their files name none. */
  reference(): PreparedPicture | null;
}

/** What pictures of a series keep from one to the next. */
interface Kept {
  series: string;
  window: LockedWindow;
}

/**
 * Camera and window of the picture in view. Both start anew with each picture, unless it is of the same series; the
 * window then still follows what is locked or chosen for the modality, or what each file of the series names.
 */
export function useView(seen: ShallowRef<Seen>, source: ViewSource): PictureView {
  const viewport = shallowRef<cameras.Size | null>(null);
  const camera = shallowRef<cameras.Camera | null>(null);
  const window = shallowRef<GreyWindow | null>(null);
  const own = Symbol('viewer');
  let kept: Kept | null = null;

  const size = computed<cameras.Size | null>(() => {
    const now = seen.value;
    if (now.kind === 'nothing') return null;
    return now.kind === 'picture' ? now.picture.levels[0]! : (source.size() ?? now);
  });
  /** Until the picture is there its pixels are taken for square. */
  const stretch = computed(() =>
    stretchOf(seen.value.kind === 'picture' ? (seen.value.picture.display?.spacing ?? null) : null),
  );
  /** As the camera knows it. */
  const frame = computed(() => size.value && stretched(size.value, stretch.value));
  const view = computed<View | null>(
    () =>
      camera.value &&
      viewport.value && {
        camera: camera.value,
        stretch: stretch.value,
        orientation: viewerSettings.orientation,
        viewport: viewport.value,
      },
  );
  const area = (): cameras.Size | null =>
    viewport.value && unturnedSize(viewerSettings.orientation, viewport.value);

  function fit(): void {
    const now = area();
    camera.value = frame.value && now && cameras.fit(frame.value, now);
  }
  const picture = (): PreparedPicture | null => (seen.value.kind === 'picture' ? seen.value.picture : null);
  const preset = (): string | undefined => viewerSettings.presets[source.modality() ?? ''];

  function setWindow(wanted: GreyWindow): void {
    const now = picture();
    if (now === null) return;
    window.value = wanted;
    const series = source.series();
    kept = series === null ? null : { series, window: lockedTo(now, wanted) };
    if (viewerSettings.locked !== null) viewerSettings.locked = lockedTo(now, wanted);
  }
  function resetWindow(): void {
    const now = picture();
    if (now === null) return;
    Reflect.deleteProperty(viewerSettings.presets, source.modality() ?? '');
    setWindow(startingWindow(now, null, undefined, source.modality(), source.reference()));
    kept = null;
  }
  function startWindow(now: PreparedPicture): void {
    const ofSeries = kept !== null && kept.series === source.series() ? kept.window : null;
    const wanted = viewerSettings.locked ?? ofSeries;
    window.value = startingWindow(now, wanted, preset(), source.modality(), source.reference());
  }
  watch(source.reference, () => {
    const now = picture();
    if (now !== null) startWindow(now);
  });

  /** Sets the camera from what it was, where there is a picture to look at. */
  function move(
    change: (camera: cameras.Camera, size: cameras.Size, area: cameras.Size) => cameras.Camera,
  ): void {
    const now = area();
    if (!camera.value || !frame.value || !now) return;
    camera.value = change(camera.value, frame.value, now);
    if (viewerSettings.linked) share(own, camera.value, frame.value, now);
  }
  watch(
    sharedCamera,
    (shared) => {
      const now = area();
      if (viewerSettings.linked && shared !== null && shared.by !== own && frame.value && now)
        camera.value = ofShared(shared, frame.value, now);
    },
    { flush: 'sync' },
  );
  const middle = (now: cameras.Size): cameras.Point => ({ x: now.width / 2, y: now.height / 2 });
  const place = (at: cameras.Point): cameras.Point =>
    unturned(viewerSettings.orientation, viewport.value!, at);

  let shownSize: cameras.Size | null = null;
  let shownSeries: string | null = null;
  watch(
    seen,
    (now, before) => {
      if (now.kind === 'nothing') return;
      const sameImage = before !== undefined && before.kind !== 'nothing' && before.src === now.src;
      const sameSeries = shownSeries !== null && shownSeries === source.series();
      const sameSize =
        shownSize !== null &&
        shownSize.width === frame.value?.width &&
        shownSize.height === frame.value.height;
      // The thumbnail may have been zoomed already; without a given size it had another scale.
      const keepsCamera = sameSize && (sameImage || sameSeries);
      if (!keepsCamera || camera.value === null) fit();
      shownSize = frame.value;
      shownSeries = source.series();
      if (now.kind === 'picture') startWindow(now.picture);
    },
    { immediate: true, flush: 'sync' },
  );
  watch(
    () => viewerSettings.orientation,
    (now, before) => {
      if (viewport.value === null) return;
      const areas = [unturnedSize(before, viewport.value), unturnedSize(now, viewport.value)] as const;
      move((was, picture) => cameras.resized(was, picture, ...areas));
    },
    { flush: 'sync' },
  );

  return {
    viewport,
    size,
    view,
    window,
    setViewport(now) {
      const before = area();
      viewport.value = now;
      const after = area()!;
      if (before === null || camera.value === null) fit();
      else move((was, picture) => cameras.resized(was, picture, before, after));
    },
    fit: () => move((_, picture, area) => cameras.fit(picture, area)),
    actual: () => move((now, picture, area) => cameras.zoomTo(now, picture, area, 1, middle(area))),
    zoom: (factor, at) =>
      move((now, picture, area) =>
        cameras.zoomBy(now, picture, area, factor, at === undefined ? middle(area) : place(at)),
      ),
    pan: (by) =>
      move((now, picture, area) =>
        cameras.panBy(now, picture, area, unturnedWay(viewerSettings.orientation, by)),
      ),
    toggle: (at) => move((now, picture, area) => cameras.toggleActual(now, picture, area, place(at))),
    adjust(by) {
      const now = picture();
      if (now === null || window.value === null) return;
      setWindow(dragWindow(window.value, now.usualWindow, greatestSample(now.levels[0]!), by));
    },
    setWindow,
    resetWindow,
    toggleLock() {
      const now = picture();
      if (viewerSettings.locked !== null) viewerSettings.locked = null;
      else if (now !== null && window.value !== null) viewerSettings.locked = lockedTo(now, window.value);
    },
    resetAll() {
      viewerSettings.inverted = false;
      viewerSettings.locked = null;
      viewerSettings.orientation = upright;
      resetWindow();
      move((_, picture, area) => cameras.fit(picture, area));
    },
  };
}
