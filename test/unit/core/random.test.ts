import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import {
  createRandom,
  normalFloats,
  philox,
  streamKey,
  uniformFloats,
  uniformWords,
} from '../../../src/core/random.ts';

const hex = (words: Uint32Array): string =>
  [...words].map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox', () => {
  it.each([
    [[0, 0], [0, 0, 0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)("gives Random123's known answer for key %j", (key, counter, answer) => {
    expect(hex(philox(key, counter))).toBe(answer);
  });
});

describe('uniformFloats', () => {
  // tf.raw_ops.StatelessRandomUniformV2(alg=1) of tensorflow-cpu 2.21.0.
  it("equals TensorFlow's bits where the counter carries over 64 bits", () => {
    const key = [0x9abcdef0, 0x12345678] as const;
    const counter = [0xfffffffe, 0xffffffff, 7, 0] as const;
    expect([...uniformFloats(key, counter, 20)]).toEqual([
      0.5757694244384766, 0.30420994758605957, 0.6184024810791016, 0.4357893466949463, 0.489010214805603,
      0.47222697734832764, 0.02156662940979004, 0.3032505512237549, 0.05833327770233154, 0.47332799434661865,
      0.08235251903533936, 0.43858981132507324, 0.3276578187942505, 0.4659010171890259, 0.2499908208847046,
      0.7801947593688965, 0.7144354581832886, 0.8725985288619995, 0.11005914211273193, 0.8841819763183594,
    ]);
  });

  it("equals TensorFlow's bits over a length that is no multiple of a block", () => {
    const floats = uniformFloats([42, 0], [0, 0, 0, 0], 1001);
    expect(createHash('sha256').update(floats).digest('hex')).toBe(
      'e2ece89244e8b8a54579f8341f3bc51d0371ab428d30537dfa043e46bf64dac1',
    );
  });

  it('continues where the counter says, so a later step needs no earlier one', () => {
    const all = uniformWords([5, 6], [0, 0, 0, 0], 400);
    expect([...uniformWords([5, 6], [50, 0, 0, 0], 200)]).toEqual([...all.slice(200)]);
  });
});

describe('normalFloats', () => {
  it('has mean 0, deviation 1 and normal tails, without a non-finite value', () => {
    const floats = normalFloats([1, 2], [0, 0, 0, 0], 200_001);
    const mean = floats.reduce((sum, value) => sum + value, 0) / floats.length;
    const variance = floats.reduce((sum, value) => sum + (value - mean) ** 2, 0) / floats.length;
    const beyondTwo = floats.filter((value) => Math.abs(value) > 2).length / floats.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.015);
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.003);
    expect(floats.every((value) => Number.isFinite(value))).toBe(true);
  });
});

describe('streamKey', () => {
  it('tells seeds and purposes apart, also beyond sixteen bytes and by trailing zeros', () => {
    const purposes = [
      '',
      'a',
      'b',
      'ab',
      'ba',
      'a\0',
      'a long purpose of many words',
      'a long purpose of many wordy',
    ];
    const keys = [1, 2, 0xffffffff, 2 ** 40].flatMap((seed) =>
      purposes.map((purpose) => streamKey(seed, purpose).join()),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('stays what it is: a changed key would change every rerun', () => {
    expect(streamKey(1, 'order')).toEqual([796781532, 2698723086]);
    expect(createRandom(7, 'order', 3).shuffle([0, 1, 2, 3, 4, 5, 6, 7])).toEqual([2, 0, 4, 5, 1, 7, 3, 6]);
  });
});

describe('createRandom', () => {
  it('repeats itself for one seed and path and differs for any other', () => {
    const draw = (...path: (string | number)[]): number[] => {
      const random = createRandom(1, ...path);
      return Array.from({ length: 100 }, () => random.uint32());
    };
    expect(draw('order', 1)).toEqual(draw('order', 1));
    expect(draw('order', 1)).not.toEqual(draw('order', 2));
    expect(draw('a', 'bc')).not.toEqual(draw('ab', 'c'));
    expect(draw('1')).not.toEqual(draw(1));
  });

  it('draws integers evenly, at a bound that does not divide 2^32', () => {
    const random = createRandom(1, 'integers');
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(22.46); // 99.9 % point at 6 degrees of freedom
    expect(() => random.integer(0)).toThrow(RangeError);
    expect(random.integer(1)).toBe(0);
  });

  it('draws uniform and normal numbers of the right mean', () => {
    const random = createRandom(1, 'moments');
    let uniforms = 0;
    let normals = 0;
    for (let i = 0; i < 50_000; i++) {
      uniforms += random.uniform();
      normals += random.normal();
    }
    expect(Math.abs(uniforms / 50_000 - 0.5)).toBeLessThan(0.005);
    expect(Math.abs(normals / 50_000)).toBeLessThan(0.02);
  });

  it('shuffles to every order about equally often', () => {
    const random = createRandom(1, 'orders');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.shuffle(['a', 'b', 'c', 'd']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(49.73); // 99.9 % point at 23 degrees of freedom
  });
});
