import { describe, expect, it } from 'vitest';

import { fit, type Point } from '../../../../src/renderer/viewer/camera.ts';
import {
  flippedSideways,
  flippedUpsideDown,
  inCssPixels,
  isUpright,
  type Orientation,
  orientationWords,
  pictureMatrix,
  square,
  stretched,
  stretchOf,
  toPicture,
  toViewport,
  turned,
  turnedEdges,
  turningMatrix,
  unturned,
  unturnedSize,
  upright,
  type View,
} from '../../../../src/renderer/viewer/transform.ts';

const all: Orientation[] = [0, 1, 2, 3].flatMap((turns) =>
  [false, true].map((mirrored) => ({ turns: turns as Orientation['turns'], mirrored })),
);
const viewport = { width: 200, height: 100 };
const view = (orientation: Orientation, stretch: Point = square): View => ({
  camera: { x: 30, y: 12, scale: 2 },
  stretch,
  orientation,
  viewport,
});
const near = (found: Point, expected: Point): void => {
  expect(found.x).toBeCloseTo(expected.x, 9);
  expect(found.y).toBeCloseTo(expected.y, 9);
};
const applied = (
  [a, b, c, d, e, f]: readonly [number, number, number, number, number, number],
  { x, y }: Point,
): Point => ({ x: a * x + c * y + e, y: b * x + d * y + f });

describe('orientation', () => {
  it('has eight states that turning and mirroring as seen lead to', () => {
    const key = (orientation: Orientation): string => JSON.stringify(orientation);
    const reached = new Set([key(upright)]);
    const open = [upright];
    for (let now = open.pop(); now !== undefined; now = open.pop()) {
      for (const next of [turned(now, 1), flippedSideways(now)]) {
        if (!reached.has(key(next))) open.push(next);
        reached.add(key(next));
      }
    }
    expect([...reached].sort()).toEqual(all.map(key).sort());
  });

  it.each(all)('is undone by the opposite: $turns quarters, mirrored $mirrored', (orientation) => {
    expect(turned(turned(orientation, 1), -1)).toEqual(orientation);
    expect(flippedSideways(flippedSideways(orientation))).toEqual(orientation);
    expect(flippedUpsideDown(flippedUpsideDown(orientation))).toEqual(orientation);
  });

  it('turns clockwise and mirrors as seen', () => {
    const corner = { x: 30 + 10, y: 12 + 5 };
    const seen = (orientation: Orientation): Point => {
      const { x, y } = toViewport(view(orientation), corner);
      return { x: x - 100, y: y - 50 };
    };
    near(seen(upright), { x: 20, y: 10 });
    // What was right is below, what was below is left.
    near(seen(turned(upright, 1)), { x: -10, y: 20 });
    near(seen(turned(upright, 2)), { x: -20, y: -10 });
    near(seen(turned(upright, -1)), { x: 10, y: -20 });
    near(seen(flippedSideways(turned(upright, 1))), { x: 10, y: 20 });
    near(seen(flippedUpsideDown(turned(upright, 1))), { x: -10, y: -20 });
  });

  it('has words wherever it is not upright', () => {
    expect(all.filter((orientation) => orientationWords(orientation) === '')).toEqual([upright]);
    expect(all.filter(isUpright)).toEqual([upright]);
    expect(new Set(all.map(orientationWords)).size).toBe(8);
  });
});

