import { describe, expect, it } from 'vitest';

import { type RecipeInput, recipeSchema, type ResolvedRecipe } from '../../../src/contract/recipe.ts';
import { resolveRecipe } from '../../../src/core/recipe.ts';
import {
  checkpointNeed,
  memoryBytes,
  microBatchThatFits,
  type PlanFacts,
} from '../../../src/core/training-need.ts';
import { planWarnings, shortagesOf, trainingTime } from '../../../src/core/training-plan.ts';
import { layerTable } from '../../../src/nn/layer-table.ts';
import { findNetwork } from '../../../src/nn/models/index.ts';
import { classHead } from '../../../src/nn/network.ts';

const mebibyte = 2 ** 20;

function factsOf(input: RecipeInput, classes = 2, train = 4096): PlanFacts {
  const parsed = recipeSchema.parse(input);
  const network = findNetwork(parsed.network.id);
  const recipe: ResolvedRecipe = resolveRecipe(parsed, {
    allGrey: true,
    task: 'multiClass',
    cores: 2,
    network,
  });
  const { size, channels } = recipe.input;
  const { scale, dropout } = recipe.network;
  return {
    recipe,
    layers: layerTable(network.build({ size, channels, head: classHead(classes), scale, dropout })),
    counts: { train, val: train / 4 },
  };
}

/** Of the same network on so many tiles along an edge. */
const tiled = (facts: PlanFacts, tiles: number): PlanFacts => ({
  ...facts,
  recipe: { ...facts.recipe, input: { ...facts.recipe.input, tiles } },
});

describe('a training on tiles', () => {
  const facts = factsOf({ network: { id: 'alexnet-small' }, batchSize: 64 }, 2, 40);

  it('takes the time of as many pictures as there are tiles', () => {
    const measured = { imagesPerSecond: 100, backend: 'tensorflow' };
    const [whole, cut] = [trainingTime(facts, measured)!, trainingTime(tiled(facts, 3), measured)!];
    expect(cut.lowSeconds).toBeCloseTo(9 * whole.lowSeconds, 6);
    expect(cut.basis).toContain('100 tiles/s');
  });

  it('fills its batches with tiles, and holds a row of them while it validates', () => {
    const memory = { bytes: 1, availableBytes: 2 ** 40 };
    const isSmall = (of: PlanFacts): boolean =>
      planWarnings(of, {}, memory).some((warning) => warning.includes('each epoch is one step'));
    expect([isSmall(facts), isSmall(tiled(facts, 2))]).toEqual([true, false]);
    const more = tiled(factsOf({ network: { id: 'alexnet-small' }, batchSize: 64 }), 8);
    const row = 8 * 32 * (32 + 7 * 24) * 2;
    expect(memoryBytes(more) - memoryBytes(tiled(more, 1))).toBeCloseTo(row, -1);
  });
});

