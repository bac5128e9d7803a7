import fc from 'fast-check';
import { expect, it } from 'vitest';

import { sortByKey } from '../../../src/core/sort-by-key.ts';

/** What `sortByKey` promises, said with the built-in sort, which is stable. */
function expected(indices: number[], keys: number[], descending: boolean): number[] {
  return [...indices].sort((a, b) => {
    const [left, right] = [keys[a]!, keys[b]!];
    if (left < 0 || right < 0) return Number(left < 0) - Number(right < 0);
    return descending ? right - left : left - right;
  });
}

const key = fc.oneof(fc.constant(-1), fc.nat(5), fc.nat(), fc.nat({ max: 2 ** 44 }));

it('sorts stably in both directions, none last, whatever the size of the keys', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 200 }), fc.boolean(), (keys, descending) => {
      const indices = keys.map((_, index) => index).filter((index) => index % 3 !== 1);
      expect([...sortByKey(Int32Array.from(indices), keys, descending)]).toEqual(
        expected(indices, keys, descending),
      );
    }),
    { numRuns: 200, seed: 5 },
  );
});

it('sorts nothing, and only images without a key', () => {
  expect([...sortByKey(new Int32Array(0), [])]).toEqual([]);
  expect([...sortByKey(Int32Array.of(1, 0), [-1, -1], true)]).toEqual([1, 0]);
});
