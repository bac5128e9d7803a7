import * as tf from '@tensorflow/tfjs-core';

import { lossWithSlope } from '../differentiable.ts';
import type { LossOptions } from './rules.ts';

/** Keeps powers and logarithms finite where a sigmoid has come to 0 or 1 in float32. */
const smallest = 6e-8;

/**
 * Sum over rows and outputs of weight · binary loss, in nats, from logits z with p = 1 / (1 + e^−z) and target t:
 * cross-entropy −t log p − (1 − t) log(1 − p), computed as max(z, 0) − z t + log(1 + e^−|z|) so that nothing overflows;
 * focal −t (1 − p)^γ log p − (1 − t) p^γ log(1 − p) (Lin et al. 2017).
 *
 * @param logits rows × outputs
 * @param targets rows × outputs, 0 to 1
 * @param weights rows × outputs; 0 for an output that is not judged
 */
export function sigmoidLoss(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  weights: tf.Tensor2D,
  { id, gamma }: Pick<LossOptions, 'id' | 'gamma'>,
): tf.Scalar {
  return lossWithSlope(logits, (z) => {
    const softplus = tf.log(tf.add(tf.exp(tf.neg(tf.abs(z))), 1));
    const p = tf.sigmoid(z);
    const { losses, slopes } =
      id === 'focal'
        ? focal(
            p,
            tf.sub(tf.minimum(z, 0), softplus),
            tf.sub(tf.minimum(tf.neg(z), 0), softplus),
            targets,
            gamma,
          )
        : {
            losses: tf.add(tf.sub(tf.maximum(z, 0), tf.mul(z, targets)), softplus),
            slopes: tf.sub(p, targets),
          };
    const slope = tf.mul(slopes, weights);
    return { loss: tf.sum(tf.mul(losses, weights)), slope };
  });
}

/** The focal loss of both sides, and its derivative by the logit. */
function focal(
  p: tf.Tensor,
  logP: tf.Tensor,
  logMiss: tf.Tensor,
  targets: tf.Tensor,
  gamma: number,
): { losses: tf.Tensor; slopes: tf.Tensor } {
  const miss = tf.sub(1, p);
  const missPower = tf.pow(tf.maximum(miss, smallest), gamma);
  const power = tf.pow(tf.maximum(p, smallest), gamma);
  const opposite = tf.sub(1, targets);
  const losses = tf.neg(
    tf.add(tf.mul(tf.mul(targets, missPower), logP), tf.mul(tf.mul(opposite, power), logMiss)),
  );
  const ofPresent = tf.mul(missPower, tf.sub(tf.mul(tf.mul(p, logP), gamma), miss));
  const ofAbsent = tf.mul(power, tf.sub(p, tf.mul(tf.mul(miss, logMiss), gamma)));
  return { losses, slopes: tf.add(tf.mul(targets, ofPresent), tf.mul(opposite, ofAbsent)) };
}

/** 1 / (1 + e^−z) on the host, in double precision, rounded to float32 at the end. */
export function sigmoidsOf(logits: Float32Array): Float32Array {
  return logits.map((z) => 1 / (1 + Math.exp(-z)));
}

/** −log of the sigmoid for a target of 1, of one minus it for 0; on the host, in double precision. */
export function binaryCrossEntropy(z: number, target: number): number {
  return Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z)));
}

/** A target of 0 or 1 with smoothing s: s / 2 and 1 − s / 2. */
export function smoothed(target: number, smoothing: number): number {
  return target * (1 - smoothing) + smoothing / 2;
}
