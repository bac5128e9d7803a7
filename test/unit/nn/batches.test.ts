import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import {
  augmentedInput,
  drawAugmentation,
  movesPixels,
  projectiveTransform,
} from '../../../src/nn/augmentation.ts';
import { batchPositions, datasetNormalization, epochOrder, stepsPerEpoch } from '../../../src/nn/batches.ts';
import { dropoutMask } from '../../../src/nn/forward.ts';
import { balancedClassWeights, crossEntropyOnHost, softmaxRows } from '../../../src/nn/loss.ts';
import { alexnetSmall } from '../../../src/nn/models/alexnet-small.ts';
import { weightSpecs } from '../../../src/nn/network.ts';
import { allFinite, initialWeights, weightsSha256 } from '../../../src/nn/weights.ts';
import { tinyPixels, tinyRecipe, tinySources } from '../../support/tiny-run.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

describe('epochs', () => {
  it('meet every row once, in an order that seed and epoch alone decide', () => {
    const order = epochOrder(3, 2, 50);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(epochOrder(3, 2, 50)).toEqual(order);
    expect(epochOrder(3, 3, 50)).not.toEqual(order);
    expect(epochOrder(4, 2, 50)).not.toEqual(order);
  });

  it('keep the last partial batch', () => {
    const order = epochOrder(1, 0, 10);
    const batches = Array.from({ length: stepsPerEpoch(10, 4) }, (_, i) => batchPositions(order, 4, i));
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(batches.flat()).toEqual(order);
  });
});

describe('datasetNormalization', () => {
  it('equals the plain mean and deviation over training pixels, whatever the batch', async () => {
    const { train } = tinySources();
    const pixels = [...tinyPixels().subarray(0, train.count * 784)].map((pixel) => pixel / 255);
    const mean = pixels.reduce((a, b) => a + b) / pixels.length;
    const deviation = Math.sqrt(pixels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / pixels.length);
    const found = await datasetNormalization(train, 1, 7);
    expect(found.mean[0]).toBeCloseTo(mean, 6);
    expect(found.deviation[0]).toBeCloseTo(deviation, 6);
    expect(await datasetNormalization(train, 1, 48)).toEqual(found);
  });
});

