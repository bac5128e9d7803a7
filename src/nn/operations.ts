import * as tf from '@tensorflow/tfjs-core';

import { differentiable, runKernel, sumOverRows, throughRelu } from './differentiable.ts';

/**
 * The differentiable operations that layers are made of. Each is one node of the gradient tape: it keeps its
 * input and output only (tfjs' own chain keeps every intermediate), leaves out the gradient of an input that
 * is no trainable function (the picture), and needs no gradient registered in tfjs.
 * ReLU's gradient is dy · [y > 0] from the output: tfjs' own takes five operations on native TensorFlow.
 * Kernels that fuse are called by name: tfjs' functions of the same name take them apart under a gradient tape.
 */

/** What a convolution needs besides tensors; padding has TensorFlow's meaning. */
export interface ConvolutionOptions {
  readonly strides: readonly [number, number];
  readonly padding: 'valid' | 'same';
  readonly relu: boolean;
  /** Whether the gradient with respect to x is wanted; false for the layer that reads the picture. */
  readonly inputGradient: boolean;
}

/**
 * Convolution, bias where there is one, and optional ReLU.
 *
 * @param x N × H × W × C
 * @param kernel H × W × I × O
 * @param bias O
 */
export function convolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D | null,
  options: ConvolutionOptions,
): tf.Tensor4D {
  if (!bias) return plainConvolution(x, kernel, options);
  const strides: [number, number] = [...options.strides];
  const pad = options.padding;
  const activation = options.relu ? 'relu' : 'linear';
  const attributes = { strides, pad, dataFormat: 'NHWC' };
  return differentiable({
    inputs: options.inputGradient ? [kernel, bias, x] : [kernel, bias],
    kept: [x, kernel],
    forward: () =>
      runKernel(
        tf.FusedConv2D,
        { x, filter: kernel, bias },
        { ...attributes, dilations: [1, 1], activation },
      ) as tf.Tensor4D,
    gradients: (dy, y, [keptX, keptKernel]) => {
      const dz = options.relu ? throughRelu(dy, y) : dy;
      const inputs = { x: keptX!, dy: dz };
      const dKernel = runKernel(tf.Conv2DBackpropFilter, inputs, {
        ...attributes,
        filterShape: kernel.shape,
      });
      const dBias = sumOverRows(dz);
      if (!options.inputGradient) return [dKernel, dBias];
      const back = { dy: dz, filter: keptKernel! };
      return [
        dKernel,
        dBias,
        runKernel(tf.Conv2DBackpropInput, back, { ...attributes, inputShape: x.shape }),
      ];
    },
  });
}

function plainConvolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { strides, padding, relu, inputGradient }: ConvolutionOptions,
): tf.Tensor4D {
  if (relu) throw new Error('A convolution without bias has no ReLU of its own');
  const attributes = { strides: [...strides], pad: padding, dataFormat: 'NHWC' };
  return differentiable({
    inputs: inputGradient ? [kernel, x] : [kernel],
    kept: [x, kernel],
    forward: () =>
      runKernel(tf.Conv2D, { x, filter: kernel }, { ...attributes, dilations: [1, 1] }) as tf.Tensor4D,
    gradients: (dy, _y, [keptX, keptKernel]) => {
      const dKernel = runKernel(
        tf.Conv2DBackpropFilter,
        { x: keptX!, dy },
        { ...attributes, filterShape: kernel.shape },
      );
      if (!inputGradient) return [dKernel];
      const back = { dy, filter: keptKernel! };
      return [dKernel, runKernel(tf.Conv2DBackpropInput, back, { ...attributes, inputShape: x.shape })];
    },
  });
}

/**
 * Every input pixel paints the kernel: the transpose of a convolution with `same` padding. Bias and optional ReLU.
 *
 * @param x N × H × W × C
 * @param kernel H × W × O × C
 * @param bias O
 */
export function transposedConvolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D,
  { strides, relu }: { readonly strides: readonly [number, number]; readonly relu: boolean },
): tf.Tensor4D {
  const [rows, height, width] = x.shape;
  const inputShape = [rows, height * strides[0], width * strides[1], kernel.shape[2]];
  const attributes = { strides: [...strides], pad: 'same', dataFormat: 'NHWC' };
  return differentiable({
    inputs: [kernel, bias, x],
    kept: [x, kernel],
    forward: () => {
      const painted = runKernel(
        tf.Conv2DBackpropInput,
        { dy: x, filter: kernel },
        { ...attributes, inputShape },
      );
      const biased = tf.add(painted, bias);
      return (relu ? tf.relu(biased) : biased) as tf.Tensor4D;
    },
    gradients: (dy, y, [keptX, keptKernel]) => {
      const dz = relu ? throughRelu(dy, y) : dy;
      return [
        runKernel(
          tf.Conv2DBackpropFilter,
          { x: dz, dy: keptX! },
          { ...attributes, filterShape: kernel.shape },
        ),
        sumOverRows(dz),
        runKernel(tf.Conv2D, { x: dz, filter: keptKernel! }, { ...attributes, dilations: [1, 1] }),
      ];
    },
  });
}

