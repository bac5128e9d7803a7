import { computed, type ComputedRef, type ShallowRef } from 'vue';

import type { Point } from './camera.ts';
import type { PreparedPicture } from './picture-cache.ts';
import { viewerSettings } from './settings.ts';
import { toPicture, toViewport, type View } from './transform.ts';
import type { Seen } from './use-picture.ts';
import { meaningOf, valueOf } from './values.ts';
import type { PointerHandler, PointerKind, Sample, ViewerContext, ViewerGeometry } from './viewer-context.ts';

/** What a context is made of. */
export interface ContextSource {
  src(): string | null;
  seen: ShallowRef<Seen>;
  /** In CSS pixels. */
  view: ComputedRef<View | null>;
  size: Readonly<ShallowRef<{ width: number; height: number } | null>>;
  /** Moves the picture by so many CSS pixels. */
  pan(by: Point): void;
  /** A place of the pointer in CSS pixels from the viewer's corner. */
  placeOf(event: MouseEvent): Point;
}

/** What a viewer offers to tools, and the way by which its gestures reach them. */
export function createContext({ src, seen, view, size, pan, placeOf }: ContextSource): {
  context: ViewerContext;
  /** Whether a tool took it. */
  offer(kind: PointerKind, event: MouseEvent): boolean;
} {
  const handlers: PointerHandler[] = [];
  let captor: PointerHandler | null = null;

  const picture = computed<PreparedPicture | null>(() => {
    const now = seen.value;
    return now.kind === 'picture' && now.src === src() ? now.picture : null;
  });
  const geometry = computed<ViewerGeometry | null>(() => {
    const now = seen.value;
    if (now.kind === 'nothing' || now.src !== src() || view.value === null || size.value === null)
      return null;
    const shown = view.value;
    const { turns, mirrored } = shown.orientation;
    return {
      size: size.value,
      scale: shown.camera.scale,
      spacing: picture.value?.display?.spacing ?? null,
      rotation: (turns * 90) as ViewerGeometry['rotation'],
      mirrored,
      toScreen: (at) => toViewport(shown, at),
      toPicture: (at) => toPicture(shown, at),
    };
  });

  let last: Point = { x: 0, y: 0 };

  function tell(handler: PointerHandler, kind: PointerKind, event: MouseEvent): boolean {
    const now = geometry.value;
    if (now === null) return false;
    last = now.toPicture(placeOf(event));
    return handler({ kind, at: last, event });
  }
  /** To the handler that has the gesture. What is not shown any more cannot be drawn on: its gesture is given up. */
  function goOn(kind: 'move' | 'up' | 'cancel', event: MouseEvent): boolean {
    const handler = captor;
    if (handler === null) return false;
    if (kind !== 'move' || geometry.value === null) captor = null;
    if (geometry.value === null) handler({ kind: 'cancel', at: last, event });
    else tell(handler, kind, event);
    return true;
  }

  return {
    context: {
      picture,
      src: computed(src),
      geometry,
      tool: computed(() => viewerSettings.tool),
      lookAt(at) {
        if (view.value === null) return;
        const { width, height } = view.value.viewport;
        const place = toViewport(view.value, at);
        pan({ x: width / 2 - place.x, y: height / 2 - place.y });
      },
      sampleAt: (at) => sampleOf(picture.value, at),
      onPointer(handler) {
        handlers.push(handler);
        return () => {
          handlers.splice(handlers.indexOf(handler), 1);
          if (captor === handler) captor = null;
        };
      },
    },
    offer(kind, event) {
      if (kind === 'move' || kind === 'up' || kind === 'cancel') return goOn(kind, event);
      const taker = handlers.toReversed().find((handler) => tell(handler, kind, event)) ?? null;
      if (kind === 'down') captor = taker;
      return taker !== null;
    },
  };
}

function sampleOf(picture: PreparedPicture | null, at: Point): Sample | null {
  const whole = picture?.levels[0];
  const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
  if (!picture || !whole || x < 0 || y < 0 || x >= whole.width || y >= whole.height) return null;
  const start = (y * whole.width + x) * whole.channels;
  const samples = [...whole.samples.subarray(start, start + whole.channels)];
  const meaning = meaningOf(picture.display);
  return { x, y, samples, values: samples.map((sample) => valueOf(meaning, sample)), unit: meaning.unit };
}
