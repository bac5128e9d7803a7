import { computed, onBeforeUnmount, onMounted, ref, type Ref, shallowRef, watch } from 'vue';

import { layoutGrid, revealOffset, rowsWithin, rowTop, scrollScale } from './grid-geometry.ts';
import type { Range } from './ranges.ts';

/** After so long without a movement, scrubbing has ended. */
const restMs = 90;
/** From so many windows a second on, nobody sees the pictures that pass: they wait for the end of the movement. */
const scrubWindowsPerSecond = 7;
/** Slower again, they are looked at, although the movement has not ended. */
const lookWindowsPerSecond = 5;
/** Two movements within one frame tell no speed. */
const leastFrameMs = 16;

/** Where frames are slow, a long one is no rest: else loading between them makes them slower still. */
const restAfter = (passedMs: number): number => Math.min(4 * restMs, Math.max(restMs, 2.5 * passedMs));

/** Scrolling of the grid: what is in the window, where the rows stand, and whether one is scrubbing past them. */
export function useGridScroll(element: Ref<HTMLElement | null>, total: Ref<number>, sizePx: Ref<number>) {
  const widthPx = ref(0);
  const heightPx = ref(0);
  /** Place in the content at the top of the window. */
  const offset = ref(0);
  const scrollTop = ref(0);
  const scrubbing = ref(false);
  const direction = shallowRef<1 | -1>(1);
  let resting: ReturnType<typeof setTimeout> | undefined;
  let lastMs = 0;
  let windowsPerSecond = 0;
  let observer: ResizeObserver | null = null;
  /** The place that we asked the scroll bar to show: finer than its pixels when it is scaled. */
  let asked: { scrollTop: number; offset: number } | null = null;

  const geometry = computed(() => layoutGrid(widthPx.value, total.value, sizePx.value));
  const scale = computed(() => scrollScale(geometry.value, heightPx.value));
  const rows = computed<Range>((before) => {
    const spare = Math.ceil(heightPx.value / geometry.value.rowPx / 2);
    const now = rowsWithin(geometry.value, offset.value, offset.value + heightPx.value, spare);
    // Most movements stay within the same rows: nothing is drawn again for them.
    return before?.[0] === now[0] && before[1] === now[1] ? before : now;
  });
  /** By how much rows stand lower in the scrolled element than in the content: 0 unless the scroll bar is scaled. */
  const shift = computed(() => scrollTop.value - offset.value);
  /** Where a row stands in the scrolled element. */
  const topOf = (row: number): number => rowTop(geometry.value, row) + shift.value;

  function scrolled(): void {
    const place = element.value;
    if (place === null) return;
    const top = place.scrollTop;
    if (asked !== null && Math.abs(asked.scrollTop - top) > 1) asked = null;
    const to = asked?.offset ?? scale.value.toContent(top);
    const by = to - offset.value;
    if (by !== 0) direction.value = by > 0 ? 1 : -1;
    const passedMs = measureSpeed(Math.abs(by));
    offset.value = scale.value.scaled ? to : top;
    scrollTop.value = top;
    clearTimeout(resting);
    resting = setTimeout(() => {
      scrubbing.value = false;
      windowsPerSecond = 0;
    }, restAfter(passedMs));
  }

  /** A single jump, as by End, is no scrubbing: its pictures are wanted at once. */
  function measureSpeed(px: number): number {
    const now = performance.now();
    const passedMs = now - lastMs;
    lastMs = now;
    if (passedMs > restMs * 4) windowsPerSecond = 0;
    else {
      const speed = (px / Math.max(1, heightPx.value) / Math.max(leastFrameMs, passedMs)) * 1000;
      windowsPerSecond = 0.6 * windowsPerSecond + 0.4 * speed;
    }
    if (windowsPerSecond > scrubWindowsPerSecond) scrubbing.value = true;
    else if (windowsPerSecond < lookWindowsPerSecond) scrubbing.value = false;
    return passedMs;
  }

  function scrollTo(to: number): void {
    const place = element.value;
    if (place === null) return;
    const wanted = Math.min(scale.value.furthest, Math.max(0, to));
    asked = { scrollTop: scale.value.toScroll(wanted), offset: wanted };
    place.scrollTop = asked.scrollTop;
    if (wanted !== offset.value) scrolled();
  }

  /** A scaled scroll bar would make a wheel jump over rows, so the wheel moves the content itself. */
  function wheeled(event: WheelEvent): void {
    if (!scale.value.scaled || event.ctrlKey) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 40 : event.deltaMode === 2 ? heightPx.value : 1;
    scrollTo(offset.value + event.deltaY * unit);
  }

  function reveal(position: number): void {
    scrollTo(revealOffset(geometry.value, position, offset.value, heightPx.value));
  }

  onMounted(() => {
    const place = element.value!;
    observer = new ResizeObserver(() => {
      widthPx.value = place.clientWidth;
      heightPx.value = place.clientHeight;
    });
    observer.observe(place);
    widthPx.value = place.clientWidth;
    heightPx.value = place.clientHeight;
  });
  onBeforeUnmount(() => {
    observer?.disconnect();
    clearTimeout(resting);
  });

  // The picture at the top stays there when columns or sizes change.
  watch(
    geometry,
    (now, before) => {
      const alike = now.columns === before.columns && now.rowPx === before.rowPx;
      if (alike || now.total !== before.total) return;
      const row = Math.floor((offset.value - rowTop(before, 0)) / before.rowPx);
      if (row <= 0) return;
      const within = offset.value - rowTop(before, row);
      scrollTo(rowTop(now, Math.floor((row * before.columns) / now.columns)) + within);
    },
    { flush: 'post' },
  );

  return {
    geometry,
    scale,
    rows,
    offset,
    heightPx,
    direction,
    scrubbing,
    topOf,
    scrolled,
    wheeled,
    scrollTo,
    reveal,
  };
}
export type GridScroll = ReturnType<typeof useGridScroll>;
