import { availableParallelism } from 'node:os';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import { type RecipeInput, recipeSchema } from '../../../src/contract/recipe.ts';
import { augmentedInput, normalisedPictures } from '../../../src/nn/augmentation/apply.ts';
import { type Augmentation, drawAugmentation, drawFeeds } from '../../../src/nn/augmentation/draw.ts';
import { type Movement, projectiveTransform } from '../../../src/nn/augmentation/transform.ts';
import type { Normalization } from '../../../src/nn/normalization.ts';
import { drawOnHost, type DrawUniform } from '../../../src/nn/uniform.ts';
import { augmentationKinds, everyAugmentation, stillAugmentation } from '../../support/augmentations.ts';

const threads = availableParallelism();
const use = (backend: string) => chooseBackend(backend, { threads });
beforeAll(() => use('cpu'));

const options = (settings: RecipeInput['augmentation']): Augmentation =>
  recipeSchema.parse({ augmentation: { ...stillAugmentation, ...settings } }).augmentation;
const off = options({});
const unit: Normalization = { mean: [0], deviation: [1] };
const colour = [
  [0.2, 0.2, 0.2],
  [0.02, 0, -0.02],
  [0.004, -0.008, 0.004],
] as const;
const uniform = drawOnHost(1, 5, 0);

type Shape = [number, number, number, number];
type Fed = Record<string, [readonly number[] | Float32Array, readonly number[]]>;

/** What the network would see, with these feeds. */
function augment(
  pixels: ArrayLike<number>,
  shape: Shape,
  fed: Fed,
  { chosen = off, normalization = unit, draw = uniform } = {},
): number[] {
  const values = tf.tidy(() => {
    const feeds = Object.entries(fed).map(
      ([name, [numbers, of]]) => [name, tf.tensor(numbers, [...of])] as const,
    );
    const x = tf.tensor4d(Float32Array.from(pixels), shape);
    return normalisedPictures(augmentedInput(x, new Map(feeds), draw, chosen, normalization)).dataSync();
  });
  return [...values];
}

/** The same with the feeds that a step would draw. */
function augmentAsDrawn(
  pixels: ArrayLike<number>,
  shape: Shape,
  chosen: Augmentation,
  normalization: Normalization,
): number[] {
  const [rows, size, , channels] = shape;
  const feeds = drawFeeds(chosen, { rows, firstRow: 0, size, channels, seed: 1, step: 5, colour });
  const fed = [...feeds].map(([name, { values, shape: of }]) => [name, [values, of]] as const);
  return augment(pixels, shape, Object.fromEntries(fed) as Fed, { chosen, normalization });
}

const inWhole = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 255));

const shape: Shape = [4, 13, 13, 3];
const pictures = Uint8Array.from({ length: 4 * 13 * 13 * 3 }, (_, i) => (i * 37 + ((i * i) % 101)) % 256);
const ofDataset: Normalization = { mean: [0.48, 0.45, 0.4], deviation: [0.22, 0.25, 0.3] };

