import * as tf from '@tensorflow/tfjs-core';

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
 * Convolution, bias and optional ReLU.
 *
 * @param x N × H × W × C
 * @param kernel H × W × I × O
 * @param bias O
 */
export function convolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D,
  options: ConvolutionOptions,
): tf.Tensor4D {
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

/** N × … → N × product of the rest, in row-major order (height, width, channel). */
export function flatten(x: tf.Tensor): tf.Tensor2D {
  const [rows] = x.shape;
  return differentiable<tf.Tensor2D>({
    inputs: [x],
    kept: [],
    forward: () => tf.reshape(x, [rows, x.size / rows]),
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

function throughRelu(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return runIfKnown('ReluGrad', { dy, y }) ?? tf.mul(dy, tf.cast(tf.greater(y, 0), 'float32'));
}

/** Sum over all axes but the last: the gradient of a bias. */
function sumOverRows(dy: tf.Tensor): tf.Tensor {
  return runIfKnown('BiasAddGrad', { dy }) ?? tf.sum(dy, [...dy.shape.keys()].slice(0, -1));
}

interface Differentiable<T extends tf.Tensor> {
  readonly inputs: tf.Tensor[];
  /** What the gradient reads besides the output: tfjs frees whatever is not handed to it for keeping. */
  readonly kept: tf.Tensor[];
  readonly forward: () => T;
  /** One gradient for each of `inputs`. */
  readonly gradients: (dy: T, y: T, kept: tf.Tensor[]) => tf.Tensor[];
}

function differentiable<T extends tf.Tensor>(operation: Differentiable<T>): T {
  const run = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    const value = operation.forward();
    save([value, ...operation.kept]);
    const gradFunc = (dy: T, saved: tf.Tensor[]): tf.Tensor[] =>
      operation.gradients(dy, saved[0] as T, saved.slice(1));
    return { value, gradFunc };
  });
  return run(...operation.inputs);
}

/** One of TensorFlow's operations that tfjs has no function for, where the backend that is set has it. */
function runIfKnown(name: string, inputs: Record<string, tf.Tensor>): tf.Tensor | null {
  const known = tf.getKernelsForBackend(tf.getBackend()).some(({ kernelName }) => kernelName === name);
  return known ? runKernel(name, inputs, {}) : null;
}

function runKernel(name: string, inputs: Record<string, tf.Tensor>, attributes: tf.NamedAttrMap): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes);
}
