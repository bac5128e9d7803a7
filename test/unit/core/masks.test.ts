import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cocoRuns, decodeCocoRuns, encodeCocoRuns, maskOfCocoRuns } from '../../../src/core/coco-rle.ts';
import { maskToPolygons, outlineArea, polygonToMask } from '../../../src/core/mask-outlines.ts';
import {
  type Box,
  emptyMask,
  type Mask,
  maskArea,
  maskFromRuns,
  maskInBox,
  maskIou,
  maskOfPicture,
  paintDisc,
  runsFromMask,
  shapeOfMask,
  subtractMask,
  tightMask,
  unionMask,
  type Vertex,
} from '../../../src/core/masks.ts';

const picture = { width: 24, height: 17 };

/** A mask somewhere in the picture. */
const masks: fc.Arbitrary<Mask> = fc
  .record({
    x: fc.integer({ min: 0, max: 20 }),
    y: fc.integer({ min: 0, max: 13 }),
    width: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 4 }),
    seed: fc.infiniteStream(fc.constantFrom(0, 1)),
  })
  .map(({ seed, ...box }) => ({
    ...box,
    data: Uint8Array.from({ length: box.width * box.height }, () => seed.next().value as number),
  }));

const at = (mask: Mask, x: number, y: number): number =>
  maskInBox(mask, { x, y, width: 1, height: 1 }).data[0]!;

/** The picture's pixels by a rule on each of them, told by its place. */
function pixels(rule: (x: number, y: number) => boolean): Mask {
  const mask = emptyMask({ x: 0, y: 0, ...picture });
  mask.data.forEach((_, index) => {
    mask.data[index] = rule(index % picture.width, Math.floor(index / picture.width)) ? 1 : 0;
  });
  return mask;
}

/** A mask as a picture of text. */
function drawn(...rows: string[]): Mask {
  return {
    ...{ x: 0, y: 0, width: rows[0]!.length, height: rows.length },
    data: Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0)),
  };
}

