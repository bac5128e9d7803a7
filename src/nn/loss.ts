import * as tf from '@tensorflow/tfjs-core';

import { lossWithSlope } from './differentiable.ts';
import type { Head } from './network.ts';
import type { LossOptions, Truths } from './tasks/rules.ts';
import { sigmoidsOf } from './tasks/sigmoids.ts';

/**
 * Sum over rows of weight · loss, in nats, from logits so that no probability is rounded to zero first.
 * With targets t and p = softmax(logits) a row's loss is −Σ t log p (cross-entropy), or −Σ t (1 − p)^γ log p
 * (focal, Lin et al. 2017, equation 4, summed over soft targets).
 *
 * @param logits N × classes
 * @param targets N × classes, each row sums to 1
 * @param rowWeights N × 1; for a mean over the batch they hold 1 / rows
 */
export function classificationLoss(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  rowWeights: tf.Tensor2D,
  { id, gamma }: Pick<LossOptions, 'id' | 'gamma'>,
): tf.Scalar {
  return lossWithSlope(logits, (logit) => {
    const shifted = tf.sub(logit, tf.max(logit, 1, true));
    const exponentials = tf.exp(shifted);
    const sums = tf.sum(exponentials, 1, true);
    const logProbabilities = tf.sub(shifted, tf.log(sums));
    const probabilities = tf.div(exponentials, sums);
    const { losses, slopes } =
      id === 'focal'
        ? focal(probabilities, logProbabilities, targets, gamma)
        : { losses: tf.mul(targets, logProbabilities), slopes: targets };
    // d/dz_j of −Σ t_c f(p_c) is p_j Σ_c s_c − s_j with s_c = t_c p_c f'(p_c).
    const total = id === 'focal' ? tf.mul(probabilities, tf.sum(slopes, 1, true)) : probabilities;
    const slope = tf.mul(tf.sub(total, slopes), rowWeights);
    return { loss: tf.neg(tf.sum(tf.mul(tf.sum(losses, 1, true), rowWeights))), slope };
  });
}

/** Keeps the power below finite at a probability of 1; a float32 below 1 is no nearer to it. */
const smallestMiss = 6e-8;

/** t (1 − p)^γ log p, and t p times its derivative in p without t: t ((1 − p)^γ − γ p (1 − p)^(γ − 1) log p). */
function focal(
  probabilities: tf.Tensor,
  logProbabilities: tf.Tensor,
  targets: tf.Tensor,
  gamma: number,
): { losses: tf.Tensor; slopes: tf.Tensor } {
  const miss = tf.maximum(tf.sub(1, probabilities), smallestMiss);
  const factor = tf.pow(miss, gamma);
  const weighted = tf.mul(factor, logProbabilities);
  const fall = tf.mul(tf.mul(tf.div(weighted, miss), probabilities), gamma);
  return { losses: tf.mul(targets, weighted), slopes: tf.mul(targets, tf.sub(factor, fall)) };
}

/**
 * Targets of labels: 1 for the label's class, with smoothing s (Szegedy et al. 2016, section 7)
 * 1 − s + s / classes there and s / classes elsewhere.
 *
 * @returns labels.length × classes
 */
export function targetsOf(labels: Truths, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  labels.forEach((label: number, row: number) => (targets[row * classes + label]! += 1 - smoothing));
  return targets;
}

/** Row-wise softmax on the host, in double precision, rounded to float32 at the end. */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const end = start + classes;
    let largest = -Infinity;
    for (let i = start; i < end; i++) largest = Math.max(largest, logits[i]!);
    let sum = 0;
    for (let i = start; i < end; i++) sum += Math.exp(logits[i]! - largest);
    for (let i = start; i < end; i++) probabilities[i] = Math.exp(logits[i]! - largest) / sum;
  }
  return probabilities;
}

/** What the head's activation makes of logits, on the host. @param outputs of a row, or of one of its pixels */
export function activated({ activation, outputs }: Head, logits: Float32Array): Float32Array {
  switch (activation) {
    case 'softmax':
      return softmaxRows(logits, outputs);
    case 'sigmoid':
      return sigmoidsOf(logits);
    case 'linear':
      return logits;
  }
}

/** −log softmax(logits)[label] of every row, on the host, in double precision. */
export function crossEntropiesOnHost(logits: Float32Array, labels: Truths, classes: number): Float64Array {
  return Float64Array.from(labels, (label, row) => crossEntropyAt(logits, row, label, classes));
}

/** The same of one row. Without views and callbacks: masks have a row a pixel. */
export function crossEntropyAt(logits: Float32Array, row: number, label: number, classes: number): number {
  const start = row * classes;
  let largest = -Infinity;
  for (let i = start; i < start + classes; i++) largest = Math.max(largest, logits[i]!);
  let sum = 0;
  for (let i = start; i < start + classes; i++) sum += Math.exp(logits[i]! - largest);
  return Math.log(sum) + largest - logits[start + label]!;
}