describe('the memory estimate', () => {
  // What the trainer took at its peak; see the constants.
  it.each([
    [{ network: { id: 'alexnet' }, input: { size: 227, channels: 3 }, batchSize: 32 }, 1000, 2121],
    [{ network: { id: 'alexnet' }, input: { size: 227, channels: 3 }, batchSize: 8 }, 2, 1915],
    [{ network: { id: 'alexnet', scale: 0.5 }, input: { size: 227, channels: 1 }, batchSize: 64 }, 2, 1022],
    [{ network: { id: 'alexnet', scale: 0.25 }, input: { size: 128, channels: 1 }, batchSize: 128 }, 2, 609],
    [{ network: { id: 'alexnet-small' }, input: { size: 32, channels: 3 }, batchSize: 256 }, 10, 647],
    [{ network: { id: 'resnet18' }, input: { size: 64, channels: 1 }, batchSize: 128 }, 2, 1158],
    [{ network: { id: 'resnet18' }, input: { size: 224, channels: 1 }, batchSize: 16 }, 2, 1294],
    [{ network: { id: 'resnet50', scale: 0.25 }, input: { size: 128, channels: 1 }, batchSize: 64 }, 2, 1306],
    [
      { network: { id: 'densenet121', scale: 0.25 }, input: { size: 64, channels: 1 }, batchSize: 16 },
      2,
      1055,
    ],
    [
      { network: { id: 'densenet121', scale: 0.5 }, input: { size: 224, channels: 1 }, batchSize: 8 },
      2,
      1648,
    ],
  ] as [RecipeInput, number, number][])(
    'of %j with %i classes is near what was measured',
    (input, classes, peak) => {
      const estimated = memoryBytes(factsOf(input, classes)) / mebibyte;
      expect(estimated / peak).toBeGreaterThan(0.98);
      expect(estimated / peak).toBeLessThan(1.12);
    },
  );

  // Would catch: a plan that asks for slots and gradients of what never moves, or forgets them where it thaws.
  it('is smaller the more stages stay frozen, and the whole where all of them thaw', () => {
    const input = (transfer: RecipeInput['transfer']): RecipeInput => ({
      ...{ network: { id: 'resnet18' }, input: { size: 128, channels: 3 }, batchSize: 64, epochs: 12 },
      transfer: { weights: 'own-1', ...transfer },
    });
    const bytes = [0, 1, 2, 3, 4, 5].map((frozenStages) => memoryBytes(factsOf(input({ frozenStages }))));
    expect(bytes).toEqual(bytes.toSorted((a, b) => b - a));
    expect(bytes[5]! / bytes[0]!).toBeLessThan(0.8);
    expect(memoryBytes(factsOf(input({ frozenStages: 5, unfreezeEvery: 2 })))).toBe(bytes[0]);
    expect(memoryBytes(factsOf(input({ frozenStages: 5, unfreezeEvery: 4 })))).toBe(bytes[3]);
    expect(memoryBytes(factsOf(input({ weights: null, frozenStages: 5 })))).toBe(bytes[0]);
  });

  it('counts no more images than there are to train on', () => {
    expect(memoryBytes(factsOf({ batchSize: 4096 }, 2, 20))).toBe(
      memoryBytes(factsOf({ batchSize: 20 }, 2, 20)),
    );
  });
});

describe('a training that does not fit', () => {
  const facts = factsOf({ network: { id: 'alexnet' }, batchSize: 512 });
  const disk = { bytes: 1e9, availableBytes: 5e9 };

  const nothingSmaller = () => [];

  it('proposes fewer images at once first: the result stays what it is', () => {
    const availableBytes = 4e9;
    const fits = microBatchThatFits(facts, availableBytes)!;
    expect(memoryBytes(facts, fits)).toBeLessThanOrEqual(availableBytes);
    expect(memoryBytes(facts, fits * 2)).toBeGreaterThan(availableBytes);
    const memory = { bytes: memoryBytes(facts), availableBytes };
    const [shortage] = shortagesOf(facts, { memory, disk }, nothingSmaller);
    expect(shortage).toMatchObject({ of: 'memory', proposal: { microBatchSize: fits } });
    expect(shortage!.message).toContain('4.0 GB are free');
    expect(shortage!.hint).toMatch(/^It fits with microBatchSize \d+: .* result stays the same/);
    const proposed = { ...facts, recipe: { ...facts.recipe, microBatchSize: fits } };
    expect(memoryBytes(proposed)).toBe(memoryBytes(facts, fits));
  });

  it('that not even single images fit in proposes the first smaller one that does', () => {
    const availableBytes = 9e8;
    expect(microBatchThatFits(facts, availableBytes)).toBeNull();
    const smaller = [
      { changes: { 'network.scale': 0.9 }, facts: factsOf({ network: { scale: 0.9 }, batchSize: 512 }) },
      { changes: { 'network.scale': 0.25 }, facts: factsOf({ network: { scale: 0.25 }, batchSize: 512 }) },
    ];
    const memory = { bytes: memoryBytes(facts), availableBytes };
    const [shortage] = shortagesOf(facts, { memory, disk }, () => smaller);
    expect(shortage!.proposal).toMatchObject({ 'network.scale': 0.25 });
    expect(shortage!.proposal!['microBatchSize']).toBeGreaterThanOrEqual(1);
    const [without] = shortagesOf(facts, { memory, disk }, nothingSmaller);
    expect(without).toMatchObject({ proposal: null });
    expect(without!.hint).toContain('Close other programs');
  });

  it('says that batch normalisation notices when fewer images are computed at once', () => {
    const deep = factsOf({ network: { id: 'resnet18' }, batchSize: 64 });
    const memory = { bytes: memoryBytes(deep), availableBytes: 2e9 };
    const [shortage] = shortagesOf(deep, { memory, disk }, nothingSmaller);
    expect(shortage!.hint).toMatch(
      /^It fits with microBatchSize \d+: .* batch normalisation sees each by itself/,
    );
    const rough = (network: RecipeInput['network'], batchSize: number): boolean =>
      planWarnings(factsOf({ network, batchSize }), {}, { bytes: 1, availableBytes: 2 })
        .join()
        .includes('Batch normalisation sees only 4 images at once');
    expect(rough({ id: 'resnet18' }, 4)).toBe(true);
    expect(rough({ id: 'resnet18' }, 8)).toBe(false);
    expect(rough({ id: 'alexnet' }, 4)).toBe(false);
  });

  it('on the disk names both sizes', () => {
    const memory = { bytes: 1, availableBytes: 2 };
    const scarce = { bytes: 2.5e9, availableBytes: 1e9 };
    const [shortage] = shortagesOf(facts, { memory, disk: scarce }, nothingSmaller);
    expect(shortage).toMatchObject({ of: 'disk', proposal: null });
    expect(shortage!.message).toMatch(/2\.5 GB.*1\.0 GB are free/);
  });

  it('counts each slot of the optimiser, and the running mean of the weights', () => {
    const need = (id: 'adam' | 'adamw' | 'sgd' | 'rmsprop', weightAveraging = 0): number =>
      checkpointNeed(1, { optimizer: { id }, weightAveraging }) / 4;
    // Three checkpoints of weights and slots, three times weights alone.
    expect([need('sgd'), need('adam'), need('adamw'), need('rmsprop')]).toEqual([9, 12, 12, 12]);
    expect(need('adam', 0.999)).toBe(15);
    const averaged = factsOf({ network: { id: 'alexnet' }, weightAveraging: 0.999 });
    expect(memoryBytes(averaged)).toBeGreaterThan(memoryBytes(factsOf({ network: { id: 'alexnet' } })));
  });
});

