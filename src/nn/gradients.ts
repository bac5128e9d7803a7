import * as tf from '@tensorflow/tfjs-core';

import { augmentedInput } from './augmentation/apply.ts';
import { forward } from './forward.ts';
import { movedWeights, type StepOptions, stepWeights } from './step.ts';
import type { DrawUniform } from './uniform.ts';

/**
 * Loss, logits and what moves every weight, for one piece of a batch: the whole step but for the update, as portable
 * operations. The compiled step traces exactly this.
 *
 * @param weights all, in the network's declared order
 * @param pixels N × size × size × channels, float32 from 0 to 255
 * @param feeds of `stepFeeds`, as tensors
 * @returns tensors that the caller disposes, gradients of `movedWeights`; the loss is a sum over rows with their weights. A trainable weight is moved
 *   by its gradient, a running mean by what the update takes from it: both add up over the pieces of a batch
 */
export function lossAndGradients(
  options: StepOptions,
  weights: readonly tf.Tensor[],
  pixels: tf.Tensor4D,
  feeds: ReadonlyMap<string, tf.Tensor>,
  uniform: DrawUniform,
): { loss: tf.Scalar; logits: tf.Tensor; gradients: tf.Tensor[] } {
  const { network, rules, augmentation, normalization, loss } = options;
  const specs = stepWeights(options);
  const frozen = new Set(specs.flatMap(({ name, rate }) => (rate > 0 ? [] : [name.split('/')[0]!])));
  const named = new Map(specs.map(({ name }, i) => [name, weights[i]!]));
  return tf.tidy(() => {
    const table = feeds.get('table') as tf.Tensor2D | undefined;
    const pictures = augmentedInput(pixels, feeds, uniform, augmentation, normalization);
    const input = table ? { ...pictures, table } : pictures;
    const moved = new Map<string, tf.Tensor>();
    let logits: tf.Tensor | null = null;
    const { value, grads } = tf.engine().gradients(
      () => {
        const statistics = new Map<string, tf.Tensor>();
        logits = tf.keep(forward(network, named, input, { uniform, statistics, frozen }));
        for (const [name, change] of runningChanges(network, frozen, named, statistics, feeds))
          moved.set(name, tf.keep(change));
        return rules.loss(logits, feeds, loss, augmentation.fill);
      },
      weights.filter((_, i) => specs[i]!.trainable),
    );
    const next = grads[Symbol.iterator]();
    const gradients = movedWeights(options).map(({ name, trainable }) =>
      trainable ? (next.next().value as tf.Tensor) : moved.get(name)!.clone(),
    );
    for (const change of moved.values()) change.dispose();
    return { loss: value, logits: logits!, gradients };
  });
}

/** What a step takes from running means and variances: (1 − momentum) · (running − batch's), the piece's share of it. */
function* runningChanges(
  { layers }: StepOptions['network'],
  frozen: ReadonlySet<string>,
  weights: ReadonlyMap<string, tf.Tensor>,
  statistics: ReadonlyMap<string, tf.Tensor>,
  feeds: ReadonlyMap<string, tf.Tensor>,
): Generator<[string, tf.Tensor]> {
  for (const layer of layers) {
    if (layer.kind !== 'batchNormalization' || frozen.has(layer.name)) continue;
    for (const name of [`${layer.name}/moving_mean`, `${layer.name}/moving_variance`]) {
      const rate = tf.mul(feeds.get('batchShare')!, 1 - layer.momentum);
      const running = weights.get(name)!;
      const seen = statistics.get(name);
      yield [name, seen ? tf.mul(tf.sub(running, seen), rate) : tf.zeros(running.shape)];
    }
  }
}