describe('masks', () => {
  it('are what their runs say, and say the same runs again', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const runs = runsFromMask(mask);
        expect(runs.reduce((sum, run) => sum + run, 0)).toBe(mask.width * mask.height);
        expect(maskFromRuns({ ...mask, runs })).toEqual(mask);
      }),
    );
    expect(runsFromMask(drawn('##', '.#'))).toEqual([0, 2, 1, 1]);
    expect(() => maskFromRuns({ x: 0, y: 0, width: 2, height: 2, runs: [3] })).toThrow(RangeError);
  });

  it('fit into the smallest box without losing a pixel', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const tight = tightMask(mask);
        expect(tight === null).toBe(maskArea(mask) === 0);
        if (!tight) return;
        expect(maskOfPicture(tight, picture)).toEqual(maskOfPicture(mask, picture));
        expect(shapeOfMask(mask)).toEqual({
          kind: 'mask',
          ...{ x: tight.x, y: tight.y, width: tight.width, height: tight.height },
          runs: runsFromMask(tight),
        });
      }),
    );
    expect(tightMask(drawn('....', '..#.', '.#..'))).toEqual({ ...drawn('.#', '#.'), x: 1, y: 1 });
  });

  it('are joined, taken away from and compared pixel by pixel', () => {
    fc.assert(
      fc.property(masks, masks, (a, b) => {
        const inA = (x: number, y: number): boolean => at(a, x, y) === 1;
        const inB = (x: number, y: number): boolean => at(b, x, y) === 1;
        expect(maskOfPicture(unionMask(a, b), picture)).toEqual(pixels((x, y) => inA(x, y) || inB(x, y)));
        expect(maskOfPicture(subtractMask(a, b), picture)).toEqual(pixels((x, y) => inA(x, y) && !inB(x, y)));
        const either = maskArea(pixels((x, y) => inA(x, y) || inB(x, y)));
        const both = maskArea(pixels((x, y) => inA(x, y) && inB(x, y)));
        expect(maskIou(a, b)).toBeCloseTo(either === 0 ? 0 : both / either, 12);
      }),
      { numRuns: 60 },
    );
  });

  const places = fc.tuple(
    fc.double({ min: -6, max: 30, noNaN: true }),
    fc.double({ min: -6, max: 24, noNaN: true }),
  );

  it('are painted and erased by the way of a disc: pixels whose middle it covers', () => {
    fc.assert(
      fc.property(places, places, fc.double({ min: 0.3, max: 9, noNaN: true }), (from, to, radius) => {
        const distance = (x: number, y: number): number => distanceToWay([x + 0.5, y + 0.5], from, to);
        const mask = emptyMask({ x: 0, y: 0, ...picture });
        const box = paintDisc(mask, from, to, radius);
        const full = pixels(() => true);
        paintDisc(full, from, to, radius, 'outside');
        mask.data.forEach((value, index) => {
          const [x, y] = [index % picture.width, Math.floor(index / picture.width)];
          // At the very edge of the disc rounding decides.
          if (Math.abs(distance(x, y) - radius) < 1e-9) return;
          expect(value).toBe(distance(x, y) < radius ? 1 : 0);
          expect(full.data[index]).toBe(1 - value);
          if (value === 1) expect(isIn(box!, x, y)).toBe(true);
        });
      }),
    );
  });

  it('take a pixel at least from a radius of √½ on', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 15, noNaN: true }),
        fc.double({ min: 1, max: 15, noNaN: true }),
        (x, y) => {
          const mask = emptyMask({ x: 0, y: 0, ...picture });
          paintDisc(mask, [x, y], [x, y], Math.SQRT1_2 + 1e-9);
          expect(maskArea(mask)).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('outlines', () => {
  it('hold the pixels whose middle they go around, by the even-odd rule', () => {
    const vertices = fc.array(
      fc.tuple(fc.double({ min: -5, max: 30, noNaN: true }), fc.double({ min: -5, max: 22, noNaN: true })),
      { minLength: 3, maxLength: 9 },
    );
    fc.assert(
      fc.property(vertices, (points) => {
        const mask = polygonToMask(points, picture);
        const expected = pixels((x, y) => isAround(points, x + 0.5, y + 0.5));
        expect(mask ? maskOfPicture(mask, picture) : emptyMask({ x: 0, y: 0, ...picture })).toEqual(expected);
      }),
    );
  });

  it('of masks give back what is inside, with its holes filled', () => {
    expect(maskToPolygons(drawn('##.', '###'))).toEqual([
      [
        [2, 0],
        [2, 1],
        [3, 1],
        [3, 2],
        [0, 2],
        [0, 0],
      ],
    ]);
    fc.assert(
      fc.property(masks, (mask) => {
        const filled = maskToPolygons(mask).reduce<Mask>(
          (all, outline) => unionMask(all, polygonToMask(outline, picture)!),
          emptyMask({ x: 0, y: 0, ...picture }),
        );
        expect(filled).toEqual(holesFilled(mask));
      }),
    );
  });

  it('of a part with a hole and one inside of it are two', () => {
    const mask = drawn('#####', '#...#', '#.#.#', '#...#', '#####');
    const outlines = maskToPolygons(mask);
    expect(outlines.map(outlineArea)).toEqual([25, 1]);
  });
});

describe("COCO's runs", () => {
  it('are column by column over the picture, and their string is short', () => {
    const mask = { ...drawn('##', '.#'), x: 1, y: 1 };
    expect(cocoRuns(mask, { width: 4, height: 3 })).toEqual([4, 1, 2, 2, 3]);
    expect(encodeCocoRuns([4, 1, 2, 2, 3])).toBe('41211');
    expect(cocoRuns(drawn('##'), { width: 2, height: 1 })).toEqual([0, 2]);
  });

  it('give back the mask, as numbers and as a string', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const runs = cocoRuns(mask, picture);
        expect(decodeCocoRuns(encodeCocoRuns(runs))).toEqual(runs);
        expect(maskOfCocoRuns(runs, picture)).toEqual(tightMask(mask));
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e8 })), (runs) => {
        expect(decodeCocoRuns(encodeCocoRuns(runs))).toEqual(runs);
      }),
    );
  });

  it('that are none are refused', () => {
    expect(() => maskOfCocoRuns([3, 2], { width: 2, height: 2 })).toThrow(RangeError);
    expect(() => maskOfCocoRuns([5, -1], { width: 2, height: 2 })).toThrow(RangeError);
    expect(() => decodeCocoRuns('é')).toThrow(RangeError);
    expect(() => decodeCocoRuns('ooooooooooo')).toThrow(RangeError);
    expect(() => decodeCocoRuns('o')).toThrow(RangeError);
  });
});

const isIn = (box: Box, x: number, y: number): boolean =>
  x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;

function distanceToWay([x, y]: Vertex, from: Vertex, to: Vertex): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((x - from[0]) * dx + (y - from[1]) * dy) / squared;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from[0] - share * dx, y - from[1] - share * dy);
}

/** By a ray to the right. */
function isAround(points: readonly Vertex[], x: number, y: number): boolean {
  return points.reduce((inside, [x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length]!;
    if (y1 <= y === y2 <= y) return inside;
    const [topX, topY, endX, endY] = y1 <= y2 ? [x1, y1, x2, y2] : [x2, y2, x1, y1];
    return x < topX + ((y - topY) * (endX - topX)) / (endY - topY) ? !inside : inside;
  }, false);
}

/** What cannot be reached from the picture's border without stepping on the mask, diagonals allowed. */
function holesFilled(mask: Mask): Mask {
  const wide = maskInBox(mask, { x: -1, y: -1, width: picture.width + 2, height: picture.height + 2 });
  const reached = new Set([0]);
  for (const place of reached) {
    const [x, y] = [place % wide.width, Math.floor(place / wide.width)];
    for (const dx of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        const [nextX, nextY] = [x + dx, y + dy];
        if (nextX < 0 || nextY < 0 || nextX >= wide.width || nextY >= wide.height) continue;
        const next = nextY * wide.width + nextX;
        if (wide.data[next] === 0) reached.add(next);
      }
    }
  }
  return pixels((x, y) => !reached.has((y + 1) * wide.width + x + 1));
}
