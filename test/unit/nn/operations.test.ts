import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { createRandom } from '../../../src/core/random.ts';
import { batchNormalization } from '../../../src/nn/batch-normalization.ts';
import {
  added,
  averagePool,
  channelsOf,
  concatenated,
  convolution,
  dense,
  flatten,
  globalAveragePool,
  localResponseNormalization,
  maxPool,
  separable,
  timesConstant,
  transposedConvolution,
  zeroPad,
} from '../../../src/nn/operations.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

type Operation = (inputs: tf.Tensor[]) => tf.Tensor;

function randomTensor(shape: number[], purpose: string): tf.Tensor {
  const random = createRandom(5, purpose, ...shape);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  );
}

/** Σ output · fixed random numbers, so that every output element has its own gradient. */
function scalarised(operation: Operation, inputs: tf.Tensor[]): tf.Scalar {
  const output = operation(inputs);
  return flattenSum(timesConstant(output, randomTensor(output.shape, 'weights of the outputs')));
}

/** A sum with a gradient, which tfjs-core alone does not register. */
function flattenSum(x: tf.Tensor): tf.Scalar {
  const sum = tf.customGrad((...args) => {
    const input = args[0] as tf.Tensor;
    return { value: tf.sum(input), gradFunc: (dy: tf.Tensor) => tf.mul(tf.ones(input.shape), dy) };
  });
  return sum(x) as tf.Scalar;
}

/** Largest difference between the gradients and central differences, relative to the largest gradient. */
function gradientError(operation: Operation, inputs: tf.Tensor[]): number {
  const { grads } = tf.engine().gradients(() => scalarised(operation, inputs), inputs);
  let worst = 0;
  inputs.forEach((input, which) => {
    const analytic = grads[which]!.dataSync();
    const scale = Math.max(...analytic.map(Math.abs));
    const values = input.dataSync();
    const step = 1e-2;
    for (let element = 0; element < values.length; element += 1 + Math.floor(values.length / 12)) {
      const at = (shift: number): number => {
        const moved = Float32Array.from(values);
        moved[element]! += shift;
        const replaced = inputs.map((other, i) => (i === which ? tf.tensor(moved, input.shape) : other));
        return tf.tidy(() => scalarised(operation, replaced).dataSync()[0]!);
      };
      worst = Math.max(worst, Math.abs((at(step) - at(-step)) / (2 * step) - analytic[element]!) / scale);
    }
  });
  return worst;
}

/** Equal but for float32's rounding. */
function expectClose(found: tf.Tensor, expected: tf.Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  const values = expected.dataSync();
  found.dataSync().forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 4));
}

describe('gradients against central differences', () => {
  const conv = (strides: [number, number], padding: 'valid' | 'same'): Operation => {
    return ([kernel, bias, x]) =>
      convolution(x as tf.Tensor4D, kernel as tf.Tensor4D, bias as tf.Tensor1D, {
        strides,
        padding,
        relu: false,
        inputGradient: true,
      });
  };
  const kernel = (): tf.Tensor => randomTensor([3, 3, 2, 4], 'kernel');
  const bias = (): tf.Tensor => randomTensor([4], 'bias');
  const picture = (): tf.Tensor => randomTensor([2, 7, 7, 2], 'picture');

  it.each([
    ['same', 1],
    ['valid', 2],
  ] as const)(
    'convolution, %s padding, stride %i: a transposed or shifted filter gradient shows',
    (padding, stride) => {
      expect(gradientError(conv([stride, stride], padding), [kernel(), bias(), picture()])).toBeLessThan(
        5e-3,
      );
    },
  );

  it('dense layer: a transposed kernel gradient shows', () => {
    const operation: Operation = ([k, b, x]) =>
      dense(x as tf.Tensor2D, k as tf.Tensor2D, b as tf.Tensor1D, { relu: false, inputGradient: true });
    const inputs = [randomTensor([5, 3], 'k'), randomTensor([3], 'b'), randomTensor([4, 5], 'x')];
    expect(gradientError(operation, inputs)).toBeLessThan(5e-3);
  });

  it('overlapping max-pool then flatten: a gradient sent to one window only shows', () => {
    const operation: Operation = ([x]) => flatten(maxPool(x as tf.Tensor4D, [3, 3], [2, 2], 'valid'));
    // Well apart, so that a step does not change which element is largest.
    const values = createRandom(1, 'pool').shuffle(Array.from({ length: 98 }, (_, i) => i / 10));
    expect(gradientError(operation, [tf.tensor(values, [2, 7, 7, 1])])).toBeLessThan(5e-3);
  });

  it('ReLU: the gradient is cut where the output is zero, in convolution and dense layer alike', () => {
    const x = tf.tensor2d([[1, -1]]);
    const k = tf.tensor2d([
      [1, -1],
      [0, 0],
    ]);
    const { grads } = tf
      .engine()
      .gradients(
        () => flattenSum(dense(x, k, tf.tensor1d([0, 0]), { relu: true, inputGradient: true })),
        [k, x],
      );
    expect([...grads[0]!.dataSync()]).toEqual([1, 0, -1, 0]);
    expect([...grads[1]!.dataSync()]).toEqual([1, 0]);
  });

  it("leaves the picture's gradient out: AlexNet's first layer would pay a fifth of the step for it", () => {
    const names: string[] = [];
    const original = tf.engine().runKernel;
    tf.engine().runKernel = function <T extends tf.Tensor | tf.Tensor[]>(
      ...args: Parameters<typeof original>
    ): T {
      names.push(args[0]);
      return original.apply(tf.engine(), args) as T;
    };
    try {
      const [k, b, x] = [kernel() as tf.Tensor4D, bias() as tf.Tensor1D, picture() as tf.Tensor4D];
      const options = { strides: [1, 1], padding: 'same', relu: true, inputGradient: false } as const;
      tf.engine().gradients(() => flattenSum(convolution(x, k, b, options)), [k, b]);
    } finally {
      tf.engine().runKernel = original;
    }
    expect(names).toContain(tf.Conv2DBackpropFilter);
    expect(names).not.toContain(tf.Conv2DBackpropInput);
  });
});

