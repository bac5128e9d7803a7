import { expect, test } from 'vitest';

import {
  actedOn,
  emptySelection,
  selectAll,
  selectAt,
  selectLasso,
  selectNothing,
} from '../../../../src/renderer/features/images/selection.ts';

const plain = { toggle: false, extend: false };
const shift = { toggle: false, extend: true };
const control = { toggle: true, extend: false };

test('Shift selects from the anchor in both directions: else turning back keeps what was passed', () => {
  const start = selectAt(emptySelection, 10, plain);
  const down = selectAt(start, 14, shift);
  expect(down.ranges).toEqual([[10, 15]]);
  expect(selectAt(down, 8, shift)).toEqual({ ranges: [[8, 11]], anchor: 10, focus: 8 });
});

test('Control takes one image out and Control with Shift adds a range', () => {
  const some = selectAt(selectAt(emptySelection, 2, plain), 6, shift);
  const without = selectAt(some, 4, control);
  expect(without.ranges).toEqual([
    [2, 4],
    [5, 7],
  ]);
  expect(selectAt(without, 8, { toggle: true, extend: true }).ranges).toEqual([[2, 9]]);
});

test('a lasso replaces, and adds with a key held: else the earlier selection is lost', () => {
  const before = selectAt(emptySelection, 1, plain);
  expect(selectLasso(before, [[4, 6]], false).ranges).toEqual([[4, 6]]);
  expect(selectLasso(before, [[4, 6]], true).ranges).toEqual([
    [1, 2],
    [4, 6],
  ]);
  expect(selectLasso(before, [], false).ranges).toEqual([]);
});

test('100,000 selected images are one range', () => {
  expect(selectAll(emptySelection, 100_000).ranges).toEqual([[0, 100_000]]);
  expect(selectAll(emptySelection, 0).ranges).toEqual([]);
});

test('without a selection the focused image is labelled: else a key does nothing after Escape', () => {
  const focused = selectNothing(selectAt(emptySelection, 7, plain));
  expect(actedOn(focused)).toEqual([[7, 8]]);
  expect(actedOn(emptySelection)).toEqual([]);
});
