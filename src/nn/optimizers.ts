import * as tf from '@tensorflow/tfjs-core';

import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { WeightSpec } from './network.ts';

export type OptimizerOptions = ResolvedRecipe['optimizer'];

/** One trainable tensor with its optimiser slots, on the device. Updates replace the tensors. */
export interface Parameter {
  readonly spec: WeightSpec;
  value: tf.Tensor;
  slots: tf.Tensor[];
}

/** An update rule. Slots start at zero and have their weight's shape; checkpoints hold them by these names. */
export interface Optimizer {
  readonly slotNames: readonly string[];
  /**
   * One update of one parameter.
   * @param step from 0, over the whole run
   */
  update(parameter: Parameter, gradient: tf.Tensor, step: number, learningRate: number): void;
  /** Frees what the rule itself holds on the device; not the parameters. */
  dispose(): void;
}

/** What one Adam update needs besides tensors. */
export interface AdamScalars {
  /** beta1 and beta2 to the power of the update's number, counted from 1. */
  readonly beta1Power: number;
  readonly beta2Power: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * A backend's own Adam in one pass over memory. It takes the parameter's tensors over (they are disposed)
 * and leaves new ones in their place.
 */
export interface FusedAdam {
  update(parameter: Parameter, gradient: tf.Tensor, scalars: AdamScalars): void;
  dispose(): void;
}

/** The recipe's optimiser, with the backend's fused Adam where it has one. */
export function createOptimizer(options: OptimizerOptions, fusedAdam: FusedAdam | null): Optimizer {
  return options.id === 'adam' ? adam(options, fusedAdam) : momentum(options);
}

/**
 * Adam (Kingma and Ba 2015) in the form of its section 2's last paragraph, as TensorFlow and Keras have it:
 * m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); w −= α √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
 */
function adam(options: OptimizerOptions, fused: FusedAdam | null): Optimizer {
  const { beta1, beta2, epsilon } = options;
  return {
    slotNames: ['m', 'v'],
    update: (parameter, gradient, step, learningRate) => {
      const [beta1Power, beta2Power] = [beta1 ** (step + 1), beta2 ** (step + 1)];
      if (fused) {
        fused.update(parameter, gradient, { beta1Power, beta2Power, learningRate, beta1, beta2, epsilon });
        return;
      }
      const rate = (learningRate * Math.sqrt(1 - beta2Power)) / (1 - beta1Power);
      replace(parameter, () => {
        const [m, v] = parameter.slots as [tf.Tensor, tf.Tensor];
        const nextM = tf.add(m, tf.mul(tf.sub(gradient, m), 1 - beta1));
        const nextV = tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), 1 - beta2));
        const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), epsilon));
        return [tf.sub(parameter.value, change), nextM, nextV];
      });
    },
    dispose: () => fused?.dispose(),
  };
}

/**
 * Stochastic gradient descent as Krizhevsky, Sutskever and Hinton 2012, section 5:
 * v = momentum · v − decay · rate · w − rate · g; w = w + v. Decay reaches kernels, not biases.
 */
function momentum(options: OptimizerOptions): Optimizer {
  return {
    slotNames: ['v'],
    update: (parameter, gradient, _step, learningRate) => {
      const decay = parameter.spec.role === 'kernel' ? options.weightDecay : 0;
      replace(parameter, () => {
        const decayed = decay > 0 ? tf.add(gradient, tf.mul(parameter.value, decay)) : gradient;
        const velocity = tf.sub(tf.mul(parameter.slots[0]!, options.momentum), tf.mul(decayed, learningRate));
        return [tf.add(parameter.value, velocity), velocity];
      });
    },
    dispose: () => undefined,
  };
}

function replace(parameter: Parameter, compute: () => tf.Tensor[]): void {
  const [value, ...slots] = tf.tidy(compute);
  tf.dispose([parameter.value, ...parameter.slots]);
  parameter.value = value!;
  parameter.slots = slots;
}
