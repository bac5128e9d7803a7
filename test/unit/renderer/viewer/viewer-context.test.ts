import { effectScope, type EffectScope, ref, shallowRef } from 'vue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { PictureDisplay } from '../../../../src/contract/decode.ts';
import type { Point } from '../../../../src/renderer/viewer/camera.ts';
import { createContext } from '../../../../src/renderer/viewer/create-context.ts';
import { viewerSettings } from '../../../../src/renderer/viewer/settings.ts';
import { escapeTool } from '../../../../src/renderer/viewer/tools.ts';
import { square, upright, type View } from '../../../../src/renderer/viewer/transform.ts';
import { type Measuring, useMeasuring } from '../../../../src/renderer/viewer/use-measuring.ts';
import type { Seen } from '../../../../src/renderer/viewer/use-picture.ts';
import type { PointerHandler, PointerKind } from '../../../../src/renderer/viewer/viewer-context.ts';

const display: PictureDisplay = {
  slope: 2,
  intercept: -100,
  unit: 'HU',
  windows: [],
  spacing: { row: 2, column: 0.5, at: 'patient' },
};
const size = { width: 40, height: 20 };
const seenAs = (src: string): Seen => ({
  kind: 'picture',
  src,
  picture: {
    url: src,
    levels: [{ ...size, channels: 1, samples: Uint16Array.from({ length: 800 }, (_, index) => index) }],
    display,
    usualWindow: { centre: 1, width: 1 },
    bytes: 1600,
  },
});

/** A picture seen at twice its size, its corner in the viewer's. */
function viewer() {
  const src = ref('a');
  const seen = shallowRef(seenAs('a'));
  const view = shallowRef<View | null>({
    camera: { x: 20, y: 10, scale: 2 },
    stretch: square,
    orientation: upright,
    viewport: { width: 80, height: 40 },
  });
  const made = createContext({
    src: () => src.value,
    seen,
    view: view as never,
    size: shallowRef(size),
    pan: () => undefined,
    placeOf: ({ clientX, clientY }) => ({ x: clientX, y: clientY }),
  });
  const point = (kind: PointerKind, x: number, y: number): boolean =>
    made.offer(kind, { clientX: x, clientY: y, target: null } as MouseEvent);
  return { ...made, src, seen, view, point };
}
const heard = (answer: boolean): { handler: PointerHandler; log: [PointerKind, Point][] } => {
  const log: [PointerKind, Point][] = [];
  return {
    log,
    handler: ({ kind, at }) => {
      log.push([kind, at]);
      return answer;
    },
  };
};

describe('a viewer’s pointer', () => {
  it('comes in pixels of the picture, to the newest handler first, and stays with the one that took it', () => {
    const { context, point } = viewer();
    const [first, taker, passing] = [heard(true), heard(true), heard(false)];
    for (const { handler } of [first, taker, passing]) context.onPointer(handler);
    expect(point('down', 20, 10)).toBe(true);
    expect(point('move', 30, 12)).toBe(true);
    expect(point('up', 30, 12)).toBe(true);
    expect(passing.log).toEqual([['down', { x: 10, y: 5 }]]);
    expect(taker.log).toEqual([
      ['down', { x: 10, y: 5 }],
      ['move', { x: 15, y: 6 }],
      ['up', { x: 15, y: 6 }],
    ]);
    expect(first.log).toEqual([]);
    expect(point('move', 0, 0)).toBe(false);
  });

  it('is nobody’s where nobody takes it, or the handler is gone', () => {
    const { context, point } = viewer();
    const stop = context.onPointer(heard(true).handler);
    stop();
    context.onPointer(heard(false).handler);
    expect(point('down', 1, 1)).toBe(false);
  });

  it('gives a gesture up when another picture is asked for', () => {
    const { context, point, src, seen } = viewer();
    const tool = heard(true);
    context.onPointer(tool.handler);
    point('down', 20, 10);
    src.value = 'b';
    expect(context.geometry.value).toBeNull();
    point('move', 22, 10);
    point('up', 22, 10);
    expect(tool.log.map(([kind]) => kind)).toEqual(['down', 'cancel']);
    seen.value = seenAs('b');
    expect(context.geometry.value).toMatchObject({ scale: 2, rotation: 0, size });
  });

  it('knows samples and what they mean, and nothing outside', () => {
    const { context } = viewer();
    expect(context.sampleAt({ x: 3.9, y: 2.1 })).toEqual({
      x: 3,
      y: 2,
      samples: [83],
      values: [66],
      unit: 'HU',
    });
    expect(context.sampleAt({ x: -0.1, y: 2 })).toBeNull();
    expect(context.sampleAt({ x: 3, y: 20 })).toBeNull();
  });
});

