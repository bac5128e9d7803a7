import type { Point } from './camera.ts';
import { actionOf, type DragAction, dragGesture, wheelGesture } from './mouse.ts';
import type { PointerKind } from './viewer-context.ts';

/** What the pointer would do or does, for its shape. */
export type PointerMode = 'idle' | 'canPan' | 'panning' | 'adjusting' | 'zooming' | 'scrolling' | 'tool';

/** What the pointer does to a picture; places and ways in CSS pixels of the surface. */
export interface Gestures {
  zoom(factor: number, at: Point): void;
  pan(by: Point): void;
  /** Brightness and contrast. */
  adjust(by: Point): void;
  /** So many pictures on in the series. */
  scroll(by: number): void;
  toggle(at: Point): void;
  hasSeries(): boolean;
  /** Whether the tool in hand is another one than brightness and contrast. */
  hasTool(): boolean;
  /** Gives what happened to the tools. Whether one of them took it. */
  offer(kind: PointerKind, event: MouseEvent): boolean;
  onMode(mode: PointerMode): void;
}

/** A wheel's notch (100 px) zooms by about a fifth. */
const zoomPerPixel = 0.0018;
const zoomPerDragged = 0.006;
const pixelsPerLine = 33;
/** A pinch on a touchpad arrives as a wheel with Control and small steps. */
const pinchFactor = 6;
const leastNotch = 50;
/** So far a touchpad is stroked, or a button dragged, for one picture of the series. */
const pixelsPerPicture = 24;

type Held = DragAction | 'captured';
const modes: Record<Held, PointerMode> = {
  captured: 'tool',
  tool: 'tool',
  window: 'adjusting',
  windowOrPan: 'panning',
  pan: 'panning',
  zoom: 'zooming',
  scroll: 'scrolling',
  none: 'idle',
};

/** Listens for wheel, drags, pinches and double clicks on `surface`. Returns what ends it. */
export function listenForGestures(surface: HTMLElement, gestures: Gestures): () => void {
  const ended = new AbortController();
  const options = { signal: ended.signal };
  const held = new Map<number, Point>();
  let action: Held = 'none';
  let start: Point = { x: 0, y: 0 };
  let spaceHeld = false;
  let isOver = false;
  let scrolled = 0;

  const placeOf = (event: MouseEvent): Point => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const tellMode = (): void => gestures.onMode(held.size > 0 ? modes[action] : spaceHeld ? 'canPan' : 'idle');

  function actionFor(event: PointerEvent): Held {
    if (spaceHeld) return 'pan';
    const gesture = dragGesture(event);
    const wanted = gesture === null ? 'none' : actionOf(gesture);
    if (wanted === 'tool') {
      if (gestures.offer('down', event)) return 'captured';
      return gestures.hasTool() ? 'none' : 'window';
    }
    if (wanted === 'windowOrPan') return gestures.hasTool() ? 'window' : 'pan';
    return wanted;
  }
  function scrollBy(pixels: number): void {
    scrolled += pixels;
    const pictures = Math.trunc(scrolled / pixelsPerPicture);
    scrolled -= pictures * pixelsPerPicture;
    if (pictures !== 0) gestures.scroll(pictures);
  }

  function pressed(event: PointerEvent): void {
    surface.setPointerCapture(event.pointerId);
    // The middle button would scroll by itself, text would be selected.
    event.preventDefault();
    if (document.activeElement instanceof HTMLElement || document.activeElement instanceof SVGElement)
      document.activeElement.blur();
    const place = placeOf(event);
    const isSecond = held.size > 0;
    held.set(event.pointerId, place);
    if (isSecond) {
      if (action === 'captured') gestures.offer('cancel', event);
      action = 'pan';
    } else {
      start = place;
      scrolled = 0;
      action = actionFor(event);
    }
    tellMode();
  }
  function pinched(before: Point, now: Point, other: Point): void {
    const apart = (place: Point): number => Math.hypot(place.x - other.x, place.y - other.y);
    gestures.pan({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
    if (apart(before) > 0)
      gestures.zoom(apart(now) / apart(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
  }
  function moved(event: PointerEvent): void {
    const before = held.get(event.pointerId);
    if (before === undefined) {
      if (held.size === 0) gestures.offer('hover', event);
      return;
    }
    const now = placeOf(event);
    const by = { x: now.x - before.x, y: now.y - before.y };
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    held.set(event.pointerId, now);
    if (other !== undefined) pinched(before, now, other);
    else if (action === 'captured') {
      const passed = event.getCoalescedEvents();
      for (const each of passed.length > 0 ? passed : [event]) gestures.offer('move', each);
    } else if (action === 'pan') gestures.pan(by);
    else if (action === 'window') gestures.adjust(by);
    else if (action === 'zoom') gestures.zoom(Math.exp(-by.y * zoomPerDragged), start);
    else if (action === 'scroll') scrollBy(by.y);
  }
  function released(event: PointerEvent): void {
    if (!held.delete(event.pointerId)) return;
    if (action === 'captured') gestures.offer(event.type === 'pointerup' ? 'up' : 'cancel', event);
    if (held.size === 0) action = 'none';
    tellMode();
  }
  function turned(event: WheelEvent): void {
    event.preventDefault();
    // With Shift some systems turn the wheel sideways.
    const delta = event.deltaY || event.deltaX;
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? delta * pixelsPerLine : delta;
    const isNotch = Math.abs(pixels) >= leastNotch;
    const isPinch = event.ctrlKey && !isNotch;
    const wanted = isPinch ? 'zoom' : actionOf(wheelGesture(event));
    const scrolls = wanted === 'scroll' || (wanted === 'scrollOrZoom' && gestures.hasSeries());
    if (scrolls && isNotch) gestures.scroll(Math.sign(pixels));
    else if (scrolls) scrollBy(pixels);
    else if (wanted === 'zoom' || wanted === 'scrollOrZoom')
      gestures.zoom(Math.exp(-pixels * zoomPerPixel * (isPinch ? pinchFactor : 1)), placeOf(event));
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
  surface.addEventListener(
    'pointerleave',
    (event) => {
      isOver = false;
      gestures.offer('leave', event);
    },
    options,
  );
  surface.addEventListener('wheel', turned, { ...options, passive: false });
  surface.addEventListener('contextmenu', (event) => event.preventDefault(), options);
  surface.addEventListener(
    'dblclick',
    (event) => {
      if (!gestures.offer('double', event)) gestures.toggle(placeOf(event));
    },
    options,
  );
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
