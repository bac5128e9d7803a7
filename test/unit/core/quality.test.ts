import { describe, expect, it } from 'vitest';

import { findInverted, markOddSizes, qualityOf, type Shading } from '../../../src/core/quality.ts';
import { createRandom } from '../../../src/core/random.ts';
import { findSampleTemplate } from '../../../src/core/sample/index.ts';
import { finish } from '../../../src/core/steps.ts';
import { fittedGrey, pictureFacts } from '../../../src/worker/decode/picture-facts.ts';
import type { Picture } from '../../../src/worker/decode/picture.ts';

const film = { mean: 0.45, deviation: 0.2, sharpness: 0.0005, generated: false };

it('says nothing of an ordinary film, nor of one that was imported before it was measured', () => {
  expect(qualityOf(film)).toEqual([]);
  expect(qualityOf({ mean: null, deviation: null, sharpness: null, generated: false })).toEqual([]);
});

it('does not call handwritten digits on black dark', () => {
  expect(qualityOf({ mean: 0.13, deviation: 0.31, sharpness: 0.08, generated: false })).toEqual([]);
});

it('calls a picture blurred by its own contrast, so that a pale sharp one is not, and an empty one is not either', () => {
  expect(qualityOf({ ...film, sharpness: 0.00002 })).toEqual(['blurred']);
  expect(qualityOf({ ...film, deviation: 0.05, sharpness: 0.00003 })).toEqual([]);
  expect(qualityOf({ ...film, deviation: 0, sharpness: 0 })).toEqual(['lowContrast']);
});

it('finds dark, bright and generated pictures', () => {
  expect(qualityOf({ ...film, mean: 0.01, generated: true })).toEqual(['dark', 'generated']);
  expect(qualityOf({ ...film, mean: 0.99 })).toEqual(['bright']);
});

const oddOf = (areas: number[], aspects: number[]): number[] => [
  ...finish(markOddSizes(Float64Array.from(areas), Float64Array.from(aspects))),
];

it('calls a size odd only beside twenty usual ones, by its area or its shape', () => {
  const usual = Array.from({ length: 30 }, (_, at) => 1e6 + at * 1000);
  const shapes = usual.map((_, at) => (at % 2 ? 0.8 : 1.25));
  expect(oddOf(usual, shapes)).toEqual(usual.map(() => 0));
  expect(oddOf([...usual, 2e5, 5e6], [...shapes, 1, 1]).slice(-2)).toEqual([1, 1]);
  expect(oddOf([...usual, 1e6], [...shapes, 2.6]).at(-1)).toBe(1);
  expect(oddOf([1e6, 1e6, 10], [1, 1, 1])).toEqual([0, 0, 0]);
  // Where sizes differ a lot, none is odd.
  const wide = Array.from({ length: 40 }, (_, at) => 10 ** (3 + at / 8));
  expect(
    oddOf(
      wide,
      wide.map(() => 1),
    ).includes(1),
  ).toBe(false);
});

describe('negatives', () => {
  const shading = (picture: Pick<Picture, 'width' | 'height'>, samples: Uint8Array<ArrayBuffer>) => {
    const { width, height } = picture;
    const film = { width, height, channels: 1 as const, bitDepth: 8 as const, samples, display: null };
    return pictureFacts(fittedGrey(film, 256));
  };
  const films = [...findSampleTemplate('pneumonia').draw(80, 3)];
  const usual = films.map((film) => shading(film, film.pixels));
  const negatives = films.slice(0, 20).map((film) =>
    shading(
      film,
      Uint8Array.from(film.pixels, (value) => 255 - value),
    ),
  );
  const find = (pictures: Shading[]): number[] => finish(findInverted(pictures));

  it('finds none among generated films, and every negative of one', () => {
    expect(find(usual)).toEqual([]);
    expect(find([...usual, ...negatives])).toEqual(negatives.map((_, at) => usual.length + at));
  });

  it('takes no mirrored film for one', () => {
    const mirrored = films.map(({ width, height, pixels }) => {
      const to = pixels.map((_, at) => pixels[at - (at % width) + width - 1 - (at % width)]!);
      return shading({ width, height }, to);
    });
    expect(find([...usual, ...mirrored.slice(0, 20)])).toEqual([]);
  });

  it('needs twenty pictures that are alike', () => {
    expect(find([...usual.slice(0, 15), ...negatives.slice(0, 4)])).toEqual([]);
    const random = createRandom(1, 'hashes');
    const unlike = usual.map(({ mean }) => ({
      mean,
      differenceHash: Array.from({ length: 64 }, () => (random.uint32() % 16).toString(16)).join(''),
    }));
    expect(find([...unlike, ...negatives])).toEqual([]);
  });

  it('asks the mean where a mirrored picture looks like a negative', () => {
    // Bright on one side, as a breast: what gets brighter to the right does so in a mirrored place as well.
    const side = (mean: number): Shading => ({ differenceHash: 'fff0'.repeat(16), mean });
    const other = (mean: number): Shading => ({ differenceHash: '000f'.repeat(16), mean });
    const many = (mean: number): Shading[] => Array.from({ length: 40 }, () => side(mean));
    expect(find([...many(0.2), other(0.2), other(0.8)])).toEqual([41]);
    expect(find([...many(0.5), other(0.5)])).toEqual([]);
  });
});
