import * as tf from '@tensorflow/tfjs-core';

import { lossWithSlope } from '../differentiable.ts';

/** Keeps a class that is nowhere from dividing by zero, and gives it a Dice of one. */
const smooth = 1;

/**
 * share · (1 − mean over the classes without the background of (2 Σ p t + 1) / (Σ p + Σ t + 1)), the sums over all
 * judged pixels that are computed at once (Milletari, Navab, Ahmadi 2016, without its squares, as Isensee et al. 2021):
 * of a batch in pieces the mean of their Dices, which is near that of the batch and not it.
 *
 * @param logits pixels × outputs
 * @param targets pixels × outputs: 1 for the pixel's class, all 0 where it is not judged
 * @param share what the piece is of its batch
 */
export function diceLoss(logits: tf.Tensor2D, targets: tf.Tensor2D, share: tf.Scalar): tf.Scalar {
  const outputs = logits.shape[1];
  const foreground = tf.tensor1d(Array.from({ length: outputs }, (_, label) => (label === 0 ? 0 : 1)));
  return lossWithSlope(logits, (logit) => {
    const exponentials = tf.exp(tf.sub(logit, tf.max(logit, 1, true)));
    const probabilities = tf.div(exponentials, tf.sum(exponentials, 1, true));
    const judged = tf.sum(targets, 1, true);
    const overlap = tf.add(tf.mul(tf.sum(tf.mul(probabilities, targets), 0), 2), smooth);
    const sizes = tf.add(tf.add(tf.sum(tf.mul(probabilities, judged), 0), tf.sum(targets, 0)), smooth);
    const perClass = tf.div(tf.mul(share, foreground), outputs - 1);
    // d/dp of −overlap / size is (overlap − 2 t size) / size², of judged pixels.
    const slope = tf.mul(
      tf.mul(tf.sub(overlap, tf.mul(tf.mul(targets, 2), sizes)), judged),
      tf.div(perClass, tf.square(sizes)),
    );
    const mean = tf.sum(tf.mul(slope, probabilities), 1, true);
    const byLogit = tf.mul(probabilities, tf.sub(slope, mean));
    const dice = tf.sum(tf.mul(tf.div(overlap, sizes), perClass));
    return { loss: tf.sub(share, dice), slope: byLogit };
  });
}
