import { describe, expect, it } from 'vitest';

import type { LayerRow } from '../../../../src/contract/run.ts';
import { layerTable } from '../../../../src/nn/layer-table.ts';
import { findNetwork } from '../../../../src/nn/models/index.ts';
import { classHead } from '../../../../src/nn/network.ts';
import { type Diagram, layerDiagram } from '../../../../src/renderer/features/train/layer-diagram.ts';
import { isFoldable, layerGroups, toggled } from '../../../../src/renderer/features/train/layer-groups.ts';

function layersOf(id: string, size: number): LayerRow[] {
  return layerTable(findNetwork(id).build({ size, channels: 3, scale: 1, dropout: 0.5, head: classHead(2) }));
}
const drawn = (id: string, size: number, unfolded: readonly string[] = []): Diagram =>
  layerDiagram([size, size, 3], layersOf(id, size), new Set(unfolded));

describe('the layer diagram of AlexNet', () => {
  const { blocks, skips } = drawn('alexnet', 227);

  it('draws the input and every layer with a shape of its own', () => {
    expect(blocks.map(({ kind }) => kind)).not.toContain('Dropout');
    expect(blocks[0]?.kind).toBe('Input');
    expect(blocks.filter(({ kind }) => kind === 'Dense')).toHaveLength(3);
    expect(blocks).toHaveLength(12);
    expect(skips).toEqual([]);
  });

  it('draws smaller maps lower and more channels broader', () => {
    const maps = blocks.filter(({ shape }) => shape.length === 3);
    expect(maps[0]!.height).toBeGreaterThan(maps.at(-1)!.height);
    expect(maps.at(-1)!.width).toBeGreaterThan(maps[0]!.width);
  });
});

it.each([
  ['alexnet', 227],
  ['resnet50', 224],
  ['densenet121', 224],
  ['alexnet-fcn', 256],
  ['unet', 256],
] as const)('keeps the blocks of %s apart and inside the drawing', (id, size) => {
  const { blocks, width, height, top } = drawn(id, size);
  for (const [index, block] of blocks.entries()) {
    const next = blocks[index + 1];
    if (next) expect(next.x).toBeGreaterThan(block.x + block.width + block.depth);
    expect(block.y - block.depth).toBeGreaterThanOrEqual(top);
    expect(block.y + block.height).toBeLessThanOrEqual(height);
    expect(block.x + block.width + block.depth).toBeLessThanOrEqual(width);
  }
});

describe('what repeats', () => {
  it.each([
    ['resnet18', [2, 2, 2, 2]],
    ['resnet34', [3, 4, 6, 3]],
    ['resnet50', [3, 4, 6, 3]],
    ['densenet121', [6, 12, 24, 16]],
  ])('in %s is its stages, one block each until it is unfolded', (id, counts) => {
    const groups = layerGroups(layersOf(id, 224));
    expect(groups.flatMap(({ blocks }) => blocks.flat())).toEqual(layersOf(id, 224));
    const stages = groups.filter(isFoldable);
    expect(stages.map(({ blocks }) => blocks.length)).toEqual(counts);
    const folded = drawn(id, 224);
    expect(folded.blocks.map(({ repeats }) => repeats).filter((repeats) => repeats !== null)).toEqual(counts);
    // A line past each.
    expect(folded.skips).toHaveLength(4);
    expect(folded.blocks.length).toBeLessThan(20);
    const unfolded = drawn(id, 224, [stages[1]!.id]);
    expect(unfolded.blocks).toHaveLength(folded.blocks.length + counts[1]! - 1);
    expect(unfolded.skips).toHaveLength(3 + counts[1]!);
  });

  it('is named by what its layers are called', () => {
    const names = (id: string): string[] =>
      layerGroups(layersOf(id, 224))
        .filter(isFoldable)
        .map(({ name }) => name);
    expect(names('resnet18')).toEqual(['layer1', 'layer2', 'layer3', 'layer4']);
    expect(names('densenet121')[3]).toBe('denseblock4');
  });

  it.each(['alexnet', 'alexnet-2012', 'alexnet-torchvision', 'alexnet-fcn', 'unet'])(
    'is nothing in %s',
    (id) => {
      expect(layerGroups(layersOf(id, 256)).filter(isFoldable)).toEqual([]);
    },
  );
});

it.each([
  ['unet', 4],
  ['alexnet-fcn', 4],
])('lines of %s lead to what they join, above all beneath them', (id, count) => {
  const { skips, blocks, top } = drawn(id, 256);
  expect(skips).toHaveLength(count);
  const levels = skips.map((path) => Number(/V(-?[\d.]+)q/.exec(path)![1]));
  expect(new Set(levels).size).toBe(count);
  expect(Math.min(...levels)).toBeGreaterThan(top);
  expect(blocks.every(({ repeats }) => repeats === null)).toBe(true);
});

it('folds and unfolds one group', () => {
  const once = toggled(new Set(['a']), 'b');
  expect([...once]).toEqual(['a', 'b']);
  expect([...toggled(once, 'a')]).toEqual(['b']);
});
