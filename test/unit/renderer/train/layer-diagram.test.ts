import { describe, expect, it } from 'vitest';

import { layerTable } from '../../../../src/nn/layer-table.ts';
import { findNetwork } from '../../../../src/nn/models/index.ts';
import { diagramBlocks } from '../../../../src/renderer/features/train/layer-diagram.ts';

const layers = layerTable(
  findNetwork('alexnet').build({ size: 227, channels: 3, scale: 1, dropout: 0.5, classes: 2 }),
);

describe('the layer diagram', () => {
  const { blocks, width, height } = diagramBlocks([227, 227, 3], layers);

  it('draws the input and every layer with a shape of its own', () => {
    expect(blocks.map(({ kind }) => kind)).not.toContain('Dropout');
    expect(blocks[0]?.kind).toBe('Input');
    expect(blocks.filter(({ kind }) => kind === 'Dense')).toHaveLength(3);
  });

  it('keeps blocks apart and inside the drawing', () => {
    for (const [index, block] of blocks.entries()) {
      const next = blocks[index + 1];
      if (next) expect(next.x).toBeGreaterThan(block.x + block.width + block.depth);
      expect(block.y - block.depth).toBeGreaterThanOrEqual(0);
      expect(block.y + block.height).toBeLessThanOrEqual(height);
      expect(block.x + block.width + block.depth).toBeLessThanOrEqual(width);
    }
  });

  it('draws smaller maps lower and more channels broader', () => {
    const maps = blocks.filter(({ shape }) => shape.length === 3);
    expect(maps[0]!.height).toBeGreaterThan(maps.at(-1)!.height);
    expect(maps.at(-1)!.width).toBeGreaterThan(maps[0]!.width);
  });
});
