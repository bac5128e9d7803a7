import { describe, expect, it } from 'vitest';

import { filterPicture, firstFilters } from '../../../src/nn/filter-picture.ts';
import { findNetwork } from '../../../src/nn/models/index.ts';
import { classHead } from '../../../src/nn/network.ts';
import { initialWeights } from '../../../src/nn/weights.ts';

describe('filters as a picture', () => {
  it('stretches each grey filter to its own range and reads the kernel in its layout', () => {
    // Two filters of 2×2: 0 1 / 2 4, and -1 -1 / -1 1.
    const kernel = Float32Array.from([0, -1, 1, -1, 2, -1, 4, 1]);
    const picture = filterPicture(kernel, [2, 2, 1, 2]);
    expect(picture).toMatchObject({ width: 5, height: 2, channels: 1 });
    expect([...picture.pixels]).toEqual([...[0, 64, 0, 0, 0], ...[128, 255, 0, 0, 255]]);
  });

  it('keeps the hue of a colour filter: one range for its three channels', () => {
    const picture = filterPicture(Float32Array.from([0, 0.5, 1]), [1, 1, 3, 1]);
    expect(picture).toEqual({ width: 1, height: 1, channels: 3, pixels: Uint8Array.of(0, 128, 255) });
  });

  it('shows a filter that does not vary as grey and not as noise of a division by zero', () => {
    expect([...filterPicture(Float32Array.from([3, 3]), [1, 2, 1, 1]).pixels]).toEqual([128, 128]);
  });

  it('tiles whole rows where the number allows it, a last row that is not full otherwise', () => {
    const sizeOf = (filters: number): [number, number] => {
      const { width, height } = filterPicture(new Float32Array(9 * filters), [3, 3, 1, filters]);
      return [(width + 1) / 4, (height + 1) / 4];
    };
    expect(sizeOf(96)).toEqual([16, 6]);
    expect(sizeOf(24)).toEqual([8, 3]);
    expect(sizeOf(13)).toEqual([6, 3]);
    expect(sizeOf(1)).toEqual([1, 1]);
  });

  it('finds the first convolution of each network, and none where a picture has other channels', () => {
    for (const [id, size] of [
      ['alexnet', 227],
      ['alexnet-small', 32],
    ] as const) {
      const network = findNetwork(id).build({
        size,
        channels: 3,
        head: classHead(2),
        scale: 0.1,
        dropout: 0,
      });
      const { name, shape } = firstFilters(network)!;
      const kernel = initialWeights(network, 1).get(name)!;
      expect(shape[2]).toBe(3);
      expect(kernel).toHaveLength(shape.reduce((product, length) => product * length, 1));
    }
    expect(() => filterPicture(new Float32Array(2), [1, 1, 2, 1])).toThrow('2 channels');
  });
});
