import * as tf from '@tensorflow/tfjs-core';

import { augmentedInput } from './augmentation/apply.ts';
import { forward } from './forward.ts';
import { classificationLoss } from './loss.ts';
import { weightSpecs } from './network.ts';
import type { StepOptions } from './step.ts';
import type { DrawUniform } from './uniform.ts';

/**
 * Loss, logits and the gradient of every weight for one piece of a batch: the whole step but for the update, as
 * portable operations. The compiled step traces exactly this.
 *
 * @param weights in the network's declared order
 * @param pixels N × size × size × channels, float32 from 0 to 255
 * @param feeds of `stepFeeds`, as tensors
 * @returns tensors that the caller disposes; the loss is a sum over rows with their weights
 */
export function lossAndGradients(
  options: StepOptions,
  weights: readonly tf.Tensor[],
  pixels: tf.Tensor4D,
  feeds: ReadonlyMap<string, tf.Tensor>,
  uniform: DrawUniform,
): { loss: tf.Scalar; logits: tf.Tensor2D; gradients: tf.Tensor[] } {
  const { network, augmentation, normalization, loss } = options;
  const named = new Map(weightSpecs(network).map(({ name }, i) => [name, weights[i]!]));
  return tf.tidy(() => {
    const input = augmentedInput(pixels, feeds, uniform, augmentation, normalization);
    let logits: tf.Tensor2D | null = null;
    const { value, grads } = tf.engine().gradients(() => {
      logits = forward(network, named, input, uniform);
      tf.keep(logits);
      const targets = feeds.get('targets') as tf.Tensor2D;
      return classificationLoss(logits, targets, feeds.get('rowWeights') as tf.Tensor2D, loss);
    }, [...weights]);
    return { loss: value, logits: logits!, gradients: grads };
  });
}
