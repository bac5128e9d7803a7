import { onBeforeUnmount, type Ref, shallowRef } from 'vue';

import { positionAt, positionsIn, type Rectangle } from './grid-geometry.ts';
import { type Modifiers, selectAt, type Selection, selectLasso } from './selection.ts';
import type { GridScroll } from './use-grid-scroll.ts';

/** A pointer that moved less has clicked. */
const clickPx = 5;
/** So near the edge of the window the content moves along. */
const edgePx = 28;
const pxPerFrame = 18;

interface Drag {
  readonly startX: number;
  readonly startY: number;
  readonly before: Selection;
  readonly position: number | null;
  readonly keys: Modifiers;
  clientX: number;
  clientY: number;
  moved: boolean;
}

const keysOf = (event: PointerEvent): Modifiers => ({
  toggle: event.ctrlKey || event.metaKey,
  extend: event.shiftKey,
});

/**
 * Clicks and lassos: a press that moves draws a rectangle, one that does not selects the picture under it; on empty
 * ground it selects nothing. Places are those of the content, so a lasso holds while the grid scrolls under it.
 */
export function useLasso(element: Ref<HTMLElement | null>, scroll: GridScroll, selection: Ref<Selection>) {
  const rectangle = shallowRef<Rectangle | null>(null);
  let drag: Drag | null = null;
  let frame = 0;

  function placeOf(clientX: number, clientY: number): { x: number; y: number } {
    const box = element.value!.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top + scroll.offset.value };
  }

  function pressed(event: PointerEvent): void {
    const place = element.value;
    if (place === null || event.button !== 0 || event.pointerType === 'touch') return;
    // A press on the scroll bar is not one on the grid.
    if (event.clientX - place.getBoundingClientRect().left >= place.clientWidth) return;
    const { x, y } = placeOf(event.clientX, event.clientY);
    drag = {
      startX: x,
      startY: y,
      before: selection.value,
      position: positionAt(scroll.geometry.value, x, y),
      keys: keysOf(event),
      clientX: event.clientX,
      clientY: event.clientY,
      moved: false,
    };
    place.setPointerCapture(event.pointerId);
  }

  function dragged(event: PointerEvent): void {
    if (drag === null) return;
    const movedPx = Math.hypot(event.clientX - drag.clientX, event.clientY - drag.clientY);
    if (!drag.moved && movedPx < clickPx) return;
    Object.assign(drag, { moved: true, clientX: event.clientX, clientY: event.clientY });
    draw();
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(along);
  }

  function draw(): void {
    if (drag === null) return;
    const { x, y } = placeOf(drag.clientX, drag.clientY);
    rectangle.value = {
      left: Math.min(x, drag.startX),
      top: Math.min(y, drag.startY),
      right: Math.max(x, drag.startX),
      bottom: Math.max(y, drag.startY),
    };
    const touched = positionsIn(scroll.geometry.value, rectangle.value);
    selection.value = selectLasso(drag.before, touched, drag.keys.toggle || drag.keys.extend);
  }

  /** Scrolls on while the pointer is held at an edge. */
  function along(): void {
    if (drag === null || element.value === null) return;
    const box = element.value.getBoundingClientRect();
    const above = box.top + edgePx - drag.clientY;
    const below = drag.clientY - (box.bottom - edgePx);
    const by = above > 0 ? -above : below > 0 ? below : 0;
    if (by === 0) return;
    scroll.scrollTo(scroll.offset.value + Math.sign(by) * Math.min(pxPerFrame, Math.abs(by)));
    draw();
    frame = requestAnimationFrame(along);
  }

  function released(event: PointerEvent): void {
    if (drag === null) return;
    const { moved, position, keys, before } = drag;
    stop();
    if (moved || event.type !== 'pointerup') return;
    if (position !== null) selection.value = selectAt(before, position, keys);
    else if (!keys.toggle && !keys.extend) selection.value = { ...before, ranges: [] };
  }

  function stop(): void {
    drag = null;
    rectangle.value = null;
    cancelAnimationFrame(frame);
  }
  onBeforeUnmount(stop);

  return { rectangle, pressed, dragged, released };
}