describe('measuring', () => {
  let scope: EffectScope;
  beforeEach(() => (scope = effectScope()));
  afterEach(() => {
    scope.run(() => measuring.clear());
    scope.stop();
    viewerSettings.tool = 'window';
  });
  let measuring: Measuring;
  function measure() {
    const made = viewer();
    measuring = scope.run(() => useMeasuring(made.context))!;
    return made;
  }
  const words = (): string[] => measuring.shown.value.map((each) => measuring.words(each));

  it('draws a ruler live, and moves and removes it', () => {
    const { point } = measure();
    viewerSettings.tool = 'ruler';
    point('down', 0, 0);
    point('move', 32, 0);
    expect(words()).toEqual(['8.0 mm']);
    point('move', 0, 16);
    point('up', 0, 16);
    expect(words()).toEqual(['16.0 mm']);
    const { id } = measuring.shown.value[0]!;
    expect(measuring.selected.value).toEqual({ id, index: 1 });
    measuring.movePoint(id, 1, { x: 999, y: 0 });
    expect(words()).toEqual(['20.0 mm']);
    measuring.remove(id);
    expect([words(), measuring.selected.value]).toEqual([[], null]);
  });

  it('takes a ruler of no length for a click, and nothing of one that was given up', () => {
    const { point } = measure();
    viewerSettings.tool = 'ruler';
    point('down', 10, 10);
    point('up', 11, 10);
    point('down', 10, 10);
    point('move', 40, 10);
    point('cancel', 40, 10);
    expect(words()).toEqual([]);
  });

  it('draws an angle arm by arm', () => {
    const { point } = measure();
    viewerSettings.tool = 'angle';
    point('down', 40, 0);
    point('move', 0, 0);
    point('up', 0, 0);
    expect(point('hover', 0, 20)).toBe(true);
    point('down', 0, 30);
    point('up', 0, 30);
    expect(point('hover', 10, 10)).toBe(false);
    expect(words()).toEqual(['90.0°']);
  });

  it('ends with Escape: first the angle that lacks an arm, then the tool', () => {
    const { point } = measure();
    viewerSettings.tool = 'angle';
    point('down', 40, 0);
    point('move', 0, 0);
    point('up', 0, 0);
    expect([escapeTool(), measuring.shown.value, viewerSettings.tool]).toEqual([true, [], 'angle']);
    expect([escapeTool(), viewerSettings.tool]).toEqual([true, 'window']);
    expect(escapeTool()).toBe(false);
  });

  it('reads values off, and keeps what was measured with its picture', () => {
    const { point, src, seen } = measure();
    viewerSettings.tool = 'probe';
    point('hover', 6, 4);
    expect(measuring.readout.value).toBe('x 3 y 2: 66 HU');
    point('down', 6, 4);
    point('up', 6, 4);
    expect(words()).toEqual(['66 HU']);
    src.value = 'b';
    seen.value = seenAs('b');
    expect(words()).toEqual([]);
    src.value = 'a';
    seen.value = seenAs('a');
    expect(words()).toEqual(['66 HU']);
  });

  it('leaves the pointer alone while nothing to measure with is in hand', () => {
    const { point } = measure();
    expect(point('down', 6, 4)).toBe(false);
    expect(point('double', 6, 4)).toBe(false);
  });
});
