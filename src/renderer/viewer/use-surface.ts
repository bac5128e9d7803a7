import {
  computed,
  type ComputedRef,
  nextTick,
  onBeforeUnmount,
  onMounted,
  ref,
  type ShallowRef,
  watch,
} from 'vue';

import { createPainter } from './create-painter.ts';
import { viewerSettings } from './settings.ts';
import { inCssPixels, type View } from './transform.ts';
import type { Seen } from './use-picture.ts';
import type { PictureView } from './use-view.ts';

type Elements = Readonly<Record<'surface' | 'layers', Readonly<ShallowRef<HTMLElement | null>>>>;

/**
 * Draws what is seen into `layers`, whose size is that of `surface`, whenever it or the view changes. `onDrawn` hears of
 * each picture and preview that was handed to the screen.
 */
export function useSurface(
  { surface, layers }: Elements,
  seen: ShallowRef<Seen>,
  picture: PictureView,
  onDrawn: (src: string, kind: 'preview' | 'picture') => void,
): { perCssPixel: ComputedRef<number>; cssView: ComputedRef<View | null> } {
  const { view, window, viewport } = picture;
  /** In CSS pixels; reading it from the element costs a layout. */
  const width = ref(0);
  const perCssPixel = computed(() =>
    viewport.value === null || width.value === 0 ? 1 : viewport.value.width / width.value,
  );
  let painter: ReturnType<typeof createPainter> | null = null;
  let asked = 0;

  function draw(): void {
    cancelAnimationFrame(asked);
    asked = 0;
    const now = seen.value;
    if (now.kind !== 'picture' || !painter || !view.value || !window.value) return;
    const { viewport: area, ...place } = view.value;
    const { inverted } = viewerSettings;
    painter.draw({ ...place, picture: now.picture, window: window.value, inverted }, area);
  }
  /** Once a frame, however often the pointer moves. */
  function drawSoon(): void {
    asked ||= requestAnimationFrame(draw);
  }
  watch(seen, (now) => {
    draw();
    if (now.kind !== 'nothing') void nextTick(() => onDrawn(now.src, now.kind));
  });
  watch([view, window, () => viewerSettings.inverted], drawSoon);

  const observer = new ResizeObserver(([entry]) => {
    const box = entry?.devicePixelContentBoxSize[0];
    if (entry === undefined || box === undefined || box.inlineSize === 0 || box.blockSize === 0) return;
    width.value = entry.contentRect.width;
    picture.setViewport({ width: box.inlineSize, height: box.blockSize });
    // Now, not in the next frame: a canvas that changes its size is empty.
    draw();
  });
  onMounted(() => {
    painter = createPainter(layers.value!, draw);
    observer.observe(surface.value!, { box: 'device-pixel-content-box' });
  });
  onBeforeUnmount(() => {
    observer.disconnect();
    cancelAnimationFrame(asked);
    painter?.free();
    painter = null;
  });
  return { perCssPixel, cssView: computed(() => view.value && inCssPixels(view.value, perCssPixel.value)) };
}
