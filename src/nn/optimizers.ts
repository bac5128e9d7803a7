import * as tf from '@tensorflow/tfjs-core';

import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { WeightSpec } from './network.ts';

export type OptimizerOptions = ResolvedRecipe['optimizer'];

/** What one step's update needs besides tensors; the same for all weights. */
export interface UpdateScalars {
  readonly learningRate: number;
  /** beta1 and beta2 to the power of the update's number, counted from 1 (Adam's bias correction). */
  readonly beta1Power: number;
  readonly beta2Power: number;
}

/** An update rule. Slots start at zero and have their weight's shape; checkpoints hold them by these names. */
export interface Optimizer {
  /** Of this weight; a running mean of batch normalisation has none. */
  slotNames(spec: WeightSpec): readonly string[];
  /** One update of one weight: its next value, then its next slots. */
  update(
    spec: WeightSpec,
    value: tf.Tensor,
    slots: readonly tf.Tensor[],
    gradient: tf.Tensor,
    scalars: UpdateScalars,
  ): tf.Tensor[];
}

/** Names of a weight's slots, in the order of TensorFlow's fused operation for the recipe's optimiser. */
export function slotNames(id: OptimizerOptions['id'], { trainable }: WeightSpec): readonly string[] {
  return trainable ? trainableSlots[id] : [];
}

const trainableSlots: Readonly<Record<OptimizerOptions['id'], readonly string[]>> = {
  adam: ['m', 'v'],
  adamw: ['m', 'v'],
  sgd: ['v'],
  rmsprop: ['ms', 'mom'],
};

/** @param step from 0, over the whole run */
export function updateScalars(
  { beta1, beta2 }: OptimizerOptions,
  step: number,
  learningRate: number,
): UpdateScalars {
  return { learningRate, beta1Power: beta1 ** (step + 1), beta2Power: beta2 ** (step + 1) };
}

/** What the weight is multiplied by beside the gradient's part: decay reaches kernels, not biases. */
export function weightDecayOf({ weightDecay }: OptimizerOptions, { role }: WeightSpec): number {
  return role === 'kernel' ? weightDecay : 0;
}

/** The recipe's optimiser as tfjs operations, on the backend that is set. */
export function createOptimizer(options: OptimizerOptions): Optimizer {
  const update = rules[options.id](options);
  return {
    slotNames: (spec) => slotNames(options.id, spec),
    update: (spec, value, slots, gradient, scalars) =>
      spec.trainable ? update(spec, value, slots, gradient, scalars) : [tf.sub(value, gradient)],
  };
}

const rules: Readonly<Record<OptimizerOptions['id'], (options: OptimizerOptions) => Optimizer['update']>> = {
  adam,
  adamw,
  sgd: momentum,
  rmsprop,
};

/**
 * Adam (Kingma and Ba 2015) in the form of its section 2's last paragraph, as TensorFlow and Keras have it:
 * m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); w −= α √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
 */
function adam({ beta1, beta2, epsilon }: OptimizerOptions): Optimizer['update'] {
  return (_spec, value, slots, gradient, { learningRate, beta1Power, beta2Power }) => {
    const rate = (learningRate * Math.sqrt(1 - beta2Power)) / (1 - beta1Power);
    const [m, v] = slots as [tf.Tensor, tf.Tensor];
    const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), 1 - beta1));
    const nextV = tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), 1 - beta2));
    const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), epsilon));
    return [tf.sub(value, change), nextM, nextV];
  };
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), as Keras has it: w −= α · decay · w, then Adam. */
function adamw(options: OptimizerOptions): Optimizer['update'] {
  const update = adam(options);
  return (spec, value, slots, gradient, scalars) => {
    const decay = weightDecayOf(options, spec) * scalars.learningRate;
    return update(spec, decay > 0 ? tf.mul(value, 1 - decay) : value, slots, gradient, scalars);
  };
}

/**
 * Stochastic gradient descent as Krizhevsky, Sutskever and Hinton 2012, section 5:
 * v = momentum · v − decay · rate · w − rate · g; w = w + v. With Nesterov's look ahead (Sutskever et al. 2013,
 * in Bengio's form, as Keras has it) w = w + momentum · v − rate · (g + decay · w).
 */
function momentum(options: OptimizerOptions): Optimizer['update'] {
  return (spec, value, slots, gradient, { learningRate }) => {
    const decay = weightDecayOf(options, spec);
    const decayed = decay > 0 ? tf.add(gradient, tf.mul(value, decay)) : gradient;
    const change = tf.mul(decayed, learningRate);
    const velocity = tf.sub(tf.mul(slots[0]!, options.momentum), change);
    const move = options.nesterov ? tf.sub(tf.mul(velocity, options.momentum), change) : velocity;
    return [tf.add(value, move), velocity];
  };
}

/**
 * RMSprop (Hinton 2012, lecture 6e) with momentum, as TensorFlow and Keras have it:
 * ms += (g² − ms)(1 − ρ); mom = momentum · mom + α g / √(ms + ε); w −= mom.
 */
function rmsprop({ rho, momentum: kept, epsilon }: OptimizerOptions): Optimizer['update'] {
  return (_spec, value, slots, gradient, { learningRate }) => {
    const [ms, mom] = slots as [tf.Tensor, tf.Tensor];
    const nextMs = tf.add(ms, tf.mul(tf.sub(tf.square(gradient), ms), 1 - rho));
    const change = tf.div(tf.mul(gradient, learningRate), tf.sqrt(tf.add(nextMs, epsilon)));
    const nextMom = tf.add(tf.mul(mom, kept), change);
    return [tf.sub(value, nextMom), nextMs, nextMom];
  };
}
