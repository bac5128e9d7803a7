import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { createRandom } from '../../../src/core/random.ts';
import { convolution, dense, flatten, maxPool, timesConstant } from '../../../src/nn/operations.ts';

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
