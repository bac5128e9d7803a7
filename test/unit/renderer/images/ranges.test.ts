import fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  between,
  contains,
  countIn,
  firstIn,
  type Ranges,
  toggled,
  union,
  without,
} from '../../../../src/renderer/features/images/ranges.ts';

const range = fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => between(a, b));
const positions = (ranges: Ranges): number[] => firstIn(ranges, 1000);

test('ranges behave as the sets that they stand for: else a bulk label reaches other images than are marked', () => {
  fc.assert(
    fc.property(fc.array(range), range, fc.nat(70), (parts, hole, position) => {
      const joined = union(parts);
      const set = new Set(parts.flatMap((part) => positions([part])));
      expect(positions(joined)).toEqual([...set].sort((a, b) => a - b));
      expect(countIn(joined)).toBe(set.size);
      expect(contains(joined, position)).toBe(set.has(position));
      expect(positions(without(joined, hole))).toEqual(
        positions(joined).filter((member) => member < hole[0] || member >= hole[1]),
      );
      expect(contains(toggled(joined, position), position)).toBe(!set.has(position));
      expect(toggled(toggled(joined, position), position)).toEqual(joined);
    }),
  );
});

test('neighbours join: else a lasso over full rows sends one range a row', () => {
  expect(union([[0, 4]], [[4, 8]], [[8, 9]])).toEqual([[0, 9]]);
});
