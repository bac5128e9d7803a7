import fc from 'fast-check';
import { expect, it } from 'vitest';

import { finish, forEachInSteps, itemsPerStep, sortInSteps } from '../../../src/core/steps.ts';

it('sorts as the built-in sort does, equal items in their order', () => {
  const lists = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 5000, size: 'max' });
  fc.assert(
    fc.property(lists, (keys) => {
      const items = keys.map((key, index) => ({ key, index }));
      const compare = (a: { key: number }, b: { key: number }): number => a.key - b.key;
      expect(finish(sortInSteps(items, compare))).toEqual(items.toSorted(compare));
    }),
    { numRuns: 30 },
  );
});

it('gives a turn within a long list, and visits each item once in order', () => {
  const seen: number[] = [];
  const list = Array.from({ length: 3 * itemsPerStep }, (_, index) => index);
  const steps = forEachInSteps(list, (item) => void seen.push(item));
  let turns = 0;
  while (steps.next().done !== true) turns += 1;
  expect(turns).toBe(3);
  expect(seen).toEqual(list);
});