/** A convolution's kernel summed over the channels that it reads. @param kernel H × W × I × O @returns H × W × 1 × O */
export function summedOverInputs(kernel: tf.Tensor4D): tf.Tensor4D {
  return differentiable({
    inputs: [kernel],
    kept: [],
    forward: () => tf.sum<tf.Tensor4D>(kernel, 2, true),
    gradients: (dy) => [tf.concat(new Array<tf.Tensor>(kernel.shape[2]).fill(dy), 2)],
  });
}

/**
 * The bias that stands for a constant added to a convolution's input, where its window meets no padding.
 *
 * @param bias O
 * @param kernel H × W × I × O
 * @param offset I numbers
 */
export function biasOfOffset(bias: tf.Tensor1D, kernel: tf.Tensor4D, offset: readonly number[]): tf.Tensor1D {
  const [height, width, inputs] = kernel.shape;
  const places = height * width;
  const constant = tf.tensor4d(Array.from({ length: places }, () => offset).flat(), [
    height,
    width,
    inputs,
    1,
  ]);
  return differentiable<tf.Tensor1D>({
    inputs: [bias, kernel],
    kept: [constant],
    forward: () => tf.add(bias, tf.sum(tf.mul(kernel, constant), [0, 1, 2])),
    gradients: (dy, _y, [kept]) => [dy, tf.mul(kept!, dy)],
  });
}

/**
 * x · kernel + bias and optional ReLU.
 *
 * @param x N × I
 * @param kernel I × O
 * @param bias O
 */
export function dense(
  x: tf.Tensor2D,
  kernel: tf.Tensor2D,
  bias: tf.Tensor1D,
  options: { readonly relu: boolean; readonly inputGradient: boolean },
): tf.Tensor2D {
  const activation = options.relu ? 'relu' : 'linear';
  return differentiable({
    inputs: options.inputGradient ? [kernel, bias, x] : [kernel, bias],
    kept: [x, kernel],
    forward: () =>
      runKernel(
        tf._FusedMatMul,
        { a: x, b: kernel, bias },
        { transposeA: false, transposeB: false, activation },
      ) as tf.Tensor2D,
    gradients: (dy, y, [keptX, keptKernel]) => {
      const dz = options.relu ? throughRelu(dy, y) : dy;
      const dKernel = tf.matMul(keptX!, dz, true, false);
      const dBias = sumOverRows(dz);
      return options.inputGradient
        ? [dKernel, dBias, tf.matMul(dz, keptKernel!, false, true)]
        : [dKernel, dBias];
    },
  });
}

/** Maximum over windows. @param x N × H × W × C */
export function maxPool(
  x: tf.Tensor4D,
  poolSize: readonly [number, number],
  poolStrides: readonly [number, number],
  pad: 'valid' | 'same',
): tf.Tensor4D {
  const filterSize: [number, number] = [...poolSize];
  const strides: [number, number] = [...poolStrides];
  return differentiable({
    inputs: [x],
    kept: [x],
    forward: () => tf.maxPool(x, filterSize, strides, pad),
    gradients: (dy, y, [input]) => [
      runKernel(tf.MaxPoolGrad, { dy, input: input!, output: y }, { filterSize, strides, pad }),
    ],
  });
}

/** Mean over windows; what lies outside the picture does not count. @param x N × H × W × C */
export function averagePool(
  x: tf.Tensor4D,
  poolSize: readonly [number, number],
  poolStrides: readonly [number, number],
  pad: 'valid' | 'same',
): tf.Tensor4D {
  const filterSize: [number, number] = [...poolSize];
  const strides: [number, number] = [...poolStrides];
  if (pad === 'same') {
    // Backends agree on the mean where a window leaves the picture, but not on its gradient.
    const { padInfo } = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad);
    const inside = zeroPad(tf.ones([1, x.shape[1], x.shape[2], 1]), padInfo);
    const within = tf.avgPool(inside, filterSize, strides, 'valid');
    const means = averagePool(zeroPad(x, padInfo), poolSize, poolStrides, 'valid');
    return timesConstant(means, tf.div(1, within)) as tf.Tensor4D;
  }
  return differentiable({
    inputs: [x],
    kept: [x],
    forward: () => tf.avgPool(x, filterSize, strides, pad),
    gradients: (dy, _y, [input]) => [
      runKernel(tf.AvgPoolGrad, { dy, input: input! }, { filterSize, strides, pad }),
    ],
  });
}

/** Mean of every channel over all places. @param x N × H × W × C @returns N × C */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  const [rows, height, width, channels] = x.shape;
  return differentiable<tf.Tensor2D>({
    inputs: [x],
    kept: [],
    forward: () => tf.mean<tf.Tensor2D>(x, [1, 2]),
    gradients: (dy) => [
      tf.mul(tf.reshape(tf.div(dy, height * width), [rows, 1, 1, channels]), tf.ones([1, height, width, 1])),
    ],
  });
}

