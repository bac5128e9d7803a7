import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { forward } from '../../../src/nn/forward.ts';
import type { Network } from '../../../src/nn/network.ts';
import { drawOnHost } from '../../../src/nn/uniform.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

type Place = Parameters<typeof drawOnHost>;

function drawn(place: Place, stream: string, shape: readonly number[]): number[] {
  return tf.tidy(() => [...drawOnHost(...place)(stream, shape).dataSync()]);
}

describe('drawOnHost', () => {
  // One number, part of a block, whole blocks, a row of several lengths; more than fit into one block.
  it.each([[[1]], [[3]], [[8]], [[5, 3, 3]], [[7, 11]]])(
    'rows of a piece, each %j, are the same rows of the whole batch: else micro-batches drop other units',
    (row) => {
      const length = row.reduce((a, b) => a * b);
      const whole = drawn([7, 3, 0], 'dropout/fc6', [8, ...row]);
      for (const [firstRow, rows] of [
        [0, 3],
        [3, 3],
        [6, 2],
        [7, 1],
      ] as const) {
        const piece = drawn([7, 3, firstRow], 'dropout/fc6', [rows, ...row]);
        expect(piece).toEqual(whole.slice(firstRow * length, (firstRow + rows) * length));
      }
    },
  );

  it('has the shape that was asked for, numbers in [0, 1) of even spread', () => {
    const tensor = drawOnHost(1, 0, 0)('s', [10, 5, 5, 3]);
    expect(tensor.shape).toEqual([10, 5, 5, 3]);
    const values = [...tensor.dataSync()];
    tensor.dispose();
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const many = drawn([1, 0, 0], 's', [10_000, 3]);
    for (let column = 0; column < 3; column++) {
      const inColumn = many.filter((_, i) => i % 3 === column);
      expect(inColumn.reduce((a, b) => a + b) / inColumn.length).toBeCloseTo(0.5, 1);
    }
    expect(new Set(many.slice(0, 30)).size).toBe(30);
  });

  it('depends on seed, step, row and stream, and on nothing else', () => {
    const numbers = drawn([1, 3, 0], 'a', [4, 6]);
    expect(drawn([1, 3, 0], 'a', [4, 6])).toEqual(numbers);
    for (const [place, stream] of [
      [[2, 3, 0], 'a'],
      [[1, 4, 0], 'a'],
      [[1, 3, 4], 'a'],
      [[1, 3, 0], 'b'],
    ] as const) {
      const others = drawn([...place], stream, [4, 6]);
      expect(others.filter((number, i) => number === numbers[i])).toEqual([]);
    }
  });

  it('never gives the same numbers to two steps, however many rows there are', () => {
    // A counter that counted step and block in one place would.
    const first = drawn([1, 0, 0], 'a', [2000, 4]);
    const second = new Set(drawn([1, 1, 0], 'a', [2000, 4]).map((_, i, all) => all.slice(i, i + 4).join()));
    for (let i = 0; i < first.length; i += 4) expect(second.has(first.slice(i, i + 4).join())).toBe(false);
  });
});

describe('dropout', () => {
  const units = 40_000;
  const network = (rate: number, layer = 'dropout6'): Network => ({
    id: 'only dropout',
    inputShape: [1, 1, units],
    head: { activation: 'softmax', outputs: 1 },
    layers: [
      { kind: 'flatten', name: 'flatten', input: 'image' },
      { kind: 'dropout', name: layer, input: 'flatten', rate },
      { kind: 'dense', name: 'sum', input: layer, units: 1, activation: 'softmax' },
    ],
  });

  /** What each unit counts for after dropout: the gradient of the sum over all by the layer's weights. */
  function mask(of: Network, place: Place | null): number[] {
    return tf.tidy(() => {
      const kernel: tf.Tensor = tf.ones([units, 1]);
      const weights = new Map([
        ['sum/kernel', kernel],
        ['sum/bias', tf.zeros([1])],
      ]);
      const pictures = tf.ones<tf.Rank.R4>([1, 1, 1, units]);
      const training = place && {
        uniform: drawOnHost(...place),
        statistics: new Map<string, tf.Tensor>(),
        frozen: new Set<string>(),
      };
      const { grads } = tf
        .engine()
        .gradients(() => forward(of, weights, { pictures, pending: null }, training), [kernel]);
      return [...grads[0]!.dataSync()];
    });
  }

  it('keeps the expected sum and depends on seed, step and layer', () => {
    const kept = mask(network(0.25), [1, 3, 0]);
    expect(kept.reduce((a, b) => a + b, 0) / kept.length).toBeCloseTo(1, 1);
    expect(new Set(kept)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(mask(network(0.25), [1, 3, 0])).toEqual(kept);
    expect(mask(network(0.25), [2, 3, 0])).not.toEqual(kept);
    expect(mask(network(0.25), [1, 4, 0])).not.toEqual(kept);
    expect(mask(network(0.25, 'dropout7'), [1, 3, 0])).not.toEqual(kept);
  });

  it('keeps three of four at a rate of a quarter, not one of four', () => {
    const kept = mask(network(0.25), [1, 3, 0]).filter((value) => value > 0).length / units;
    expect(kept).toBeCloseTo(0.75, 2);
  });

  it('does nothing in prediction, nor at a rate of zero', () => {
    const all = new Array<number>(units).fill(1);
    expect(mask(network(0.25), null)).toEqual(all);
    expect(mask(network(0), [1, 3, 0])).toEqual(all);
  });
});
