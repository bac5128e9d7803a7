import { describe, expect, it } from 'vitest';

import type { Shape } from '../../../../src/contract/annotation.ts';
import {
  boundsOf,
  boxBetween,
  grownBy,
  handlesOf,
  holds,
  middleOf,
  movedBy,
  simplified,
  withHandleAt,
  withoutVertex,
  withVertexAt,
} from '../../../../src/renderer/features/read/annotate/shape-geometry.ts';

const size = { width: 100, height: 80 };
const box: Shape = { kind: 'box', x: 10, y: 20, width: 30, height: 10 };
const triangle: Shape = {
  kind: 'polygon',
  points: [
    [10, 10],
    [50, 10],
    [30, 40],
  ],
};
/** A ring of pixels around one that is left out. */
const ring: Shape = { kind: 'mask', x: 5, y: 5, width: 3, height: 3, runs: [0, 4, 1, 4] };

describe('boxes', () => {
  it('are drawn in any direction, and end at the picture', () => {
    expect(boxBetween({ x: 40, y: 30 }, { x: 10, y: 20 }, size)).toEqual(box);
    expect(boxBetween({ x: 90, y: 70 }, { x: 300, y: 300 }, size)).toEqual({
      ...{ kind: 'box', x: 90, y: 70, width: 10, height: 10 },
    });
    expect(boxBetween({ x: 10, y: 10 }, { x: 10.5, y: 40 }, size)).toBeNull();
    expect(boxBetween({ x: 200, y: 10 }, { x: 300, y: 40 }, size)).toBeNull();
  });

  it('have eight handles, each of which moves its own sides, also past the opposite one', () => {
    expect(handlesOf(box).map(({ handle }) => handle)).toEqual(['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w']);
    expect(withHandleAt(box, 'se', { x: 50, y: 50 }, size)).toMatchObject({
      x: 10,
      y: 20,
      width: 40,
      height: 30,
    });
    expect(withHandleAt(box, 'n', { x: 0, y: 5 }, size)).toMatchObject({
      x: 10,
      y: 5,
      width: 30,
      height: 25,
    });
    expect(withHandleAt(box, 'w', { x: 60, y: 0 }, size)).toMatchObject({
      x: 40,
      y: 20,
      width: 20,
      height: 10,
    });
    expect(withHandleAt(box, 'e', { x: 10.2, y: 0 }, size)).toBe(box);
  });

  it('grow at their lower right corner, and do not turn over', () => {
    expect(grownBy(box, { x: 5, y: -1 }, size)).toMatchObject({ x: 10, y: 20, width: 35, height: 9 });
    expect(grownBy(box, { x: -40, y: 0 }, size)).toBe(box);
    expect(grownBy(triangle, { x: 5, y: 0 }, size)).toBe(triangle);
  });
});

describe('moving', () => {
  it('keeps every kind of shape in the picture', () => {
    expect(movedBy(box, { x: 1000, y: -1000 }, size)).toMatchObject({ x: 70, y: 0, width: 30, height: 10 });
    expect(boundsOf(movedBy(triangle, { x: -30, y: 2.5 }, size))).toEqual({
      x: 0,
      y: 12.5,
      width: 40,
      height: 30,
    });
    expect(movedBy({ kind: 'point', x: 1, y: 1 }, { x: -5, y: 0 }, size)).toEqual({
      kind: 'point',
      x: 0,
      y: 1,
    });
  });

  it('moves masks by whole pixels', () => {
    expect(movedBy(ring, { x: 2.6, y: -0.4 }, size)).toMatchObject({ x: 8, y: 5, runs: [0, 4, 1, 4] });
  });
});

describe('polygons', () => {
  it('lose vertices down to three', () => {
    const square: Shape = { kind: 'polygon', points: [...triangle.points, [5, 30]] };
    expect(withoutVertex(square, 3)).toEqual(triangle);
    expect(withoutVertex(triangle, 0)).toBeNull();
  });

  it('get a vertex on the edge that is hit, also on the one that closes them', () => {
    expect(withVertexAt(triangle, { x: 30, y: 11 }, 2)).toEqual({
      shape: {
        kind: 'polygon',
        points: [
          [10, 10],
          [30, 11],
          [50, 10],
          [30, 40],
        ],
      },
      index: 1,
    });
    expect(withVertexAt(triangle, { x: 20, y: 25 }, 2)?.index).toBe(3);
    expect(withVertexAt(triangle, { x: 30, y: 20 }, 2)).toBeNull();
  });
});

describe('hits', () => {
  it('are inside or within reach', () => {
    expect(holds(box, { x: 20, y: 25 }, 0)).toBe(true);
    expect(holds(box, { x: 42, y: 25 }, 1)).toBe(false);
    expect(holds(box, { x: 42, y: 25 }, 3)).toBe(true);
    expect(holds(triangle, { x: 30, y: 20 }, 0)).toBe(true);
    expect(holds(triangle, { x: 12, y: 30 }, 3)).toBe(false);
    expect(holds({ kind: 'point', x: 5, y: 5 }, { x: 8, y: 9 }, 5)).toBe(true);
    expect(holds({ kind: 'point', x: 5, y: 5 }, { x: 8, y: 9 }, 4)).toBe(false);
  });

  it('leave out what a mask leaves out', () => {
    expect(holds(ring, { x: 5.5, y: 5.5 }, 0)).toBe(true);
    expect(holds(ring, { x: 6.5, y: 6.5 }, 3)).toBe(false);
    expect(holds(ring, { x: 8, y: 5.5 }, 3)).toBe(false);
  });
});

it('the middle of a shape is that of its bounds', () => {
  expect(middleOf(triangle)).toEqual({ x: 30, y: 25 });
  expect(middleOf(ring)).toEqual({ x: 6.5, y: 6.5 });
});

it('an outline is simplified to the points that can be seen', () => {
  const noisy = [
    [0, 0],
    [10, 0.3],
    [20, -0.2],
    [30, 0],
    [30.2, 15],
    [30, 30],
  ] as const;
  expect(simplified(noisy, 0.5)).toEqual([
    [0, 0],
    [30, 0],
    [30, 30],
  ]);
  expect(simplified(noisy, 0)).toEqual(noisy);
});