describe('augmentation', () => {
  const off = tinyRecipe({
    augmentation: {
      rotationDegrees: 0,
      widthShift: 0,
      heightShift: 0,
      shearDegrees: 0,
      zoom: 0,
      brightness: 0,
    },
  }).augmentation;
  const unit = { mean: [0], deviation: [1] };
  const still = {
    rotationRadians: 0,
    shiftX: 0,
    shiftY: 0,
    shear: 0,
    zoomX: 1,
    zoomY: 1,
    flip: false,
    brightness: 1,
  };
  const picture = Uint8Array.from({ length: 25 }, (_, i) => i * 10);
  const moved = (draw: Partial<typeof still>): number[] => {
    const options = { ...off, rotationDegrees: 90, horizontalFlip: true };
    const x = augmentedInput(picture, [1, 5, 5, 1], [{ ...still, ...draw }], options, unit);
    return [...x.dataSync()].map((value) => Math.round(value * 255));
  };
  const pixel = (y: number, x: number): number => (y * 5 + x) * 10;

  it('draws the same numbers again for the same seed, step and index, and others for any other', () => {
    const { augmentation } = tinyRecipe();
    const draw = drawAugmentation(augmentation, 28, 1, 5, 2);
    expect(drawAugmentation(augmentation, 28, 1, 5, 2)).toEqual(draw);
    for (const [seed, step, index] of [
      [2, 5, 2],
      [1, 6, 2],
      [1, 5, 3],
    ] as const) {
      expect(drawAugmentation(augmentation, 28, seed, step, index)).not.toEqual(draw);
    }
    expect(Math.abs(draw.shiftX)).toBeLessThanOrEqual(0.06 * 28);
    // Switching one kind off leaves the others' numbers alone.
    expect(drawAugmentation({ ...augmentation, zoom: 0 }, 28, 1, 5, 2)).toEqual({
      ...draw,
      zoomX: 1,
      zoomY: 1,
    });
  });

  it('leaves a picture alone when nothing is drawn, through the transform as well', () => {
    expect(movesPixels(off)).toBe(false);
    expect(moved({})).toEqual([...picture]);
  });

  it('moves the picture the way the draw says: right by one, mirrored, turned by a quarter, enlarged', () => {
    expect(moved({ shiftX: 1 })[7]).toBe(pixel(1, 1));
    expect(moved({ flip: true })[5]).toBe(pixel(1, 4));
    const turned = moved({ rotationRadians: Math.PI / 2 });
    expect([turned[0], turned[4], turned[12]]).toEqual([pixel(0, 4), pixel(4, 4), pixel(2, 2)]);
    expect(moved({ zoomX: 2, zoomY: 2 })[10]).toBe(pixel(2, 1));
  });

  it('shears about the centre and moves down, to coordinates worked out by hand', () => {
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

  it('turns, mirrors and moves in one, in the order it says', () => {
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

  it('moves every picture of a batch, each by its own draw', () => {
    const options = { ...off, rotationDegrees: 90 };
    const two = Uint8Array.from([...picture, ...picture]);
    const x = augmentedInput(two, [2, 5, 5, 1], [still, { ...still, shiftX: 1 }], options, unit).dataSync();
    expect(Math.round(x[7]! * 255)).toBe(pixel(1, 2));
    expect(Math.round(x[25 + 7]! * 255)).toBe(pixel(1, 1));
  });

  it('brightens before it normalises', () => {
    const draws = [{ ...still, brightness: 1.5 }];
    const x = augmentedInput(picture, [1, 5, 5, 1], draws, off, { mean: [0.5], deviation: [0.25] });
    expect(x.dataSync()[3]).toBeCloseTo(((1.5 * 30) / 255 - 0.5) / 0.25, 5);
    expect(projectiveTransform(still, 5)).toEqual([1, 0, 0, 0, 1, 0, 0, 0]);
  });
});

describe('dropoutMask', () => {
  it('keeps the expected sum and depends on seed, step and layer', () => {
    const mask = dropoutMask({ seed: 1, step: 3 }, 'fc6', 0.25, 40_000);
    expect(mask.reduce((a, b) => a + b, 0) / mask.length).toBeCloseTo(1, 1);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(dropoutMask({ seed: 1, step: 3 }, 'fc6', 0.25, 40_000)).toEqual(mask);
    for (const [seed, step, layer] of [
      [2, 3, 'fc6'],
      [1, 4, 'fc6'],
      [1, 3, 'fc7'],
    ] as const) {
      expect(dropoutMask({ seed, step }, layer, 0.25, 40_000)).not.toEqual(mask);
    }
  });
});

describe('loss on the host', () => {
  it('gives stable sums and probabilities, and weights that balance classes', () => {
    const logits = Float32Array.of(1000, 0, 0, 1);
    const { lossSum, correct } = crossEntropyOnHost(logits, Int32Array.of(1, 1), 2);
    expect(lossSum).toBeCloseTo(1000 + Math.log(1 + Math.exp(-1)), 3);
    expect(correct).toBe(1);
    expect([...softmaxRows(logits, 2)].map((p) => p.toFixed(4))).toEqual([
      '1.0000',
      '0.0000',
      '0.2689',
      '0.7311',
    ]);
    expect(balancedClassWeights([0, 0, 0, 1], 3)).toEqual([4 / 9, 4 / 3, 1]);
  });
});

describe('weights', () => {
  const network = alexnetSmall.build({ size: 32, channels: 1, classes: 3, scale: 0.1, dropout: 0 });

  it('start from the seed, kernels within their limit and biases at zero', () => {
    const weights = initialWeights(network, 1);
    expect(initialWeights(network, 1)).toEqual(weights);
    expect(initialWeights(network, 2)).not.toEqual(weights);
    for (const { name, role } of weightSpecs(network)) {
      expect(weights.get(name)!.every((value) => value === 0)).toBe(role === 'bias');
    }
    expect(allFinite(weights.values())).toBe(true);
    expect(allFinite([Float32Array.of(1, NaN)])).toBe(false);
    expect(allFinite([Float32Array.of(Infinity, -Infinity)])).toBe(false);
  });

  it('have the checksum that the command line promises: name, zero byte, float32, in declared order', () => {
    const weights = initialWeights(network, 1);
    const hash = createHash('sha256');
    for (const { name } of weightSpecs(network)) {
      hash.update(`${name}\0`, 'utf8');
      const bytes = Buffer.alloc(weights.get(name)!.length * 4);
      weights.get(name)!.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
      hash.update(bytes);
    }
    const reversed = new Map([...weights].reverse());
    const digest = (chunks: Iterable<Uint8Array>): string => {
      const sha = createHash('sha256');
      for (const chunk of chunks) sha.update(chunk);
      return sha.digest('hex');
    };
    expect(weightsSha256(network, reversed, digest)).toBe(hash.digest('hex'));
    reversed.delete('fc6/bias');
    expect(() => weightsSha256(network, reversed, digest)).toThrow('fc6/bias');
  });
});