/** Pictures that every element of is its own number, of an odd height and an even width. */
const pictures = (channels = 2): tf.Tensor4D => randomTensor([2, 5, 6, channels], 'pictures') as tf.Tensor4D;

describe('layers beyond AlexNet: gradients against central differences', () => {
  const windows = [
    [[2, 2], [2, 2], 'valid'],
    [[3, 2], [2, 1], 'same'],
    [[3, 3], [1, 1], 'same'],
  ] as const;

  it.each([
    ['same', 1],
    ['same', 2],
    ['valid', 2],
  ] as const)('convolution without bias, %s padding, stride %i', (padding, stride) => {
    const operation: Operation = ([kernel, x]) =>
      convolution(x as tf.Tensor4D, kernel as tf.Tensor4D, null, {
        ...{ strides: [stride, stride], padding, relu: false, inputGradient: true },
      });
    expect(gradientError(operation, [randomTensor([3, 3, 2, 4], 'kernel'), pictures()])).toBeLessThan(5e-3);
  });

  it.each([
    [2, 2],
    [3, 2],
    [1, 2],
    [4, 3],
  ])(
    'transposed convolution of kernel %i and stride %i, which has the values of conv2dTranspose',
    (edge, stride) => {
      const strides: [number, number] = [stride, stride];
      const [kernel, bias] = [randomTensor([edge, edge, 3, 2], 'kernel'), randomTensor([3], 'bias')];
      const operation: Operation = ([k, b, x]) =>
        transposedConvolution(x as tf.Tensor4D, k as tf.Tensor4D, b as tf.Tensor1D, { strides, relu: false });
      expect(gradientError(operation, [kernel, bias, pictures()])).toBeLessThan(5e-3);
      const size = [2, 5 * stride, 6 * stride, 3] as [number, number, number, number];
      expectClose(
        operation([kernel, bias, pictures()]),
        tf.add(tf.conv2dTranspose(pictures(), kernel as tf.Tensor4D, size, strides, 'same'), bias),
      );
    },
  );

  it.each(windows)(
    'average pool of %j, strides %j, %s: what lies outside does not count',
    (size, strides, pad) => {
      const operation: Operation = ([x]) => averagePool(x as tf.Tensor4D, size, strides, pad);
      expect(gradientError(operation, [pictures()])).toBeLessThan(5e-3);
      const means = operation([tf.onesLike(pictures())]);
      expectClose(means, tf.onesLike(means));
    },
  );

  it('global average pool', () => {
    const operation: Operation = ([x]) => globalAveragePool(x as tf.Tensor4D);
    expect(gradientError(operation, [pictures()])).toBeLessThan(5e-3);
    expectClose(operation([pictures()]), tf.mean(pictures(), [1, 2]));
  });

  it('maps of rows and columns: the first of the rows, the second of the columns', async () => {
    const [down, across] = [randomTensor([4, 5], 'down'), randomTensor([3, 6], 'across')] as tf.Tensor2D[];
    const operation: Operation = ([x]) => separable(x as tf.Tensor4D, down!, across!);
    expect(gradientError(operation, [pictures()])).toBeLessThan(5e-3);
    const [x, d, a] = [await pictures().array(), await down!.array(), await across!.array()];
    const at = (n: number, i: number, j: number, c: number): number =>
      d[i]!.reduce((rows, p, h) => rows + p * a[j]!.reduce((sum, q, w) => sum + q * x[n]![h]![w]![c]!, 0), 0);
    const found = (await operation([pictures()]).array()) as number[][][][];
    found.forEach((picture, n) =>
      picture.forEach((row, i) =>
        row.forEach((place, j) => place.forEach((value, c) => expect(value).toBeCloseTo(at(n, i, j, c), 4))),
      ),
    );
  });

  it('zeros around a picture', () => {
    const padding = { top: 1, bottom: 0, left: 2, right: 3 };
    const operation: Operation = ([x]) => zeroPad(x as tf.Tensor4D, padding);
    expect(gradientError(operation, [pictures()])).toBeLessThan(5e-3);
    const padded = operation([pictures()]);
    expect(padded.shape).toEqual([2, 6, 11, 2]);
    expectClose(tf.slice(padded, [0, 1, 2, 0], [2, 5, 6, 2]), pictures());
    expectClose(tf.sum(padded), tf.sum(pictures()));
  });

  it('some channels, and channels of several one after another, each of which gets its own gradient back', () => {
    const parts = [
      randomTensor([2, 3, 3, 2], 'a'),
      randomTensor([2, 3, 3, 1], 'b'),
      randomTensor([2, 3, 3, 3], 'c'),
    ];
    expect(gradientError(concatenated, parts)).toBeLessThan(5e-3);
    const joined = concatenated(parts);
    expectClose(channelsOf(joined, 2, 1), parts[1]!);
    expectClose(channelsOf(joined, 3, 3), parts[2]!);
    expect(gradientError(([x]) => channelsOf(x!, 1, 2), [pictures(5)])).toBeLessThan(5e-3);
    expect(gradientError(([x]) => channelsOf(x!, 3, 2), [randomTensor([5], 'bias')])).toBeLessThan(5e-3);
  });

  it('a sum, in which one value stands twice', () => {
    const operation: Operation = ([a, b]) => added([a!, b!, a!], false);
    const values = [pictures(), randomTensor([2, 5, 6, 2], 'other')];
    expect(gradientError(operation, values)).toBeLessThan(5e-3);
    expectClose(operation(values), tf.add(tf.mul(values[0]!, 2), values[1]!));
  });

  it("local response normalisation with the paper's alpha: of the sum, not of the mean", async () => {
    const options = { depthRadius: 2, bias: 2, alpha: 0.3, beta: 0.75 };
    const operation: Operation = ([x]) => localResponseNormalization(x as tf.Tensor4D, options);
    expect(gradientError(operation, [pictures(7)])).toBeLessThan(5e-3);
    const x = await pictures(7).data();
    (await operation([pictures(7)]).data()).forEach((value, i) => {
      const channel = i % 7;
      let squares = 0;
      for (let c = Math.max(0, channel - 2); c <= Math.min(6, channel + 2); c++)
        squares += x[i - channel + c]! ** 2;
      expect(value).toBeCloseTo(x[i]! / (2 + 0.3 * squares) ** 0.75, 5);
    });
  });
});

