import { expect, it } from 'vitest';

import { chooseSamples } from '../../../src/core/sample-rows.ts';

it('shows every class although one is rare, the same rows for the same seed', () => {
  const labels = Array.from({ length: 400 }, (_, row) => (row === 123 ? 2 : row % 2));
  const chosen = chooseSamples(labels, 7);
  expect(chosen).toHaveLength(8);
  expect(chosen).toContain(123);
  const perClass = [0, 1].map((label) => chosen.filter((row) => labels[row] === label).length);
  expect(perClass.sort()).toEqual([3, 4]);
  expect(chooseSamples(labels, 7)).toEqual(chosen);
  expect(chooseSamples(labels, 8)).not.toEqual(chosen);
});

it('shows all rows when there are fewer than eight, each once', () => {
  expect(chooseSamples([1, 1, 0], 1)).toEqual([0, 1, 2]);
  expect(chooseSamples([], 1)).toEqual([]);
});
