import { describe, expect, it } from 'vitest';

import { slicesAround } from '../../../../src/renderer/viewer/stack.ts';

describe('slices fetched ahead', () => {
  it('go both ways at first, then mostly where one goes', () => {
    expect(slicesAround(10, 100, 0, 3)).toEqual([11, 9, 12, 8, 13, 7]);
    expect(slicesAround(10, 100, 1, 4)).toEqual([11, 12, 9, 13, 14, 8]);
    expect(slicesAround(10, 100, -1, 4)).toEqual([9, 8, 11, 7, 6, 12]);
  });

  it('stay in the series, each once', () => {
    const slices = slicesAround(1, 5, 1);
    expect(slices.toSorted()).toEqual([0, 2, 3, 4]);
    expect(slicesAround(0, 1, 1)).toEqual([]);
  });
});
