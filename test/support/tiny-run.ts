import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { type RecipeInput, recipeSchema, type ResolvedRecipe } from '../../src/contract/recipe.ts';
import type { Manifest } from '../../src/contract/run-folder.ts';
import { createRandom } from '../../src/core/random.ts';
import type { RowSource } from '../../src/nn/batches.ts';

/** 48 training and 16 validation pictures of 28×28: a bright bar, upright (class 0) or lying (class 1), on noise. */
const size = 28;
const trainRows = 48;
const valRows = 16;
const pictureCount = trainRows + valRows;

/** The pictures of both parts, one after another. */
export function tinyPixels(): Uint8Array {
  const random = createRandom(11, 'tiny pictures');
  const pixels = new Uint8Array(pictureCount * size * size);
  for (let picture = 0; picture < pictureCount; picture++) {
    const bar = 6 + random.integer(size - 12);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const across = picture % 2 === 0 ? x : y;
        pixels[(picture * size + y) * size + x] = random.integer(60) + (Math.abs(across - bar) < 3 ? 180 : 0);
      }
    }
  }
  return pixels;
}

/** A recipe for them: alexnet-small at a tenth of its width, batches of 8, so 6 steps an epoch. */
export function tinyRecipe(settings: RecipeInput = {}): ResolvedRecipe {
  const recipe = recipeSchema.parse({
    network: { id: 'alexnet-small', scale: 0.1, dropout: 0.2 },
    epochs: 3,
    batchSize: 8,
    ...settings,
  });
  const { network, input, optimizer, loss, backend } = recipe;
  return {
    ...recipe,
    network: { ...network, dropout: network.dropout ?? 0.2 },
    input: { ...input, size, channels: 1 },
    optimizer: { ...optimizer, learningRate: optimizer.learningRate ?? 3e-3 },
    loss: { ...loss, id: loss.id ?? 'crossEntropy' },
    backend: { ...backend, threads: 1 },
  };
}

/** The same rows without files. */
export function tinySources(): { train: RowSource; val: RowSource } {
  const pixels = tinyPixels();
  const source = (first: number, count: number): RowSource => ({
    count,
    label: (position) => (first + position) % 2,
    imageId: (position) => `image-${first + position}`,
    read: async (positions) => {
      const bytes = size * size;
      const batch = new Uint8Array(positions.length * bytes);
      positions.forEach((position, i) => {
        const start = (first + position) * bytes;
        batch.set(pixels.subarray(start, start + bytes), i * bytes);
      });
      const truths = Int32Array.from(positions, (position) => (first + position) % 2);
      return { rows: positions.length, pixels: batch, truths, table: null };
    },
  });
  return { train: source(0, trainRows), val: source(trainRows, valRows) };
}

/** Writes a run folder that a trainer can train, and returns its path. */
export function writeTinyRun(settings: RecipeInput = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-run-'));
  const rows = (first: number, count: number): Manifest['rows']['train'] =>
    Array.from({ length: count }, (_, i) => ({
      image: `image-${first + i}`,
      slot: first + i,
      label: (first + i) % 2,
      patient: `patient-${first + i}`,
      pixelSha256: '',
    }));
  const manifest: Manifest = {
    formatVersion: 1,
    run: 'tiny',
    datasetVersion: 'tiny',
    splitBy: 'patient',
    generated: true,
    fold: null,
    classes: ['upright', 'lying'],
    inputs: { file: 'pixels.u8', geometry: { size, channels: 1, fit: 'stretch', kernel: 'linear' } },
    rows: { train: rows(0, trainRows), val: rows(trainRows, valRows), test: [] },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'recipe.json'), JSON.stringify(tinyRecipe(settings)));
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'pixels.u8'), tinyPixels());
  return folder;
}