describe('ReLU at the end of an operation', () => {
  const kernel = (): tf.Tensor => randomTensor([3, 3, 4, 2], 'kernel');
  const channel = (purpose: string, length: number): tf.Tensor => randomTensor([length], purpose);
  const cases: Record<string, [(relu: boolean) => Operation, () => tf.Tensor[]]> = {
    'transposed convolution': [
      (relu) =>
        ([k, b, x]) =>
          transposedConvolution(x as tf.Tensor4D, k as tf.Tensor4D, b as tf.Tensor1D, {
            strides: [2, 2],
            relu,
          }),
      () => [kernel(), channel('bias', 4), pictures()],
    ],
    'batch normalisation': [
      (relu) =>
        ([x, gamma, beta]) =>
          batchNormalization(x!, gamma as tf.Tensor1D, beta as tf.Tensor1D, { epsilon: 1e-5, relu }).y,
      () => [pictures(), channel('gamma', 2), channel('beta', 2)],
    ],
    sum: [(relu) => (values) => added(values, relu), () => [pictures(), randomTensor([2, 5, 6, 2], 'other')]],
  };

  it.each(Object.keys(cases))('cuts value and gradient where the value is below zero: %s', (name) => {
    const [operation, inputsOf] = cases[name]!;
    const inputs = inputsOf();
    const linear = operation(false)(inputs);
    expectClose(operation(true)(inputs), tf.relu(linear));
    const weights = randomTensor(linear.shape, 'weights of the outputs');
    const passing = tf.mul(weights, tf.cast(tf.greater(linear, 0), 'float32'));
    const gradients = (relu: boolean, of: tf.Tensor): tf.Tensor[] =>
      tf.engine().gradients(() => flattenSum(timesConstant(operation(relu)(inputs), of)), inputs).grads;
    const expected = gradients(false, passing);
    gradients(true, weights).forEach((gradient, i) => expectClose(gradient, expected[i]!));
  });
});