describe('without augmentation', () => {
  it('pixels are normalised and nothing else, whether nothing is fed or nothing was drawn', () => {
    const expected = [...pictures].map(
      (pixel, i) => (pixel / 255 - ofDataset.mean[i % 3]!) / ofDataset.deviation[i % 3]!,
    );
    const plain = tf.tidy(() =>
      normalisedPictures(
        augmentedInput(tf.tensor4d(Float32Array.from(pictures), shape), null, null, null, ofDataset),
      ).dataSync(),
    );
    plain.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    expect(augmentAsDrawn(pictures, shape, off, ofDataset)).toEqual([...plain]);
  });

  it('there is one multiplication and one addition, and no addition where the mean is nought', async () => {
    const x = tf.tensor4d(Float32Array.from(pictures), shape);
    const kernels = async (normalization: Normalization): Promise<string[]> => {
      const profile = await tf.profile(() =>
        normalisedPictures(augmentedInput(x, new Map(), uniform, off, normalization)),
      );
      return profile.kernelNames;
    };
    expect((await kernels(ofDataset)).sort()).toEqual(['Add', 'Multiply']);
    expect(await kernels({ mean: [0, 0, 0], deviation: [1, 1, 1] })).toEqual(['Multiply']);
  });

  it('no tensor is left behind, with every kind on either', () => {
    const before = tf.memory().numTensors;
    augmentAsDrawn(pictures, shape, options(everyAugmentation), ofDataset);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('pictures that move', () => {
  const still: Movement = {
    rotationRadians: 0,
    shiftX: 0,
    shiftY: 0,
    shear: 0,
    zoomX: 1,
    zoomY: 1,
    flip: false,
    verticalFlip: false,
    cropWindow: 1,
    cropX: 0,
    cropY: 0,
  };
  const picture = Uint8Array.from({ length: 25 }, (_, i) => i * 10);
  const moved = (movement: Partial<Movement>): number[] => {
    const transform = projectiveTransform({ ...still, ...movement }, 5);
    return inWhole(augment(picture, [1, 5, 5, 1], { transforms: [transform, [1, 8]] }));
  };
  const pixel = (y: number, x: number): number => (y * 5 + x) * 10;

  it('stay where they are when nothing was drawn', () => {
    expect(moved({})).toEqual([...picture]);
  });

  it('move the way the draw says: right by one, mirrored, turned by a quarter, enlarged', () => {
    expect(moved({ shiftX: 1 })[7]).toBe(pixel(1, 1));
    expect(moved({ flip: true })[5]).toBe(pixel(1, 4));
    expect(moved({ verticalFlip: true })[5]).toBe(pixel(3, 0));
    const turned = moved({ rotationRadians: Math.PI / 2 });
    expect([turned[0], turned[4], turned[12]]).toEqual([pixel(0, 4), pixel(4, 4), pixel(2, 2)]);
    expect(moved({ zoomX: 2, zoomY: 2 })[10]).toBe(pixel(2, 1));
  });

  it('shear about the centre and move down, to coordinates worked out by hand', () => {
    // Output (x, y) reads input (x + shear · (y − 2), y): the row below the centre reads one to the right.
    const sheared = moved({ shear: 1 });
    expect([sheared[2 * 5 + 2], sheared[3 * 5 + 2], sheared[1 * 5 + 2]]).toEqual([
      pixel(2, 2),
      pixel(3, 3),
      pixel(1, 1),
    ]);
    const down = moved({ shiftY: 1 });
    expect([down[1 * 5 + 0], down[4 * 5 + 3]]).toEqual([pixel(0, 0), pixel(3, 3)]);
  });

  it('turn, mirror and move in one, in the order it says', () => {
    // About the centre (2, 2), with the shift taken off first: (u, v) = (x − 3, y − 2); mirrored: (−u, v);
    // turned by a quarter: (−v, −u); so output (x, y) reads input (4 − y, 5 − x).
    const all = moved({ rotationRadians: Math.PI / 2, flip: true, shiftX: 1 });
    for (const [y, x] of [
      [0, 1],
      [2, 3],
      [4, 2],
      [1, 4],
    ] as const) {
      expect(all[y * 5 + x], `output (${x}, ${y})`).toBe(pixel(5 - x, 4 - y));
    }
  });

  it('fill the input with a window that lies wholly in the picture', () => {
    // The left upper half of 4 × 4: its edges are those of the picture and its middle, so the outermost of the
    // enlarged pixels lie a quarter of a pixel outside the outermost centres. Columns hold 0, 40, 80, 120.
    const columns = Uint8Array.from({ length: 16 }, (_, i) => (i % 4) * 40);
    const window = projectiveTransform({ ...still, cropWindow: 0.5, cropX: -1, cropY: -1 }, 4);
    const cropped = inWhole(augment(columns, [1, 4, 4, 1], { transforms: [window, [1, 8]] }));
    expect(cropped.slice(0, 4)).toEqual([0, 10, 30, 50]);
    const shifted = projectiveTransform({ ...still, cropWindow: 0.5, cropX: 1, shiftX: 1 }, 4);
    const second = inWhole(augment(columns, [1, 4, 4, 1], { transforms: [shifted, [1, 8]] }));
    // The window's right half of what was moved right by one: columns 0.75 to 2.25 of the picture.
    expect(second.slice(0, 4)).toEqual([30, 50, 70, 90]);
  });

  it('move each by its own draw', () => {
    const two = Uint8Array.from([...picture, ...picture]);
    const transforms = [...projectiveTransform(still, 5), ...projectiveTransform({ ...still, shiftX: 1 }, 5)];
    const x = inWhole(augment(two, [2, 5, 5, 1], { transforms: [transforms, [2, 8]] }));
    expect(x[7]).toBe(pixel(1, 2));
    expect(x[25 + 7]).toBe(pixel(1, 1));
  });
});

describe('values', () => {
  it('follow gamma, contrast, brightness and colour in this order, worked out one by one', () => {
    const chosen = options({ brightness: 0.3, contrast: 0.4, gamma: 0.5, pcaColour: 0.5 });
    const x = augmentAsDrawn(pictures, shape, chosen, ofDataset);
    const perPicture = 13 * 13 * 3;
    for (let row = 0; row < 4; row++) {
      const {
        gamma,
        contrast,
        brightness,
        colour: weights,
      } = drawAugmentation(chosen, { size: 13, seed: 1, step: 5 }, row);
      const values = [...pictures.subarray(row * perPicture, (row + 1) * perPicture)].map(
        (value) => (value / 255) ** gamma,
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / perPicture;
      values.forEach((value, i) => {
        const toned = ((value - mean) * contrast + mean) * brightness;
        const shift = colour.reduce((sum, component, k) => sum + weights[k]! * component[i % 3]!, 0);
        const expected = (toned + shift - ofDataset.mean[i % 3]!) / ofDataset.deviation[i % 3]!;
        expect(Math.abs(x[row * perPicture + i]! - expected)).toBeLessThan(2e-4);
      });
    }
  });

  it('squared, doubled in contrast, brightened: by hand, black stays a number', () => {
    const picture = [0, 51, 102, 255];
    const one: [number, number, number, number] = [1, 2, 2, 1];
    const squared = augment(picture, one, {
      exponent: [[2], [1, 1, 1, 1]],
      gain: [[1 / 255 ** 2], [1, 1, 1, 1]],
    });
    [0, 0.04, 0.16, 1].forEach((value, i) => expect(squared[i]).toBeCloseTo(value, 5));
    // The mean is 0.4: 2 · (x − 0.4) + 0.4.
    const doubled = augment(picture, one, {
      gain: [[2 / 255], [1, 1, 1, 1]],
      lift: [[-1 / 255], [1, 1, 1, 1]],
    });
    [-0.4, 0, 0.4, 1.6].forEach((value, i) => expect(doubled[i]).toBeCloseTo(value, 5));
    const normalization = { mean: [0.5], deviation: [0.25] };
    const brightened = augment(picture, one, { gain: [[1.5 / 255], [1, 1, 1, 1]] }, { normalization });
    [-2, -0.8, 0.4, 4].forEach((value, i) => expect(brightened[i]).toBeCloseTo(value, 5));
  });
});

describe('noise', () => {
  it('is Box and Muller on the two streams, cosines first, and covers an odd number of pixels', () => {
    const draw: DrawUniform = (stream, of) => tf.fill([...of], stream === 'noise/radius' ? 0.5 : 0.25);
    const chosen = options({ noise: 0.2 });
    const normalization = { mean: [0], deviation: [0.5] };
    const x = augment(new Uint8Array(9), [1, 3, 3, 1], {}, { chosen, normalization, draw });
    // √(−2 ln 0.5) = 1.17741, times 0.2 / 0.5; the cosine of a quarter turn is 0, its sine 1.
    x.slice(0, 5).forEach((value) => expect(value).toBeCloseTo(0, 6));
    x.slice(5).forEach((value) => expect(value).toBeCloseTo(0.470964, 5));
  });

  it('of a picture is the same whether its batch is computed whole or in pieces', () => {
    const [chosen, black] = [options({ noise: 0.2 }), new Uint8Array(4 * 25)];
    const whole = augment(black, [4, 5, 5, 1], {}, { chosen });
    const last = augment(black.subarray(50), [2, 5, 5, 1], {}, { chosen, draw: drawOnHost(1, 5, 2) });
    expect(last).toEqual(whole.slice(50));
  });

  it('has the deviation that was asked for in every channel, and no mean', () => {
    const many: Shape = [2, 64, 64, 3];
    const x = augmentAsDrawn(new Uint8Array(2 * 64 * 64 * 3), many, options({ noise: 0.1 }), {
      mean: [0, 0, 0],
      deviation: [1, 0.5, 0.25],
    });
    for (const [channel, deviation] of [0.1, 0.2, 0.4].entries()) {
      const values = x.filter((_, i) => i % 3 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      expect(Math.abs(mean)).toBeLessThan(0.05 * deviation);
      expect(Math.abs(spread / deviation - 1)).toBeLessThan(0.03);
    }
  });
});

describe('blur', () => {
  it('spreads a point as a Gaussian of 1.5 pixels, by the share that was drawn', () => {
    const point = new Uint8Array(121);
    point[60] = 255;
    const whole = augment(point, [1, 11, 11, 1], { blur: [[1], [1, 1, 1, 1]] });
    // Σ exp(−i² / 4.5) over −4 … 4 = 3.751500: the middle is its reciprocal squared.
    expect(whole[60]).toBeCloseTo(0.071054, 5);
    expect(whole[61]! / whole[60]!).toBeCloseTo(Math.exp(-1 / 4.5), 4);
    expect(whole[60 + 11]).toBeCloseTo(whole[61]!, 6);
    const half = augment(point, [1, 11, 11, 1], { blur: [[0.5], [1, 1, 1, 1]] });
    expect(half[60]).toBeCloseTo(0.535527, 5);
  });

  it('leaves an even picture as it is up to its border, in every channel', () => {
    const even = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => 50 * (1 + (i % 3)));
    const normalization = { mean: [0, 0, 0], deviation: [1, 1, 1] };
    const x = augment(even, [1, 8, 8, 3], { blur: [[1], [1, 1, 1, 1]] }, { normalization });
    expect(inWhole(x)).toEqual([...even]);
  });
});

it('a cut-out is the mean inside its square, and nothing outside changes', () => {
  const chosen = options({ cutOut: 0.6 });
  const plain = augmentAsDrawn(pictures, shape, off, ofDataset);
  const cut = augmentAsDrawn(pictures, shape, chosen, ofDataset);
  let inside = 0;
  cut.forEach((value, i) => {
    const [x, y, row] = [Math.floor(i / 3) % 13, Math.floor(i / 39) % 13, Math.floor(i / 507)];
    const { left, top, edge } = drawAugmentation(chosen, { size: 13, seed: 1, step: 5 }, row).cutOut;
    const within = x >= left && x < left + edge && y >= top && y < top + edge;
    if (within) inside++;
    expect(value).toBeCloseTo(within ? 0 : plain[i]!, 6);
  });
  expect(inside).toBeGreaterThan(0);
});

it('mix-up takes the share of the picture itself and the rest of its partner', () => {
  const two = [0, 51, 102, 153, 255, 204, 153, 102];
  const mixed = augment(two, [2, 2, 2, 1], {
    mixPartner: [[1, 0], [2]],
    mixShare: [
      [0.75, 1],
      [2, 1, 1, 1],
    ],
  });
  [0.25, 0.35, 0.45, 0.55, 1, 0.8, 0.6, 0.4].forEach((value, i) => expect(mixed[i]).toBeCloseTo(value, 6));
});

describe('native TensorFlow and plain JavaScript', () => {
  const kinds = [...Object.entries(augmentationKinds), ['everything together', everyAugmentation] as const];

  it.each(kinds)('agree on %s, in grey and in colour', async (_kind, settings) => {
    for (const channels of [1, 3]) {
      const of: Shape = [4, 13, 13, channels];
      const pixels = pictures.subarray(0, 4 * 13 * 13 * channels);
      const normalization = {
        mean: ofDataset.mean.slice(0, channels),
        deviation: ofDataset.deviation.slice(0, channels),
      };
      const chosen = options(settings);
      await use('cpu');
      const plain = augmentAsDrawn(pixels, of, chosen, normalization);
      await use('tensorflow');
      const native = augmentAsDrawn(pixels, of, chosen, normalization);
      await use('cpu');
      const furthest = Math.max(...plain.map((value, i) => Math.abs(value - native[i]!)));
      expect(furthest).toBeLessThan(2e-4);
      // Colour cannot shift in grey pictures; everything else must have done something.
      if (settings.pcaColour !== undefined && settings.brightness === undefined && channels === 1) continue;
      expect(plain).not.toEqual(augmentAsDrawn(pixels, of, off, normalization));
    }
  });
});
