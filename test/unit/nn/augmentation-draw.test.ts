import { describe, expect, it } from 'vitest';

import { type RecipeInput, recipeSchema } from '../../../src/contract/recipe.ts';
import { createRandom } from '../../../src/core/random.ts';
import {
  type Augmentation,
  drawAugmentation,
  drawFeeds,
  type DrawPlace,
  mixedTargets,
} from '../../../src/nn/augmentation/draw.ts';
import { symmetricBeta } from '../../../src/nn/augmentation/mixing.ts';
import { movesPixels } from '../../../src/nn/augmentation/transform.ts';
import { augmentationKinds, everyAugmentation, stillAugmentation } from '../../support/augmentations.ts';

const options = (settings: RecipeInput['augmentation']): Augmentation =>
  recipeSchema.parse({ augmentation: settings }).augmentation;
const colour = [
  [0.2, 0.2, 0.2],
  [0.02, 0, -0.02],
  [0.004, -0.008, 0.004],
] as const;
const place: DrawPlace = { rows: 4, firstRow: 0, size: 12, channels: 3, seed: 1, step: 5, colour };
const everything = options(everyAugmentation);

describe("a picture's draw", () => {
  const at = { size: 227, seed: 1, step: 5 };

  it('is for the kinds of the first release what it was then: a recipe means the same pictures', () => {
    expect(drawAugmentation(options({}), at, 2)).toMatchObject({
      rotationRadians: 0.031012105281166914,
      shiftX: -6.3959358456577915,
      shiftY: 5.298020202131631,
      shear: -0.05747902708652704,
      zoomX: 1.0194829096678926,
      zoomY: 1.0559465439168685,
      flip: false,
      brightness: 0.9922806457925515,
    });
  });

  it('comes again for the same seed, step and index, and is another for any other', () => {
    const draw = drawAugmentation(everything, at, 2);
    expect(drawAugmentation(everything, at, 2)).toEqual(draw);
    expect(drawAugmentation(everything, { ...at, seed: 2 }, 2)).not.toEqual(draw);
    expect(drawAugmentation(everything, { ...at, step: 6 }, 2)).not.toEqual(draw);
    expect(drawAugmentation(everything, at, 3)).not.toEqual(draw);
  });

  it('of one kind does not hang on another: switching one off leaves the others as they were', () => {
    const draw = drawAugmentation(everything, at, 2);
    const changes: [Partial<Augmentation>, Partial<typeof draw>][] = [
      [{ zoom: 0 }, { zoomX: 1, zoomY: 1 }],
      [{ crop: 0 }, { cropWindow: 1, cropX: 0, cropY: 0 }],
      [{ contrast: 0 }, { contrast: 1 }],
      [{ gamma: 0 }, { gamma: 1 }],
      [{ blur: 0 }, { blur: 0 }],
      [{ mixup: 0 }, {}],
    ];
    for (const [change, expected] of changes) {
      const without = drawAugmentation({ ...everything, ...change }, at, 2);
      // Numbers times nought may be minus nought.
      expect(JSON.stringify(without)).toBe(JSON.stringify({ ...draw, ...expected }));
    }
  });

  it('stays within its limits and reaches both ends of them', () => {
    const draws = Array.from({ length: 400 }, (_, i) =>
      drawAugmentation(everything, { ...at, size: 100 }, i),
    );
    const spans: [keyof (typeof draws)[0], number, number][] = [
      ['contrast', 1 - everything.contrast, 1 + everything.contrast],
      ['gamma', 1 - everything.gamma, 1 + everything.gamma],
      ['blur', 0, everything.blur],
      ['cropX', -50 * everything.crop, 50 * everything.crop],
      ['cropY', -50 * everything.crop, 50 * everything.crop],
    ];
    for (const [kind, low, high] of spans) {
      const values = draws.map((draw) => draw[kind] as number);
      const [least, most] = [Math.min(...values), Math.max(...values)];
      expect(least, kind).toBeGreaterThanOrEqual(low);
      expect(most, kind).toBeLessThanOrEqual(high);
      expect(most - least, kind).toBeGreaterThan(0.95 * (high - low));
    }
    const upsideDown = draws.filter(({ verticalFlip }) => verticalFlip).length;
    expect(Math.abs(upsideDown - 200)).toBeLessThan(60);
    const edges = draws.map(({ cutOut }) => cutOut.edge);
    expect([Math.min(...edges), Math.max(...edges)]).toEqual([0, 100 * everything.cutOut]);
    // The square's middle lies in the picture, its corner may lie outside.
    for (const { cutOut } of draws) {
      const middle = cutOut.left + Math.floor(cutOut.edge / 2);
      expect(middle).toBeGreaterThanOrEqual(0);
      expect(middle).toBeLessThan(100);
    }
  });
});

