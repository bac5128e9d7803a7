import * as tf from '@tensorflow/tfjs-core';

import { lossWithSlope } from '../differentiable.ts';
import { standardScale } from '../../core/statistics.ts';
import { mixedTargets } from '../augmentation/draw.ts';
import { headLayer, type Network } from '../network.ts';
import { validationFigures } from '../validation-figures.ts';
import type { Weights } from '../weights.ts';
import type { LossOptions, TargetScale, TaskRules, Truths } from './rules.ts';

/** Mean and deviation of the training rows' numbers; equal ones are centred only. */
export function targetScale(numbers: readonly number[]): TargetScale {
  const { mean, deviation } = standardScale(numbers);
  return { mean, deviation: deviation === 0 ? 1 : deviation };
}

/** A number by one linear output, standardised while it trains. Feeds: `targets` and `rowWeights`, rows × 1. */
export function regressionRules(scale: TargetScale): TaskRules {
  return {
    head: { activation: 'linear', outputs: 1 },
    truthSize: 1,
    answerSize: 1,
    countsCorrect: false,
    truthsOf: (labels) =>
      Float32Array.from(labels, (number) => {
        if (typeof number !== 'number') throw new Error('A set of classes is not a number');
        return (number - scale.mean) / scale.deviation;
      }),
    feeds: (truths, { rows, batchRows, drawn }) => {
      const targets = Float32Array.from(truths);
      const weights = new Float32Array(rows).fill(1 / batchRows);
      return new Map([
        ['targets', { values: mixedTargets(targets, 1, drawn) ?? targets, shape: [rows, 1] }],
        ['rowWeights', { values: weights, shape: [rows, 1] }],
      ]);
    },
    loss: (logits, feeds, options) =>
      numberLoss(
        logits as tf.Tensor2D,
        feeds.get('targets') as tf.Tensor2D,
        feeds.get('rowWeights') as tf.Tensor2D,
        options,
      ),
    correct: () => 0,
    answers: (outputs) => outputs,
    tally: () => {
      let [squares, errors, count] = [0, 0, 0];
      return {
        add: (logits, truths: Truths) => {
          logits.forEach((value, row) => {
            const error = value - truths[row]!;
            squares += error * error;
            errors += Math.abs(error);
          });
          count += truths.length;
        },
        figures: () => validationFigures(squares / count, { valMae: (errors / count) * scale.deviation }),
      };
    },
    balancedWeights: () => Promise.resolve(null),
  };
}

/** Weights whose linear output is in the number's own unit: deviation · output + mean. The others are shared. */
export function inOwnUnit(network: Network, weights: Weights, { mean, deviation }: TargetScale): Weights {
  const { name } = headLayer(network);
  const [kernel, bias] = [`${name}/kernel`, `${name}/bias`];
  return new Map([
    ...weights,
    [kernel, weights.get(kernel)!.map((value) => value * deviation)],
    [bias, weights.get(bias)!.map((value) => value * deviation + mean)],
  ]);
}

/**
 * Sum over rows of weight · loss of the error d = output − target: d² (`squared`), |d| (`absolute`), or Huber's of
 * 1964, half of d² up to 1 and |d| − 1/2 beyond.
 *
 * @param outputs, targets, weights rows × 1
 */
export function numberLoss(
  outputs: tf.Tensor2D,
  targets: tf.Tensor2D,
  weights: tf.Tensor2D,
  { id }: Pick<LossOptions, 'id'>,
): tf.Scalar {
  return lossWithSlope(outputs, (output) => {
    const error = tf.sub(output, targets);
    const size = tf.abs(error);
    const within = tf.minimum(size, 1);
    const sign = tf.div(error, tf.maximum(size, 1e-30));
    const losses =
      id === 'absolute'
        ? size
        : id === 'huber'
          ? tf.mul(within, tf.sub(size, tf.mul(within, 0.5)))
          : tf.square(error);
    const slopes = id === 'absolute' ? sign : id === 'huber' ? tf.mul(within, sign) : tf.mul(error, 2);
    const slope = tf.mul(slopes, weights);
    return { loss: tf.sum(tf.mul(losses, weights)), slope };
  });
}