describe('batch normalisation', () => {
  const [channels, epsilon] = [3, 1e-3];

  /** Ioffe and Szegedy's first algorithm, in double precision. */
  function direct(x: readonly number[], gamma: readonly number[], beta: readonly number[]) {
    const rows = x.length / channels;
    const of = (c: number): number[] => x.filter((_, i) => i % channels === c);
    const mean = gamma.map((_, c) => of(c).reduce((a, b) => a + b) / rows);
    const squares = gamma.map((_, c) => of(c).reduce((sum, value) => sum + (value - mean[c]!) ** 2, 0));
    const y = x.map((value, i) => {
      const c = i % channels;
      return ((value - mean[c]!) / Math.sqrt(squares[c]! / rows + epsilon)) * gamma[c]! + beta[c]!;
    });
    return { y, mean, variance: squares.map((sum) => sum / (rows - 1)) };
  }

  it.each([[[2, 3, 4, channels]], [[6, channels]]])(
    'of %j is the formula in double precision, and so is its gradient: also where means are far from zero',
    async (shape) => {
      const x = tf.add(tf.mul(randomTensor(shape, 'x'), [1, 0.1, 3]), [0, 5, -20]);
      const gamma = randomTensor([channels], 'gamma') as tf.Tensor1D;
      const beta = randomTensor([channels], 'beta') as tf.Tensor1D;
      const weights = randomTensor(shape, 'weights of the outputs');
      const [xs, gammas, betas, factors] = [x, gamma, beta, weights].map((one) => [...one.dataSync()]) as [
        ...[number[], number[], number[], number[]],
      ];
      const expected = direct(xs, gammas, betas);
      const { y, mean, variance } = batchNormalization(x, gamma, beta, { epsilon, relu: false });
      // A mean of −20 takes five bits of a number near 3: measured up to 3e-6.
      for (const [found, values] of [
        [y, expected.y],
        [mean, expected.mean],
        [variance, expected.variance],
      ] as const)
        found.dataSync().forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThan(2e-5));
      const { grads } = tf
        .engine()
        .gradients(
          () =>
            flattenSum(
              timesConstant(batchNormalization(x, gamma, beta, { epsilon, relu: false }).y, weights),
            ),
          [x, gamma, beta],
        );
      const total = (of: readonly number[][]): number =>
        direct(of[0]!, of[1]!, of[2]!).y.reduce((sum, value, i) => sum + value * factors[i]!, 0);
      grads.forEach((gradient, which) =>
        gradient.dataSync().forEach((value, at) => {
          const moved = (shift: number): number =>
            total([xs, gammas, betas].map((one, i) => (i === which ? one.with(at, one[at]! + shift) : one)));
          expect(Math.abs(value - (moved(1e-4) - moved(-1e-4)) / 2e-4)).toBeLessThan(1e-4);
        }),
      );
    },
  );

  it('of a single row is its offset, with statistics that are numbers', () => {
    const row = randomTensor([1, channels], 'x');
    const beta = randomTensor([channels], 'beta') as tf.Tensor1D;
    const { y, mean, variance } = batchNormalization(row, tf.ones([channels]), beta, {
      epsilon,
      relu: false,
    });
    expectClose(y, tf.reshape(beta, [1, channels]));
    expectClose(mean, tf.reshape(row, [channels]));
    expectClose(variance, tf.zeros([channels]));
  });
});
