import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import {
  batchPositions,
  datasetNormalization,
  epochOrder,
  readBatches,
  type RowSource,
  stepsPerEpoch,
} from '../../../src/nn/batches.ts';
import { crossEntropiesOnHost, softmaxRows } from '../../../src/nn/loss.ts';
import { alexnetSmall } from '../../../src/nn/models/alexnet-small.ts';
import { classHead, weightSpecs } from '../../../src/nn/network.ts';
import { balancedClassWeights } from '../../../src/nn/tasks/one-class.ts';
import { allFinite, initialWeights, weightsSha256 } from '../../../src/nn/weights.ts';
import { tinyPixels, tinySources } from '../../support/tiny-run.ts';

const unlabelled = (count: number): Pick<RowSource, 'count' | 'label'> => ({ count, label: () => 0 });
const labelled = (labels: readonly number[]): Pick<RowSource, 'count' | 'label'> => ({
  count: labels.length,
  label: (position) => labels[position]!,
});
const shuffled = (seed: number, epoch: number, rows: number): number[] =>
  epochOrder({ seed, sampling: 'shuffled' }, epoch, unlabelled(rows));
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

describe('epochs', () => {
  it('meet every row once, in an order that seed and epoch alone decide', () => {
    const order = shuffled(3, 2, 50);
    expect(sorted(order)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(shuffled(3, 2, 50)).toEqual(order);
    expect(shuffled(3, 3, 50)).not.toEqual(order);
    expect(shuffled(4, 2, 50)).not.toEqual(order);
  });

  it('keep the last partial batch', () => {
    const order = shuffled(1, 0, 10);
    const batches = Array.from({ length: stepsPerEpoch(10, 4) }, (_, i) => batchPositions(order, 4, i));
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(batches.flat()).toEqual(order);
  });

  it('of a recipe from before there was balanced sampling keep their order', () => {
    expect(shuffled(1, 0, 10)).toEqual([3, 6, 4, 0, 8, 2, 5, 7, 1, 9]);
  });
});

describe('balanced epochs', () => {
  // Class 3 has no row; class 0 is larger than its share, the others are smaller.
  const labels = [...new Array<number>(40).fill(0), ...new Array<number>(7).fill(1), 2, 2, 2];
  const epoch = (at: number, seed = 1): number[] =>
    epochOrder({ seed, sampling: 'balanced' }, at, labelled(labels));
  const perClass = (positions: readonly number[]): number[] =>
    [0, 1, 2, 3].map((label) => positions.filter((position) => labels[position] === label).length);

  it('have as many rows as the part, every class equally often, the odd ones in turns', () => {
    const counts = Array.from({ length: 3 }, (_, at) => perClass(epoch(at)));
    for (const count of counts) {
      expect(count[0]! + count[1]! + count[2]!).toBe(50);
      expect(count[3]).toBe(0);
      expect(Math.max(...count.slice(0, 3)) - Math.min(...count.slice(0, 3))).toBeLessThanOrEqual(1);
    }
    expect([0, 1, 2].map((label) => counts.reduce((sum, count) => sum + count[label]!, 0))).toEqual([
      50, 50, 50,
    ]);
  });

  it('show no image of a class again before all of its class were shown, over all epochs', () => {
    const all = Array.from({ length: 12 }, (_, at) => epoch(at)).flat();
    for (const [label, size] of [
      [0, 40],
      [1, 7],
      [2, 3],
    ] as const) {
      const shown = all.filter((position) => labels[position] === label);
      for (let start = 0; start + size <= shown.length; start += size)
        expect(new Set(shown.slice(start, start + size)).size, `class ${label}, from ${start}`).toBe(size);
    }
  });

  it('balance batches too: of three classes each is in any three rows of a turn', () => {
    const order = epoch(4);
    for (let start = 0; start + 3 <= order.length; start += 3)
      expect(sorted(order.slice(start, start + 3).map((position) => labels[position]!))).toEqual([0, 1, 2]);
  });

  it('are a function of seed and epoch, other ones each time', () => {
    expect(epoch(5)).toEqual(epoch(5));
    expect(epoch(6)).not.toEqual(epoch(5));
    expect(epoch(5, 2)).not.toEqual(epoch(5));
    const [first, second] = [epoch(0), epoch(1)].map((order) => order.filter((at) => labels[at] === 2));
    expect(first).not.toEqual(second);
  });
});

describe('readBatches', () => {
  const source = (reads: number[][], failAt = Infinity): RowSource => ({
    ...labelled(new Array<number>(10).fill(0)),
    imageId: String,
    read: (positions) => {
      reads.push([...positions]);
      return reads.length > failAt
        ? Promise.reject(new Error('the disk is gone'))
        : Promise.resolve({
            ...{ rows: positions.length, pixels: new Uint8Array(), table: null },
            truths: Int32Array.from(positions),
          });
    },
  });
  const order = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

  it('reads one batch ahead and nothing past the end', async () => {
    const reads: number[][] = [];
    const met: [number[], number][] = [];
    for await (const { truths } of readBatches(source(reads), order, 4, 0))
      met.push([[...truths], reads.length]);
    expect(met).toEqual([
      [[9, 8, 7, 6], 2],
      [[5, 4, 3, 2], 3],
      [[1, 0], 3],
    ]);
  });

  it('begins where a resumed epoch stood, also behind its last batch', async () => {
    const reads: number[][] = [];
    for await (const { truths } of readBatches(source(reads), order, 4, 2))
      expect([...truths]).toEqual([1, 0]);
    expect(reads).toEqual([[1, 0]]);
    for await (const batch of readBatches(source(reads), order, 4, 3)) expect(batch).toBeUndefined();
    expect(reads).toHaveLength(1);
  });

  it('throws a failure where the batch is awaited, after those before it', async () => {
    let met = 0;
    const read = async (): Promise<void> => {
      for await (const batch of readBatches(source([], 1), order, 4, 0)) met += batch.truths.length;
    };
    await expect(read()).rejects.toThrow('the disk is gone');
    expect(met).toBe(4);
  });
});

describe('datasetNormalization', () => {
  it('equals the plain mean and deviation over training pixels, whatever the batch', async () => {
    const { train } = tinySources();
    const pixels = [...tinyPixels().subarray(0, train.count * 784)].map((pixel) => pixel / 255);
    const mean = pixels.reduce((a, b) => a + b) / pixels.length;
    const deviation = Math.sqrt(pixels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / pixels.length);
    const found = await datasetNormalization(train, 1, 7);
    expect(found.mean[0]).toBeCloseTo(mean, 6);
    expect(found.deviation[0]).toBeCloseTo(deviation, 6);
    expect(await datasetNormalization(train, 1, 48)).toEqual(found);
  });
});

describe('loss on the host', () => {
  it('gives stable sums and probabilities, and weights that balance classes', async () => {
    const logits = Float32Array.of(1000, 0, 0, 1);
    const losses = crossEntropiesOnHost(logits, Int32Array.of(1, 1), 2);
    expect(losses[0]).toBeCloseTo(1000, 3);
    expect(losses[1]).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6);
    expect([...softmaxRows(logits, 2)].map((p) => p.toFixed(4))).toEqual([
      '1.0000',
      '0.0000',
      '0.2689',
      '0.7311',
    ]);
    const weights = await balancedClassWeights([Int32Array.of(0, 0), Int32Array.of(0, 1)], 3);
    expect(weights).toEqual([4 / 9, 4 / 3, 1]);
  });
});