describe('what a step feeds', () => {
  const shapes = (of: Partial<DrawPlace>, chosen = everything) =>
    [...drawFeeds(chosen, { ...place, ...of })].map(([name, { values, shape }]) => {
      expect(values, name).toHaveLength(shape.reduce((product, length) => product * length, 1));
      return [name, shape];
    });

  it('has the same names and shapes at every step and seed: one graph serves all', () => {
    const first = shapes({});
    expect(first.map(([name]) => name)).toEqual([
      'transforms',
      'exponent',
      'gain',
      'lift',
      'colour',
      'blur',
      'keptRows',
      'keptColumns',
      'mixPartner',
      'mixShare',
    ]);
    for (let step = 0; step < 50; step++) expect(shapes({ step, seed: step % 7 })).toEqual(first);
  });

  it('is nothing for what is off, and only its own for each kind', () => {
    expect(shapes({}, options(stillAugmentation))).toEqual([]);
    expect(movesPixels(options(stillAugmentation))).toBe(false);
    const named = Object.entries(augmentationKinds).map(([kind, settings]) => [
      kind,
      shapes({}, options({ ...stillAugmentation, ...settings })).map(([name]) => name),
    ]);
    expect(Object.fromEntries(named)).toEqual({
      rotation: ['transforms'],
      shift: ['transforms'],
      shear: ['transforms'],
      zoom: ['transforms'],
      crop: ['transforms'],
      horizontalFlip: ['transforms'],
      verticalFlip: ['transforms'],
      brightness: ['gain'],
      contrast: ['gain', 'lift'],
      gamma: ['exponent', 'gain'],
      pcaColour: ['colour'],
      noise: [],
      blur: ['blur'],
      cutOut: ['keptRows', 'keptColumns'],
      mixup: ['mixPartner', 'mixShare'],
    });
  });

  it('leaves grey pictures without a colour shift', () => {
    expect(shapes({ channels: 1, colour: null }).map(([name]) => name)).not.toContain('colour');
  });

  it('is for a piece of a batch what the whole batch has there, mix-up aside', () => {
    const whole = drawFeeds(everything, place);
    const piece = drawFeeds(everything, { ...place, rows: 2, firstRow: 2 });
    for (const [name, { values }] of piece) {
      if (name.startsWith('mix')) continue;
      expect(values, name).toEqual(whole.get(name)!.values.slice(values.length));
    }
    expect(Math.max(...piece.get('mixPartner')!.values)).toBe(1);
  });

  it('shifts colours along the principal ones, each by its own weight', () => {
    const [draw, feeds] = [drawAugmentation(everything, place, 0), drawFeeds(everything, place)];
    const [first, second, third] = draw.colour;
    const shift = feeds.get('colour')!.values;
    expect(shift[0]).toBeCloseTo(0.2 * first + 0.02 * second + 0.004 * third, 6);
    expect(shift[1]).toBeCloseTo(0.2 * first - 0.008 * third, 6);
    expect(shift[2]).toBeCloseTo(0.2 * first - 0.02 * second + 0.004 * third, 6);
    expect(new Set([first, second, third]).size).toBe(3);
  });
});

describe('mix-up', () => {
  it('gives every picture one partner, and leaves it the larger share', () => {
    const feeds = drawFeeds(options({ mixup: 0.2 }), { ...place, rows: 64 });
    const partners = [...feeds.get('mixPartner')!.values];
    expect(partners.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, row) => row));
    expect(partners).not.toEqual([...partners].sort((a, b) => a - b));
    const shares = [...feeds.get('mixShare')!.values];
    expect(shares.every((share) => share >= 0.5 && share <= 1)).toBe(true);
    expect(new Set(shares).size).toBeGreaterThan(32);
  });

  it('mixes targets by the same shares as pictures', () => {
    const feeds = new Map([
      ['mixPartner', { values: Float32Array.of(2, 1, 0), shape: [3] }],
      ['mixShare', { values: Float32Array.of(0.75, 0.5, 0), shape: [3, 1, 1, 1] }],
    ]);
    const targets = Float32Array.of(1, 0, 0, 1, 0.25, 0.75);
    // 0.75 · (1, 0) + 0.25 · (0.25, 0.75); itself with itself; wholly the first.
    expect([...mixedTargets(targets, 2, feeds)!]).toEqual([0.8125, 0.1875, 0, 1, 1, 0]);
    expect(mixedTargets(targets, 2, new Map())).toBeNull();
  });

  it.each([0.2, 1, 3])('draws shares of the beta distribution of alpha %s', (alpha) => {
    const random = createRandom(3, 'beta', alpha);
    const values = Array.from({ length: 20_000 }, () => symmetricBeta(alpha, random));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(variance * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.04);
  });

  it('of a tiny alpha takes one picture or the other, never no number', () => {
    const random = createRandom(3, 'tiny');
    const values = Array.from({ length: 200 }, () => symmetricBeta(1e-4, random));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(values.filter((value) => value > 0.5).length).toBeGreaterThan(60);
    expect(values.filter((value) => value < 0.5).length).toBeGreaterThan(60);
  });
});
