import { describe, expect, it } from 'vitest';

import { pagesAround, positionsAhead, stripSpan } from '../../../../src/renderer/features/read/positions.ts';

describe('positions of a list', () => {
  it('reads the page of the current image first, and its neighbours where they are near', () => {
    expect(pagesAround(250, 60, 1000, 100)).toEqual([2, 1, 3]);
    expect(pagesAround(205, 60, 1000, 100)).toEqual([2, 1]);
    expect(pagesAround(0, 60, 30, 100)).toEqual([0]);
    expect(pagesAround(0, 60, 0, 100)).toEqual([]);
  });

  it('fetches the next five and the one before, within the list', () => {
    expect(positionsAhead(10, 100)).toEqual([11, 12, 13, 14, 15, 9]);
    expect(positionsAhead(0, 3)).toEqual([1, 2]);
    expect(positionsAhead(99, 100)).toEqual([98]);
  });

  it('keeps the strip full at both ends, and the current image in its middle elsewhere', () => {
    expect(stripSpan(50, 100, 21)).toEqual({ from: 40, to: 61 });
    expect(stripSpan(2, 100, 21)).toEqual({ from: 0, to: 21 });
    expect(stripSpan(99, 100, 21)).toEqual({ from: 79, to: 100 });
    expect(stripSpan(1, 3, 21)).toEqual({ from: 0, to: 3 });
  });
});