describe.each(all)('a picture with $turns quarters, mirrored $mirrored', (orientation) => {
  const places: Point[] = [
    { x: 0, y: 0 },
    { x: 63.5, y: 12.25 },
    { x: 30, y: 77 },
  ];

  it('is found again under the place where it is seen', () => {
    for (const at of places) near(toPicture(view(orientation), toViewport(view(orientation), at)), at);
  });

  it('has its camera’s place in the middle', () => {
    near(toViewport(view(orientation), { x: 30, y: 12 }), { x: 100, y: 50 });
  });

  it('is drawn where its matrix says', () => {
    for (const at of places)
      near(applied(pictureMatrix(view(orientation)), at), toViewport(view(orientation), at));
  });

  it('is drawn by the canvas through the viewport of an upright one', () => {
    for (const at of places) {
      const place = unturned(orientation, viewport, at);
      near(applied(turningMatrix(orientation, viewport), place), at);
    }
  });

  it('lies the same in CSS pixels', () => {
    const seen = toViewport(view(orientation), places[1]!);
    near(toViewport(inCssPixels(view(orientation), 2), places[1]!), { x: seen.x / 2, y: seen.y / 2 });
  });

  it('fits with its corners on two edges', () => {
    const picture = { width: 60, height: 25 };
    const camera = fit(picture, unturnedSize(orientation, viewport));
    const corners = [
      toViewport({ camera, stretch: square, orientation, viewport }, { x: 0, y: 0 }),
      toViewport({ camera, stretch: square, orientation, viewport }, { x: 60, y: 25 }),
    ];
    const left = Math.min(corners[0]!.x, corners[1]!.x);
    const top = Math.min(corners[0]!.y, corners[1]!.y);
    expect(Math.min(left, top)).toBeCloseTo(0, 9);
    expect(left).toBeGreaterThanOrEqual(-1e-9);
    expect(top).toBeGreaterThanOrEqual(-1e-9);
  });
});

describe('pixels that are not square', () => {
  it('are as long across and down as the patient is there', () => {
    expect(stretchOf({ row: 2, column: 0.5 })).toEqual({ x: 1, y: 4 });
    expect(stretchOf({ row: 0.5, column: 0.75 })).toEqual({ x: 1.5, y: 1 });
    expect(stretched({ width: 10, height: 20 }, { x: 1, y: 4 })).toEqual({ width: 10, height: 80 });
    // Rounded in the header, unknown, or no spacing of anything.
    for (const spacing of [null, { row: 0.3125, column: 0.31251 }, { row: 0.1, column: 100 }])
      expect(stretchOf(spacing)).toBe(square);
  });

  it.each(all)('lie where the matrix puts them: $turns quarters, mirrored $mirrored', (orientation) => {
    const stretch = { x: 1, y: 4 };
    const seen = view(orientation, stretch);
    // The camera's place is in pixels times the stretch.
    near(toViewport(seen, { x: 30, y: 3 }), { x: 100, y: 50 });
    const [at, right, below] = [
      { x: 30, y: 3 },
      { x: 31, y: 3 },
      { x: 30, y: 4 },
    ].map((place) => toViewport(seen, place)) as [Point, Point, Point];
    expect(Math.hypot(right.x - at.x, right.y - at.y)).toBeCloseTo(2, 9);
    expect(Math.hypot(below.x - at.x, below.y - at.y)).toBeCloseTo(8, 9);
    for (const place of [
      { x: 0, y: 0 },
      { x: 7.5, y: 11 },
    ]) {
      near(toPicture(seen, toViewport(seen, place)), place);
      near(applied(pictureMatrix(seen), place), toViewport(seen, place));
      near(toViewport(inCssPixels(seen, 2), place), {
        x: toViewport(seen, place).x / 2,
        y: toViewport(seen, place).y / 2,
      });
    }
  });
});

it('keeps what stands at the edges of a picture at its edges', () => {
  const middles = {
    left: { x: 0, y: 12 },
    top: { x: 30, y: 0 },
    right: { x: 60, y: 12 },
    bottom: { x: 30, y: 24 },
  };
  for (const orientation of all) {
    const { left, top, right, bottom } = turnedEdges(orientation, middles);
    const seen = (at: Point): Point => toViewport(view(orientation), at);
    expect(seen(left).x).toBeLessThan(seen(right).x);
    expect(seen(top).y).toBeLessThan(seen(bottom).y);
    near({ x: seen(left).y, y: seen(top).x }, { x: seen(right).y, y: seen(bottom).x });
  }
});