/**
 * A linear map of the rows and another of the columns: resizing and pooling over uneven windows.
 *
 * @param x N × H × W × C
 * @param down new height × H
 * @param across new width × W
 */
export function separable(x: tf.Tensor4D, down: tf.Tensor2D, across: tf.Tensor2D): tf.Tensor4D {
  const [rows, height, width, channels] = x.shape;
  const [newHeight, newWidth] = [down.shape[0], across.shape[0]];
  const apply = (to: tf.Tensor, transpose: boolean, h: number, w: number): tf.Tensor4D => {
    const [nextH, nextW] = transpose ? [height, width] : [newHeight, newWidth];
    const moved = tf.matMul(tf.expandDims(down), tf.reshape(to, [rows, h, w * channels]), transpose);
    const placed = tf.reshape(moved, [rows * nextH, w, channels]);
    return tf.reshape(tf.matMul(tf.expandDims(across), placed, transpose), [rows, nextH, nextW, channels]);
  };
  return differentiable<tf.Tensor4D>({
    inputs: [x],
    kept: [down, across],
    forward: () => apply(x, false, height, width),
    gradients: (dy) => [apply(dy, true, newHeight, newWidth)],
  });
}

/** The padding of a `zeroPad2d` layer. @param x N × H × W × C */
export function zeroPad(
  x: tf.Tensor4D,
  { top, bottom, left, right }: { top: number; bottom: number; left: number; right: number },
): tf.Tensor4D {
  return differentiable<tf.Tensor4D>({
    inputs: [x],
    kept: [],
    forward: () =>
      tf.pad(x, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ]),
    gradients: (dy) => [tf.slice(dy, [0, top, left, 0], [...x.shape])],
  });
}

/** Some of the last axis' places. */
export function channelsOf<T extends tf.Tensor>(x: T, from: number, count: number): T {
  const last = x.rank - 1;
  const all = x.shape[last]!;
  const begin = x.shape.map((_, axis) => (axis === last ? from : 0));
  const size = x.shape.map((length, axis) => (axis === last ? count : length));
  const around = x.shape.map((_, axis): [number, number] =>
    axis === last ? [from, all - from - count] : [0, 0],
  );
  return differentiable<T>({
    inputs: [x],
    kept: [],
    forward: () => tf.slice(x, begin, size),
    gradients: (dy) => [tf.pad(dy, around)],
  });
}

/** Channels of several values, one after another. */
export function concatenated(values: readonly tf.Tensor[]): tf.Tensor {
  const last = values[0]!.rank - 1;
  return differentiable({
    inputs: [...values],
    kept: [],
    forward: () => tf.concat([...values], last),
    gradients: (dy) => {
      let from = 0;
      return values.map(({ shape }) => {
        const begin = shape.map((_, axis) => (axis === last ? from : 0));
        from += shape[last]!;
        return tf.slice(dy, begin, [...shape]);
      });
    },
  });
}

/** The sum of values of one shape and optional ReLU. */
export function added(values: readonly tf.Tensor[], relu: boolean): tf.Tensor {
  return differentiable({
    inputs: [...values],
    kept: [],
    forward: () => {
      const sum = values.reduce((a, b) => tf.add(a, b));
      return relu ? tf.relu(sum) : sum;
    },
    gradients: (dy, y) => {
      const dz = relu ? throughRelu(dy, y) : dy;
      return values.map(() => dz.clone());
    },
  });
}

/** x / (bias + alpha · sum of squares over depthRadius channels to either side)^beta. @param x N × H × W × C */
export function localResponseNormalization(
  x: tf.Tensor4D,
  options: { depthRadius: number; bias: number; alpha: number; beta: number },
): tf.Tensor4D {
  const { depthRadius, bias, alpha, beta } = options;
  return differentiable<tf.Tensor4D>({
    inputs: [x],
    kept: [x],
    forward: () => tf.localResponseNormalization(x, depthRadius, bias, alpha, beta),
    gradients: (dy, y, [keptX]) => [
      runKernel(tf.LRNGrad, { x: keptX!, y, dy }, { depthRadius, bias, alpha, beta }),
    ],
  });
}

/** N × … → N × product of the rest, in row-major order (height, width, channel). */
export function flatten(x: tf.Tensor): tf.Tensor2D {
  const [rows] = x.shape;
  return reshaped(x, [rows, x.size / rows]) as tf.Tensor2D;
}

/** The same numbers in another shape of as many. */
export function reshaped(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return differentiable({
    inputs: [x],
    kept: [],
    forward: () => tf.reshape(x, [...shape]),
    gradients: (dy) => [tf.reshape(dy, x.shape)],
  });
}

/** Multiplies by a constant that has x's shape or is stretched to it, as inverted dropout's mask of 0 and 1 / (1 − rate). */
export function timesConstant(x: tf.Tensor, constant: tf.Tensor): tf.Tensor {
  return differentiable({
    inputs: [x],
    kept: [constant],
    forward: () => tf.mul(x, constant),
    gradients: (dy, _y, [kept]) => [tf.mul(dy, kept!)],
  });
}