describe('the time estimate', () => {
  const facts = factsOf({ epochs: 10, earlyStopping: { patience: 0 } }, 2, 1200);

  it('comes from an earlier training where there is one, give or take a fifth', () => {
    // 10 · (1,200 + 300 / 3) images at 100 images/s.
    const time = trainingTime(facts, { imagesPerSecond: 100, backend: 'tensorflow' })!;
    expect(time.lowSeconds).toBeCloseTo(104, 6);
    expect(time.highSeconds).toBeCloseTo(156, 6);
    expect(time.basis).toContain('earlier training');
  });

  it('is else a wide guess that holds the measured benchmark', () => {
    // docs/proofs/benchmark.md: 25.34 images/s on two threads.
    const measured = (10 * 1300) / 25.34;
    const benchmark = factsOf(
      { network: { id: 'alexnet' }, input: { channels: 3 }, batchSize: 32, epochs: 10 },
      1000,
      1200,
    );
    const time = trainingTime(benchmark, null)!;
    expect(time.lowSeconds).toBeLessThan(measured);
    expect(time.highSeconds).toBeGreaterThan(measured);
    expect(time.basis).toContain('Early stopping may end it sooner');
  });

  it('is not there without a split', () => {
    expect(trainingTime({ ...facts, counts: null }, null)).toBeNull();
  });
});

it('warns of few images, and of imbalance only while classes are not weighed', () => {
  const memory = { bytes: 1, availableBytes: 10 };
  const few = factsOf({}, 2, 60);
  const byClass = { normal: 54, sick: 6 };
  const warnings = planWarnings(few, byClass, memory).join(' ');
  expect(warnings).toMatch(/Only 60 images to train on.*Only 15 images to validate on/);
  expect(warnings).toMatch(/Class sick has only 6 images.*9 times as many training images as sick/);
  const weighed = factsOf({ classWeights: 'balanced' }, 2, 60);
  expect(planWarnings(weighed, byClass, memory).join(' ')).not.toContain('times as many');
});
