import * as tf from '@tensorflow/tfjs-core';

import type { ResolvedRecipe } from '../contract/recipe.ts';

export type LossOptions = ResolvedRecipe['loss'];

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
  const operation = tf.customGrad((...args) => {
    const logit = args[0] as tf.Tensor2D;
    const save = args[1] as unknown as tf.GradSaveFunc;
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
    save([tf.mul(tf.sub(total, slopes), rowWeights)]);
    return {
      value: tf.neg(tf.sum(tf.mul(tf.sum(losses, 1, true), rowWeights))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return operation(logits) as tf.Scalar;
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
export function targetsOf(labels: Int32Array, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  labels.forEach((label, row) => (targets[row * classes + label]! += 1 - smoothing));
  return targets;
}

/** Row-wise softmax on the host, in double precision, rounded to float32 at the end. */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - largest);
    row.forEach((logit, i) => (probabilities[start + i] = Math.exp(logit - largest) / sum));
  }
  return probabilities;
}

/** Sum over rows of −log softmax(logits)[label], and the number of rows whose largest logit is the label's. */
export function crossEntropyOnHost(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
): { lossSum: number; correct: number } {
  let lossSum = 0;
  let correct = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - largest);
    lossSum += Math.log(sum) + largest - row[label]!;
    if (row.indexOf(largest) === label) correct++;
  });
  return { lossSum, correct };
}

/** `balanced` class weights: n / (classes × n of class); a class without rows gets 1 (it is never met). */
export function balancedClassWeights(labels: Iterable<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  let total = 0;
  for (const label of labels) {
    counts[label]!++;
    total++;
  }
  return counts.map((count) => (count === 0 ? 1 : total / (classes * count)));
}
