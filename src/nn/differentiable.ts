import * as tf from '@tensorflow/tfjs-core';

/** The gradient of what ReLU was given, from that of its output y. */
export function throughRelu(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return runIfKnown('ReluGrad', { dy, y }) ?? tf.mul(dy, tf.cast(tf.greater(y, 0), 'float32'));
}

/** Sum over all axes but the last: the gradient of a bias. */
export function sumOverRows(dy: tf.Tensor): tf.Tensor {
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

/** Runs an operation as one node of the gradient tape. */
export function differentiable<T extends tf.Tensor>(operation: Differentiable<T>): T {
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

/** A loss as one node of the gradient tape, whose slope by x is worked out with it. */
export function lossWithSlope(
  x: tf.Tensor,
  compute: (x: tf.Tensor) => { readonly loss: tf.Tensor; readonly slope: tf.Tensor },
): tf.Scalar {
  const run = tf.customGrad((...args) => {
    const save = args[1] as unknown as tf.GradSaveFunc;
    const { loss, slope } = compute(args[0] as tf.Tensor);
    save([slope]);
    return { value: loss, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy) };
  });
  return run(x) as tf.Scalar;
}

/** One of TensorFlow's operations that tfjs has no function for, where the backend that is set has it. */
function runIfKnown(name: string, inputs: Record<string, tf.Tensor>): tf.Tensor | null {
  return isKnown(name) ? runKernel(name, inputs, {}) : null;
}

/** Whether the backend that is set has a kernel of this name. */
export function isKnown(name: string): boolean {
  return Boolean(tf.getKernel(name, tf.getBackend()));
}

/** A kernel of several outputs. */
export function runKernels(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: tf.NamedAttrMap,
): tf.Tensor[] {
  return tf.engine().runKernel<tf.Tensor[]>(name, inputs, attributes);
}

/** A kernel by its name. */
export function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: tf.NamedAttrMap,
): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes);
}
