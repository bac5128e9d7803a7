import type * as tf from '@tensorflow/tfjs-core';

import { mixedTargets } from '../augmentation/draw.ts';
import { classificationLoss, crossEntropiesOnHost, softmaxRows, targetsOf } from '../loss.ts';
import { classHead } from '../network.ts';
import { balancedClassWeights, classTally, correctRows, oneClass, rowWeights } from './one-class.ts';
import type { TaskRules } from './rules.ts';

/** One of several classes by softmax. Feeds: `targets` rows × classes, `rowWeights` rows × 1. */
export function multiClassRules(classes: number): TaskRules {
  return {
    ...oneClass,
    head: classHead(classes),
    answerSize: classes,
    feeds: (labels, { rows, batchRows, smoothing, classWeights, drawn }) => {
      const targets = targetsOf(labels, classes, smoothing);
      const weights = rowWeights(labels, classWeights, batchRows);
      return new Map([
        ['targets', { values: mixedTargets(targets, classes, drawn) ?? targets, shape: [rows, classes] }],
        ['rowWeights', { values: mixedTargets(weights, 1, drawn) ?? weights, shape: [rows, 1] }],
      ]);
    },
    loss: (logits, feeds, options) =>
      classificationLoss(
        logits as tf.Tensor2D,
        feeds.get('targets') as tf.Tensor2D,
        feeds.get('rowWeights') as tf.Tensor2D,
        options,
      ),
    correct: (logits, labels) => correctRows(logits, labels, classes),
    answers: (outputs) => outputs,
    tally: () =>
      classTally(classes, {
        probabilities: (logits) => softmaxRows(logits, classes),
        scores: (logits) => logits,
        losses: (logits, labels) => crossEntropiesOnHost(logits, labels, classes),
      }),
    balancedWeights: (truths) => balancedClassWeights(truths, classes),
  };
}
