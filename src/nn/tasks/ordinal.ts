import type * as tf from '@tensorflow/tfjs-core';

import { balancedClassWeights, classTally, correctRows, oneClass } from './one-class.ts';
import type { TaskRules, Truths } from './rules.ts';
import { binaryCrossEntropy, sigmoidLoss, sigmoidsOf, smoothed } from './sigmoids.ts';

/**
 * Grades by conditional sigmoids (CORN; Shi, Cao, Raschka 2021, "Deep neural networks for rank-consistent ordinal
 * regression based on conditional probabilities"): output k is judged on rows of at least grade k only, whether they are
 * above it. The loss of a row is then −log of its grade's probability. Feeds: `targets` and `weights`, rows × outputs.
 */
export function ordinalRules(grades: number): TaskRules {
  const outputs = grades - 1;
  const probabilities = (sigmoids: Float32Array): Float32Array => gradeProbabilities(sigmoids, grades);
  return {
    ...oneClass,
    head: { activation: 'sigmoid', outputs },
    answerSize: grades,
    feeds: (labels, { rows, batchRows, smoothing, classWeights }) => {
      const targets = new Float32Array(rows * outputs);
      const weights = new Float32Array(rows * outputs);
      labels.forEach((grade: number, row: number) => {
        const weight = (classWeights?.[grade] ?? 1) / batchRows;
        for (let k = 0; k <= Math.min(grade, outputs - 1); k++) {
          targets[row * outputs + k] = smoothed(grade > k ? 1 : 0, smoothing);
          weights[row * outputs + k] = weight;
        }
      });
      return new Map([
        ['targets', { values: targets, shape: [rows, outputs] }],
        ['weights', { values: weights, shape: [rows, outputs] }],
      ]);
    },
    loss: (logits, feeds, options) =>
      sigmoidLoss(
        logits as tf.Tensor2D,
        feeds.get('targets') as tf.Tensor2D,
        feeds.get('weights') as tf.Tensor2D,
        options,
      ),
    correct: (logits, labels) => correctRows(probabilities(sigmoidsOf(logits)), labels, grades),
    answers: probabilities,
    tally: () =>
      classTally(grades, {
        probabilities: (logits) => probabilities(sigmoidsOf(logits)),
        losses: (logits, labels) => gradeLosses(logits, labels, outputs),
      }),
    balancedWeights: (truths) => balancedClassWeights(truths, grades),
  };
}

/** P(grade k) = P(at least k) · (1 − sigmoid k), P(at least k + 1) = P(at least k) · sigmoid k. */
function gradeProbabilities(sigmoids: Float32Array, grades: number): Float32Array {
  const rows = sigmoids.length / (grades - 1);
  const probabilities = new Float32Array(rows * grades);
  for (let row = 0; row < rows; row++) {
    let reached = 1;
    for (let k = 0; k < grades - 1; k++) {
      const further = reached * sigmoids[row * (grades - 1) + k]!;
      probabilities[row * grades + k] = reached - further;
      reached = further;
    }
    probabilities[row * grades + grades - 1] = reached;
  }
  return probabilities;
}

/** −log P(grade) of every row. */
function gradeLosses(logits: Float32Array, labels: Truths, outputs: number): Float64Array {
  return Float64Array.from(labels, (grade, row) => {
    let sum = 0;
    for (let k = 0; k <= Math.min(grade, outputs - 1); k++)
      sum += binaryCrossEntropy(logits[row * outputs + k]!, grade > k ? 1 : 0);
    return sum;
  });
}