describe('weights', () => {
  const network = alexnetSmall.build({ size: 32, channels: 1, head: classHead(3), scale: 0.1, dropout: 0 });

  it('start from the seed, kernels within their limit and biases at zero', () => {
    const weights = initialWeights(network, 1);
    expect(initialWeights(network, 1)).toEqual(weights);
    expect(initialWeights(network, 2)).not.toEqual(weights);
    for (const { name, role } of weightSpecs(network)) {
      expect(weights.get(name)!.every((value) => value === 0)).toBe(role === 'bias');
    }
    expect(allFinite(weights.values())).toBe(true);
    expect(allFinite([Float32Array.of(1, NaN)])).toBe(false);
    expect(allFinite([Float32Array.of(Infinity, -Infinity)])).toBe(false);
  });

  it('have the checksum that the command line promises: name, zero byte, float32, in declared order', () => {
    const weights = initialWeights(network, 1);
    const hash = createHash('sha256');
    for (const { name } of weightSpecs(network)) {
      hash.update(`${name}\0`, 'utf8');
      const bytes = Buffer.alloc(weights.get(name)!.length * 4);
      weights.get(name)!.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
      hash.update(bytes);
    }
    const reversed = new Map([...weights].reverse());
    const digest = (chunks: Iterable<Uint8Array>): string => {
      const sha = createHash('sha256');
      for (const chunk of chunks) sha.update(chunk);
      return sha.digest('hex');
    };
    expect(weightsSha256(network, reversed, digest)).toBe(hash.digest('hex'));
    reversed.delete('fc6/bias');
    expect(() => weightsSha256(network, reversed, digest)).toThrow('fc6/bias');
  });
});
