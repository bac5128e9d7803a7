import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  findDuplicates,
  findNear,
  hashDistance,
  isTelling,
  type Likeness,
} from '../../../src/core/duplicates.ts';
import { finish } from '../../../src/core/steps.ts';
import { busyMs } from '../../support/busy-time.ts';

const hex = (bits: bigint): string => bits.toString(16).padStart(64, '0');
const aHash = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
/** 16 hex digits four times. */
const spread = (digits: string): string => digits.repeat(4);
const base = spread('ff00ff0000000000').replace(/.{2}$/, '00');

/** Some hashes, and others a few bits away from them: random ones alone would never be near. */
const hashLists = fc
  .array(
    fc.tuple(
      aHash,
      fc.array(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 18 }), { maxLength: 4 }),
    ),
    {
      maxLength: 12,
    },
  )
  .map((families) => [
    ...new Set(
      families.flatMap(([base, flips]) => [
        hex(base),
        ...flips.map((bits) => hex(bits.reduce((hash, bit) => hash ^ (1n << BigInt(bit)), base))),
      ]),
    ),
  ]);

const film = (image: string, given: Partial<Likeness> = {}): Likeness => ({
  image,
  pixelSha256: `pixels of ${image}`,
  differenceHash: null,
  patientId: null,
  label: null,
  part: null,
  ...given,
});

describe('findNear', () => {
  it('finds exactly the pairs that comparing each with each finds, at any distance', () => {
    fc.assert(
      fc.property(hashLists, fc.integer({ min: 0, max: 16 }), (hashes, distance) => {
        const found = new Set<string>();
        finish(findNear(hashes, distance, (a, b) => found.add(`${a}-${b}`)));
        const expected = new Set<string>();
        hashes.forEach((hash, b) => {
          for (let a = 0; a < b; a += 1)
            if (hashDistance(hashes[a]!, hash) <= distance) expected.add(`${a}-${b}`);
        });
        expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('counts differing bits', () => {
    expect(hashDistance(spread('ffffffff00000000'), spread('0'.repeat(16)))).toBe(128);
    expect(hashDistance(`8${'0'.repeat(63)}`, `${'0'.repeat(63)}1`)).toBe(2);
  });
});

describe('findDuplicates', () => {
  it('tells equal pixels, and a leak first', () => {
    const groups = finish(
      findDuplicates(
        [
          film('a', { pixelSha256: 'x', patientId: 'p1' }),
          film('b', { pixelSha256: 'x', patientId: 'p2' }),
          film('c', { pixelSha256: 'y', part: 'train', label: 'ill' }),
          film('d', { pixelSha256: 'y', part: 'test' }),
          film('e', { pixelSha256: 'z' }),
        ],
        4,
      ),
    );
    expect(groups).toEqual([
      {
        kind: 'exact',
        images: ['c', 'd'],
        distance: 0,
        acrossParts: true,
        acrossPatients: false,
        labelsDiffer: false,
      },
      {
        kind: 'exact',
        images: ['a', 'b'],
        distance: 0,
        acrossParts: false,
        acrossPatients: true,
        labelsDiffer: false,
      },
    ]);
  });

  it('joins through others, and gives the widest distance within', () => {
    const groups = finish(
      findDuplicates(
        [
          film('a', { differenceHash: base, label: 'ill' }),
          film('b', { differenceHash: `${base.slice(0, 63)}f` }),
          film('c', { differenceHash: `${base.slice(0, 62)}ff`, label: 'well' }),
          film('d', { differenceHash: spread('00ffffff00ffff00') }),
        ],
        4,
      ),
    );
    expect(groups).toMatchObject([
      { kind: 'near', images: ['a', 'b', 'c'], distance: 8, labelsDiffer: true },
    ]);
  });

  it('does not call flat pictures alike for having no differences, nor equal pixels near', () => {
    const flat = film('a', { differenceHash: '0'.repeat(64) });
    const marked = film('b', { differenceHash: '3'.padStart(64, '0') });
    const rising = film('c', { differenceHash: 'f'.repeat(64) });
    const twins = ['d', 'e'].map((image) => film(image, { differenceHash: base, pixelSha256: 'same' }));
    const groups = finish(
      findDuplicates([flat, { ...flat, image: 'f', pixelSha256: 'p' }, marked, rising, ...twins], 16),
    );
    expect(groups).toMatchObject([{ kind: 'exact', images: ['d', 'e'] }]);
    for (const hash of ['0'.repeat(64), 'f'.repeat(64), '7fff'.padStart(64, '0')])
      expect(isTelling(hash)).toBe(false);
    expect(isTelling('ffff'.padStart(64, '0'))).toBe(true);
  });

  it('compares 20,000 hashes without long steps', () => {
    let state = 1;
    const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
    const word = (): string => next().toString(16).padStart(8, '0');
    const films = Array.from({ length: 20_000 }, (_, i) =>
      film(String(i), { differenceHash: Array.from({ length: 8 }, word).join('') }),
    );
    const steps = findDuplicates(films, 4);
    let longest = 0;
    for (let startedAt = busyMs(); steps.next().done !== true; startedAt = busyMs())
      longest = Math.max(longest, busyMs() - startedAt);
    expect(longest).toBeLessThan(500);
  });
});
