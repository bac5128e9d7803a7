import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { InputTiles } from '../../../src/contract/tiles.ts';
import { createRandom } from '../../../src/core/random.ts';
import {
  createStitching,
  cutTile,
  overlapOf,
  strideOf,
  tileCorner,
  tileCount,
  tileNumbers,
  tileSpan,
  tilesSentence,
  tileWeights,
  wholeEdge,
} from '../../../src/core/tiles.ts';

const anyTiles = fc.record({ edge: fc.integer({ min: 1, max: 24 }), grid: fc.integer({ min: 2, max: 8 }) });
const places = (tiles: InputTiles): number[] => Array.from({ length: tileCount(tiles) }, (_, place) => place);

function randomBytes(seed: number, length: number): Uint8Array {
  const random = createRandom(seed, 'tiles');
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** All lines that a stitching gives for tiles. */
function stitched(tiles: InputTiles, values: number, of: readonly Float32Array[]): number[] {
  const { add } = createStitching(tiles, values);
  return of.flatMap((tile) => [...(add(tile) ?? [])]);
}

describe('tiles', () => {
  it('of 128 pixels, five along an edge, make a picture of 512', () => {
    const tiles = { edge: 128, grid: 5 };
    expect([overlapOf(tiles), strideOf(tiles), wholeEdge(tiles)]).toEqual([32, 96, 512]);
    expect(tileNumbers([3, 0], { edge: 8, grid: 2 })).toEqual([12, 13, 14, 15, 0, 1, 2, 3]);
    expect(tileNumbers([3, 0], null)).toEqual([3, 0]);
    expect(tilesSentence({ edge: 128, grid: 3 })).toBe(
      'Pictures are cut into 3 × 3 overlapping tiles of 128 pixels, from 320 × 320.',
    );
  });

  // Would catch: a tile that begins or ends a pixel off, so that a line of the picture is seen by none.
  it('cover every pixel, and lie within the picture', () => {
    fc.assert(
      fc.property(anyTiles, (tiles) => {
        const whole = wholeEdge(tiles);
        const seen = new Uint8Array(whole * whole);
        for (const place of places(tiles)) {
          const { left, top } = tileCorner(tiles, place);
          expect(Math.max(left, top) + tiles.edge).toBeLessThanOrEqual(whole);
          for (let y = top; y < top + tiles.edge; y += 1)
            seen.fill(1, y * whole + left, y * whole + left + tiles.edge);
        }
        expect(seen.every((one) => one === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('have weights that are never 0, and of two neighbours add up to the same everywhere', () => {
    fc.assert(
      fc.property(anyTiles, ({ edge }) => {
        const weights = tileWeights({ edge });
        const overlap = overlapOf({ edge });
        expect(weights).toEqual(weights.toReversed());
        expect(Math.min(...weights)).toBe(1);
        const both = weights.slice(edge - overlap).map((weight, at) => weight + weights[at]!);
        expect(new Set(both)).toEqual(new Set(overlap === 0 ? [] : [overlap + 1]));
      }),
    );
  });

  it('cut from a picture and put together are the picture, to the last bit', () => {
    fc.assert(
      fc.property(anyTiles, fc.constantFrom(1, 3), fc.integer(), (tiles, channels, seed) => {
        const picture = randomBytes(seed, wholeEdge(tiles) ** 2 * channels);
        const cut = places(tiles).map((place) =>
          Float32Array.from(cutTile(picture, tiles, channels, place), (value) => value / 255),
        );
        const again = stitched(tiles, channels, cut);
        expect(again).toEqual(Array.from(picture, (value) => Math.fround(value / 255)));
      }),
      { numRuns: 40 },
    );
  });

  it('of one picture after another are put together picture by picture', () => {
    const tiles = { edge: 8, grid: 3 };
    const pictures = [1, 2].map((seed) => randomBytes(seed, wholeEdge(tiles) ** 2));
    const cut = pictures.flatMap((picture) =>
      places(tiles).map((place) => Float32Array.from(cutTile(picture, tiles, 1, place))),
    );
    expect(stitched(tiles, 1, cut)).toEqual(pictures.flatMap((picture) => [...picture]));
  });

  it('that say different things pass over into each other evenly', () => {
    const tiles = { edge: 8, grid: 2 };
    const said = [0, 1, 0, 1].map((value) => new Float32Array(64).fill(value));
    const line = stitched(tiles, 1, said).slice(0, wholeEdge(tiles));
    // 8 pixels of the left tile, of which the right one shows the last two.
    expect(line).toEqual([0, 0, 0, 0, 0, 0, 1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1].map(Math.fround));
  });

  it('need no more of a picture than from their first pixel to their last', () => {
    const tiles = { edge: 8, grid: 2 };
    expect(tileSpan(tiles, 3, 3)).toEqual({ start: (6 * 14 + 6) * 3, length: (7 * 14 + 8) * 3 });
  });
});
