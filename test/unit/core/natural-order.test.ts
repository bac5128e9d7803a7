import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compareNatural, naturalKey } from '../../../src/core/natural-order.ts';

describe('compareNatural', () => {
  it('orders numbers by value, letters in any case, the same in every language', () => {
    const names = [
      'grade 10',
      'Grade 2',
      'b',
      'A',
      'a',
      'ä',
      'z',
      'grade 1',
      'grade 02',
      '10',
      '9',
      '',
      'img12x3',
      'img12x20',
      'img2x100',
    ];
    expect(names.sort(compareNatural)).toEqual([
      '',
      '9',
      '10',
      'A',
      'a',
      'b',
      'grade 1',
      'Grade 2',
      'grade 02',
      'grade 10',
      'img2x100',
      'img12x3',
      'img12x20',
      'z',
      'ä',
    ]);
  });

  it('orders numbers beyond 2^53 by value', () => {
    expect(compareNatural('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
    expect(compareNatural('9', '90071992547409931234')).toBeLessThan(0);
  });

  it('is a total order: a sort with it never depends on the order before', () => {
    const name = fc.stringMatching(/^[aAbB019 .-]{0,6}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNatural(a, b)) + Math.sign(compareNatural(b, a))).toBe(0);
        expect(compareNatural(a, b) === 0).toBe(a === b);
        if (compareNatural(a, b) <= 0 && compareNatural(b, c) <= 0)
          expect(compareNatural(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});

it('gives keys that sort as the comparison does', () => {
  const part = fc.oneof(fc.stringMatching(/^[0-9]{1,4}$/), fc.stringMatching(/^[a-z ._-]{1,3}$/));
  const name = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(name, name, (a, b) => {
      const [left, right] = [naturalKey(a), naturalKey(b)];
      // `1` and `01` differ only in the comparison's last resort.
      if (left !== right) expect(left < right).toBe(compareNatural(a, b) < 0);
    }),
    { numRuns: 2000, seed: 1 },
  );
});
