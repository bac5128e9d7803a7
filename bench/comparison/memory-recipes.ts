import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import {
  type networkIds,
  type RecipeInput,
  recipeSchema,
  type ResolvedRecipe,
} from '../../src/contract/recipe.ts';
import type { Manifest } from '../../src/contract/run-folder.ts';
import { resolveRecipe } from '../../src/core/recipe.ts';
import type { PlanFacts } from '../../src/core/training-need.ts';
import { layerTable } from '../../src/nn/layer-table.ts';
import { findNetwork } from '../../src/nn/models/index.ts';
import { classHead } from '../../src/nn/network.ts';

/** A training whose memory is measured. */
export interface MemoryCase {
  readonly name: string;
  readonly facts: PlanFacts;
  readonly classes: number;
}

const threads = 2;
const stepsOfEpoch = 2;
const validated = 8;

/** One short epoch each; together they vary every term of the estimate apart from the others. */
export function memoryCases(): MemoryCase[] {
  const full = { network: { id: 'alexnet' as const } };
  const half = { network: { id: 'alexnet' as const, scale: 0.5 } };
  const quarter = { network: { id: 'alexnet' as const, scale: 0.25 } };
  const small = { network: { id: 'alexnet-small' as const } };
  return [
    caseOf('alexnet 227², batch 32, 1,000 classes', { ...full, batchSize: 32 }, 3, 1000),
    caseOf('alexnet 227², batch 8', { ...full, batchSize: 8 }, 3),
    caseOf('alexnet 227², batch 64', { ...full, batchSize: 64 }, 3),
    caseOf('alexnet 227², batch 64 in pieces of 8', { ...full, batchSize: 64, microBatchSize: 8 }, 3),
    caseOf('alexnet 227², batch 16, SGD', { ...full, batchSize: 16, optimizer: { id: 'sgd' } }, 3),
    caseOf('alexnet 227², batch 16, RMSprop', { ...full, batchSize: 16, optimizer: { id: 'rmsprop' } }, 3),
    caseOf('alexnet 227², batch 16, averaged', { ...full, batchSize: 16, weightAveraging: 0.999 }, 1),
    caseOf('alexnet 227², batch 16, clipped', { ...full, batchSize: 16, optimizer: { clipNorm: 1 } }, 1),
    caseOf('half width 227², batch 64', { ...half, batchSize: 64 }, 1),
    caseOf('half width 227², batch 16, SGD', { ...half, batchSize: 16, optimizer: { id: 'sgd' } }, 1),
    caseOf('quarter width 128², batch 16', { ...quarter, input: { size: 128 }, batchSize: 16 }, 1),
    caseOf('quarter width 128², batch 128', { ...quarter, input: { size: 128 }, batchSize: 128 }, 1),
    caseOf('alexnet-small 32², batch 32', { ...small, batchSize: 32 }, 3, 10),
    caseOf('alexnet-small 32², batch 256', { ...small, batchSize: 256 }, 3, 10),
    deep('resnet18', { scale: 1, size: 64, batchSize: 32 }),
    deep('resnet18', { scale: 1, size: 64, batchSize: 128 }),
    deep('resnet18', { scale: 0.5, size: 128, batchSize: 64 }),
    deep('resnet50', { scale: 0.25, size: 64, batchSize: 64 }),
    deep('resnet50', { scale: 0.25, size: 128, batchSize: 64 }),
    deep('densenet121', { scale: 0.25, size: 64, batchSize: 16 }),
    deep('densenet121', { scale: 0.25, size: 64, batchSize: 64 }),
    deep('densenet121', { scale: 0.5, size: 128, batchSize: 32 }),
    deep('resnet18', { scale: 1, size: 224, batchSize: 16 }),
    deep('densenet121', { scale: 0.5, size: 224, batchSize: 8 }),
    deep('alexnet-2012', { scale: 0.25, size: 128, batchSize: 128 }),
    deep('alexnet-batchnorm', { scale: 0.25, size: 128, batchSize: 128 }),
  ];
}

function deep(
  id: (typeof networkIds)[number],
  { scale, size, batchSize }: { scale: number; size: number; batchSize: number },
): MemoryCase {
  const name = `${id} × ${scale}, ${size}², batch ${batchSize}`;
  return caseOf(name, { network: { id, scale }, input: { size }, batchSize }, 1);
}

function caseOf(name: string, input: RecipeInput, channels: 1 | 3, classes = 2): MemoryCase {
  const parsed = recipeSchema.parse({
    ...input,
    input: { ...input.input, channels },
    backend: { id: 'tensorflow', threads },
    epochs: 1,
    checkpoint: { everySeconds: 0 },
  });
  const network = findNetwork(parsed.network.id);
  const recipe: ResolvedRecipe = resolveRecipe(parsed, {
    allGrey: channels === 1,
    cores: threads,
    task: 'multiClass',
    network,
  });
  const { size } = recipe.input;
  const { scale, dropout } = recipe.network;
  const layers = layerTable(network.build({ size, channels, head: classHead(classes), scale, dropout }));
  const counts = { train: recipe.batchSize * stepsOfEpoch, val: validated };
  return { name, classes, facts: { recipe, layers, counts } };
}

/** Writes a run folder of noise that a trainer can train. */
export function writeNoiseRun(folder: string, { facts, classes }: MemoryCase): void {
  const { recipe, counts } = facts;
  const { size, channels, fit, kernel } = recipe.input;
  const { train, val } = counts!;
  const rows = (first: number, count: number): Manifest['rows']['train'] =>
    Array.from({ length: count }, (_, index) => ({
      image: `image-${first + index}`,
      slot: first + index,
      label: index % classes,
      patient: `patient-${first + index}`,
      pixelSha256: '',
    }));
  const manifest: Manifest = {
    formatVersion: 1,
    ...{ run: 'memory', datasetVersion: 'noise', splitBy: 'image', generated: true, fold: null },
    classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
    inputs: { file: 'pixels.u8', geometry: { size, channels, fit, kernel } },
    rows: { train: rows(0, train), val: rows(train, val), test: [] },
  };
  const pixels = new Uint8Array((train + val) * size * size * channels);
  for (let index = 0; index < pixels.length; index++) pixels[index] = (index * 2_654_435_761) >>> 24;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'recipe.json'), JSON.stringify(recipe));
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'pixels.u8'), pixels);
}
