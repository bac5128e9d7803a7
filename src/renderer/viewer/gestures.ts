import type { Point } from './camera.ts';

/** What the pointer does to a picture; places and ways in CSS pixels of the surface. */
export interface Gestures {
  zoom(factor: number, at: Point): void;
  pan(by: Point): void;
  /** Brightness and contrast. */
  adjust(by: Point): void;
  toggle(at: Point): void;
  /** What the pointer would do, for its shape. */
  onMode(mode: 'idle' | 'canPan' | 'panning' | 'adjusting'): void;
}

/** A wheel's notch (100 px) zooms by about a fifth. */
const zoomPerPixel = 0.0018;
const pixelsPerLine = 33;
/** A pinch on a touchpad arrives as a wheel with small steps. */
const pinchFactor = 6;

const rightButton = 2;
const middleButton = 1;

/** Listens for wheel, drags, pinches and double clicks on `surface`. Returns what ends it. */
export function listenForGestures(surface: HTMLElement, gestures: Gestures): () => void {
  const ended = new AbortController();
  const options = { signal: ended.signal };
  const held = new Map<number, Point>();
  let mode: 'pan' | 'adjust' = 'adjust';
  let spaceHeld = false;
  let isOver = false;

  const placeOf = (event: MouseEvent): Point => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const tellMode = (): void => {
    if (held.size > 0) gestures.onMode(mode === 'pan' ? 'panning' : 'adjusting');
    else gestures.onMode(spaceHeld ? 'canPan' : 'idle');
  };

  function pressed(event: PointerEvent): void {
    surface.setPointerCapture(event.pointerId);
    held.set(event.pointerId, placeOf(event));
    const pans = held.size > 1 || spaceHeld || event.button === middleButton || event.button === rightButton;
    mode = pans ? 'pan' : 'adjust';
    // The middle button would scroll by itself, text would be selected.
    event.preventDefault();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    tellMode();
  }
  function moved(event: PointerEvent): void {
    const before = held.get(event.pointerId);
    if (before === undefined) return;
    const now = placeOf(event);
    const by = { x: now.x - before.x, y: now.y - before.y };
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    held.set(event.pointerId, now);
    if (other !== undefined) {
      const apart = (place: Point): number => Math.hypot(place.x - other.x, place.y - other.y);
      gestures.pan({ x: by.x / 2, y: by.y / 2 });
      if (apart(before) > 0)
        gestures.zoom(apart(now) / apart(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else if (mode === 'pan') gestures.pan(by);
    else gestures.adjust(by);
  }
  function released(event: PointerEvent): void {
    held.delete(event.pointerId);
    tellMode();
  }
  function turned(event: WheelEvent): void {
    event.preventDefault();
    const pixels =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * pixelsPerLine : event.deltaY;
    const perPixel = event.ctrlKey ? zoomPerPixel * pinchFactor : zoomPerPixel;
    gestures.zoom(Math.exp(-pixels * perPixel), placeOf(event));
  }
  function space(event: KeyboardEvent): void {
    const isHeld = event.type === 'keydown' && isOver;
    if (event.key !== ' ' || isHeld === spaceHeld || (isHeld && usesSpace(event.target))) return;
    spaceHeld = isHeld;
    tellMode();
  }

  surface.addEventListener('pointerdown', pressed, options);
  surface.addEventListener('pointermove', moved, options);
  surface.addEventListener('pointerup', released, options);
  surface.addEventListener('pointercancel', released, options);
  surface.addEventListener('pointerenter', () => (isOver = true), options);
  surface.addEventListener('pointerleave', () => (isOver = false), options);
  surface.addEventListener('wheel', turned, { ...options, passive: false });
  surface.addEventListener('contextmenu', (event) => event.preventDefault(), options);
  surface.addEventListener('dblclick', (event) => gestures.toggle(placeOf(event)), options);
  window.addEventListener('keydown', space, options);
  window.addEventListener('keyup', space, options);
  return () => ended.abort();
}

/** Whether a focused control does something with the space bar. */
function usesSpace(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, button, a, summary, [contenteditable], [role="dialog"]') !== null
  );
}
