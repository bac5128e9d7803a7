import { expect, it } from 'vitest';

import { type LossId, recipeSchema } from '../../../src/contract/recipe.ts';
import type { RunMemory } from '../../../src/contract/run-folder.ts';
import { halved, halvedSentence, microBatchOf } from '../../../src/core/micro-batch.ts';

function halvings(
  batchSize: number,
  microBatchSize: number | null,
  images = 1000,
  normalizesBatches = false,
): number[] {
  const sizes: number[] = [];
  let memory: RunMemory | null = null;
  for (;;) {
    memory = halved({ batchSize, microBatchSize }, memory, images, { normalizesBatches });
    if (memory === null) return sizes;
    sizes.push(memory.microBatchSize);
  }
}

it('is halved three times at most, and never below one', () => {
  expect(halvings(32, null)).toEqual([16, 8, 4]);
  expect(halvings(32, 12)).toEqual([6, 3, 2]);
  expect(halvings(2, null)).toEqual([1]);
  expect(halvings(1, null)).toEqual([]);
});

it('leaves batch normalisation two images', () => {
  expect(halvings(8, null, 1000, true)).toEqual([4, 2]);
  expect(halvings(2, null, 1000, true)).toEqual([]);
});

it('halves what is really computed at once when there are fewer images than a batch has places', () => {
  expect(halvings(4096, null, 20)).toEqual([10, 5, 3]);
});

it('stands above the recipe, and never above its batch', () => {
  const recipe = { batchSize: 32, microBatchSize: 16 };
  expect(microBatchOf(recipe, null)).toBe(16);
  expect(microBatchOf(recipe, { microBatchSize: 4, halvings: 2 })).toBe(4);
  expect(microBatchOf({ batchSize: 8, microBatchSize: 64 }, null)).toBe(8);
});

it('is told with what changes by it', () => {
  const { augmentation, loss } = recipeSchema.parse({});
  const told = (mixup: number, normalizesBatches: boolean, id: LossId = 'crossEntropy'): string =>
    halvedSentence(
      { batchSize: 32, augmentation: { ...augmentation, mixup }, loss: { ...loss, id } },
      { microBatchSize: 16, halvings: 1 },
      { normalizesBatches },
    );
  expect(told(0, false)).toContain('16 of the 32 images of a batch computed at once; the gradient is still');
  expect(told(0, false)).toMatch(/equal but for rounding\.$/);
  expect(told(0.2, false)).toMatch(/mix-up now pairs other images\.$/);
  expect(told(0, true)).toMatch(/batch normalisation now sees fewer of them together\.$/);
  // Dice is of the images that are computed at once.
  for (const id of ['dice', 'diceCrossEntropy'] as const) {
    expect(told(0, false, id)).toMatch(
      /Dice is now computed over fewer images together, so the gradient is near that of the whole batch and not the same\.$/,
    );
    expect(told(0, true, id)).toContain('together, and batch normalisation sees fewer of them too, so');
  }
});
