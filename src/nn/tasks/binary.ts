import type * as tf from '@tensorflow/tfjs-core';

import { mixedTargets } from '../augmentation/draw.ts';
import { balancedClassWeights, classTally, correctRows, oneClass, rowWeights } from './one-class.ts';
import type { TaskRules } from './rules.ts';
import { binaryCrossEntropy, sigmoidLoss, sigmoidsOf, smoothed } from './sigmoids.ts';

/** One of two classes by one sigmoid, the second class's probability. Feeds: `targets` and `rowWeights`, rows × 1. */
export function binaryRules(): TaskRules {
  const answers = (outputs: Float32Array): Float32Array => {
    const both = new Float32Array(outputs.length * 2);
    outputs.forEach((p, row) => both.set([1 - p, p], row * 2));
    return both;
  };
  return {
    ...oneClass,
    head: { activation: 'sigmoid', outputs: 1 },
    answerSize: 2,
    feeds: (labels, { rows, batchRows, smoothing, classWeights, drawn }) => {
      const targets = Float32Array.from(labels, (label) => smoothed(label, smoothing));
      const weights = rowWeights(labels, classWeights, batchRows);
      return new Map([
        ['targets', { values: mixedTargets(targets, 1, drawn) ?? targets, shape: [rows, 1] }],
        ['rowWeights', { values: mixedTargets(weights, 1, drawn) ?? weights, shape: [rows, 1] }],
      ]);
    },
    loss: (logits, feeds, options) =>
      sigmoidLoss(
        logits as tf.Tensor2D,
        feeds.get('targets') as tf.Tensor2D,
        feeds.get('rowWeights') as tf.Tensor2D,
        options,
      ),
    correct: (logits, labels) => correctRows(answers(sigmoidsOf(logits)), labels, 2),
    answers,
    tally: () =>
      classTally(2, {
        probabilities: (logits) => answers(sigmoidsOf(logits)),
        losses: (logits, labels) =>
          Float64Array.from(logits, (z, row) => binaryCrossEntropy(z, labels[row]!)),
      }),
    balancedWeights: (truths) => balancedClassWeights(truths, 2),
  };
}
