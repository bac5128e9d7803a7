import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dealImages } from '../../../src/core/worklist.ts';

const groupsOf = (sizes: readonly number[]): string[][] =>
  sizes.map((size, group) => Array.from({ length: size }, (_, image) => `${group}-${image}`));

describe('worklists', () => {
  it('gives every image to as many readers as asked, patients whole, loads even, the same each time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 1000 }),
        (sizes, readerCount, wanted, seed) => {
          const groups = groupsOf(sizes);
          const readers = Array.from({ length: readerCount }, (_, reader) => `reader ${reader}`);
          const k = Math.min(wanted, readerCount);
          const lists = dealImages(groups, readers, { kind: 'overlap', k }, seed);
          const times = new Map<string, number>();
          for (const [, images] of lists) {
            expect(new Set(images).size).toBe(images.length);
            for (const image of images) times.set(image, (times.get(image) ?? 0) + 1);
            for (const group of groups)
              expect([0, group.length]).toContain(group.filter((image) => images.includes(image)).length);
          }
          for (const image of groups.flat()) expect(times.get(image)).toBe(k);
          const loads = [...lists.values()].map(({ length }) => length);
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(...sizes));
          expect(dealImages(groups, readers, { kind: 'overlap', k }, seed)).toEqual(lists);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives each reader an order of its own', () => {
    const groups = groupsOf(new Array<number>(50).fill(1));
    const lists = dealImages(groups, ['a', 'b'], { kind: 'all' }, 3);
    expect(lists.get('a')).not.toEqual(lists.get('b'));
    expect([...lists.get('a')!].sort()).toEqual([...lists.get('b')!].sort());
    expect(dealImages(groups, ['b'], { kind: 'all' }, 3).get('b')).toEqual(lists.get('b'));
  });

  it('refuses more readers an image than there are', () => {
    expect(() => dealImages(groupsOf([1]), ['a'], { kind: 'overlap', k: 2 }, 1)).toThrow(RangeError);
  });
});
