import * as tf from '@tensorflow/tfjs-core';

import { differentiable, isKnown, runKernels, sumOverRows, throughRelu } from './differentiable.ts';

export interface BatchNormalized {
  readonly y: tf.Tensor;
  /** C; of the batch. */
  readonly mean: tf.Tensor;
  /** C; of the batch, with Bessel's correction: what a running variance follows in PyTorch and TensorFlow. */
  readonly variance: tf.Tensor;
}

/** Name of TensorFlow's operation, which the graph has and tfjs does not. */
const fusedName = 'FusedBatchNormV3';

/**
 * (x − mean) / √(variance + epsilon) · gamma + beta by the batch's own mean and variance over all axes but the last,
 * and optional ReLU (Ioffe and Szegedy 2015, algorithm 1).
 *
 * @param x N × C or N × H × W × C
 * @param gamma C
 * @param beta C
 */
export function batchNormalization(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { epsilon, relu }: { readonly epsilon: number; readonly relu: boolean },
): BatchNormalized {
  return isKnown(fusedName)
    ? fusedBatchNormalization(x, gamma, beta, epsilon, relu)
    : portableBatchNormalization(x, gamma, beta, epsilon, relu);
}

function portableBatchNormalization(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  relu: boolean,
): BatchNormalized {
  const axes = [...x.shape.keys()].slice(0, -1);
  const count = x.size / x.shape.at(-1)!;
  const mean = tf.mean(x, axes);
  const variance = tf.tidy(() => tf.mean(tf.squaredDifference(x, mean), axes));
  const inverse = tf.tidy(() => tf.rsqrt(tf.add(variance, epsilon)));
  const y = differentiable({
    inputs: [x, gamma, beta],
    kept: [x, gamma, mean, inverse],
    forward: () => {
      const scale = tf.mul(gamma, inverse);
      const normalized = tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
      return relu ? tf.relu(normalized) : normalized;
    },
    gradients: (dy, value, kept) => {
      const [keptX, keptGamma, keptMean, keptInverse] = kept as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dz = relu ? throughRelu(dy, value) : dy;
      const standard = tf.mul(tf.sub(keptX, keptMean), keptInverse);
      const dBeta = sumOverRows(dz);
      const dGamma = sumOverRows(tf.mul(dz, standard));
      const common = tf.div(tf.add(dBeta, tf.mul(standard, dGamma)), count);
      return [tf.mul(tf.mul(keptGamma, keptInverse), tf.sub(dz, common)), dGamma, dBeta];
    },
  });
  return { y, mean, variance: tf.mul(variance, count / Math.max(1, count - 1)) };
}

function fusedBatchNormalization(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  relu: boolean,
): BatchNormalized {
  const picture = (tensor: tf.Tensor): tf.Tensor =>
    tensor.rank === 4 ? tensor : tf.reshape(tensor, [tensor.shape[0], 1, 1, tensor.shape[1]!]);
  const outputs = runKernels(fusedName, { x: picture(x), scale: gamma, offset: beta }, { epsilon });
  const [normalized, mean, variance, ...reserved] = outputs as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    ...tf.Tensor[],
  ];
  const y = differentiable({
    inputs: [x, gamma, beta],
    kept: [x, gamma, ...reserved],
    forward: () => {
      const shaped = tf.reshape(normalized, x.shape);
      return relu ? tf.relu(shaped) : shaped.clone();
    },
    gradients: (dy, value, kept) => {
      const [keptX, scale, reserve1, reserve2, reserve3] = kept as [
        tf.Tensor,
        tf.Tensor,
        ...[tf.Tensor, tf.Tensor, tf.Tensor],
      ];
      const dz = picture(relu ? throughRelu(dy, value) : dy);
      const inputs = { dy: dz, x: picture(keptX), scale, reserve1, reserve2, reserve3 };
      const [dx, dGamma, dBeta] = runKernels('FusedBatchNormGradV3', inputs, { epsilon });
      return [tf.reshape(dx!, x.shape), dGamma!, dBeta!];
    },
  });
  return { y, mean, variance };
}

/** What batch normalisation does with fixed mean and variance: a factor and an offset for every channel. */
export function normalizingFactors(
  of: { gamma: tf.Tensor; beta: tf.Tensor; mean: tf.Tensor; variance: tf.Tensor },
  epsilon: number,
): { scale: tf.Tensor1D; offset: tf.Tensor1D } {
  const scale = tf.mul<tf.Tensor1D>(of.gamma, tf.rsqrt(tf.add(of.variance, epsilon)));
  return { scale, offset: tf.sub(of.beta, tf.mul(of.mean, scale)) };
}
