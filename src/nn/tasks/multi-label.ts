import type * as tf from '@tensorflow/tfjs-core';

import { meanMetrics } from '../../core/metric-values.ts';
import { mixedTargets } from '../augmentation/draw.ts';
import { validationFigures } from '../validation-figures.ts';
import type { ManyTruths, TaskRules, Truths, ValidationTally } from './rules.ts';
import { binaryCrossEntropy, sigmoidLoss, sigmoidsOf, smoothed } from './sigmoids.ts';

/**
 * Any of several classes by a sigmoid each; the loss of a row is the mean over the classes. Feeds: `targets` and
 * `weights`, rows × classes.
 */
export function multiLabelRules(classes: number): TaskRules {
  return {
    head: { activation: 'sigmoid', outputs: classes },
    truthSize: classes,
    answerSize: classes,
    countsCorrect: true,
    truthsOf: (labels) => {
      const truths = new Float32Array(labels.length * classes);
      labels.forEach((present, row) => {
        if (!Array.isArray(present)) throw new Error('One class is not a set of classes');
        for (const label of present) truths[row * classes + label] = 1;
      });
      return truths;
    },
    feeds: (truths, { rows, batchRows, smoothing, classWeights, drawn }) => {
      const targets = Float32Array.from(truths, (present) => smoothed(present, smoothing));
      const weights = Float32Array.from(
        truths,
        (present, at) => (present === 1 ? (classWeights?.[at % classes] ?? 1) : 1) / (batchRows * classes),
      );
      const shape = [rows, classes];
      return new Map([
        ['targets', { values: mixedTargets(targets, classes, drawn) ?? targets, shape }],
        ['weights', { values: mixedTargets(weights, classes, drawn) ?? weights, shape }],
      ]);
    },
    loss: (logits, feeds, options) =>
      sigmoidLoss(
        logits as tf.Tensor2D,
        feeds.get('targets') as tf.Tensor2D,
        feeds.get('weights') as tf.Tensor2D,
        options,
      ),
    correct: (logits, truths) => rightSayings(logits, truths) / classes,
    answers: (outputs) => outputs,
    tally: () => setTally(classes),
    balancedWeights: (truths) => presenceWeights(truths, classes),
  };
}

/** How often a class is said to be present, from a probability of one half on, where it is, and absent where it is not. */
function rightSayings(logits: Float32Array, truths: Truths): number {
  let right = 0;
  logits.forEach((z, at) => {
    if (z >= 0 === (truths[at] === 1)) right++;
  });
  return right;
}

/** n of absent / n of present; 1 for a class that never is, or always. */
async function presenceWeights(truths: ManyTruths, classes: number): Promise<number[]> {
  const present = new Array<number>(classes).fill(0);
  let rows = 0;
  for await (const piece of truths) {
    piece.forEach((one: number, at: number) => (present[at % classes]! += one));
    rows += piece.length / classes;
  }
  return present.map((count) => (count === 0 || count === rows ? 1 : (rows - count) / count));
}

/** Figures are unweighted means over the classes that are present in some rows and absent in others. */
function setTally(classes: number): ValidationTally {
  const pieces: { probabilities: Float32Array; truths: Truths }[] = [];
  let [lossSum, right, sayings] = [0, 0, 0];
  return {
    add: (logits, truths) => {
      logits.forEach((z, at) => (lossSum += binaryCrossEntropy(z, truths[at]!)));
      right += rightSayings(logits, truths);
      sayings += logits.length;
      pieces.push({ probabilities: sigmoidsOf(logits), truths });
    },
    figures: () => {
      const column = (of: (piece: (typeof pieces)[number]) => Truths, label: number): number[] =>
        pieces.flatMap((piece) => [...of(piece)].filter((_, at) => at % classes === label));
      const each = Array.from({ length: classes }, (_, label) =>
        figuresOfClass(
          column(({ probabilities }) => probabilities, label),
          column(({ truths }) => truths, label),
        ),
      ).filter((figures) => figures !== null);
      const mean = (name: 'balancedAccuracy' | 'f1' | 'auc'): number | null =>
        each.length === 0 ? null : each.reduce((sum, figures) => sum + figures[name], 0) / each.length;
      return validationFigures(lossSum / sayings, {
        valAccuracy: right / sayings,
        valBalancedAccuracy: mean('balancedAccuracy'),
        valF1: mean('f1'),
        valAuc: mean('auc'),
      });
    },
  };
}

function figuresOfClass(
  present: readonly number[],
  truths: readonly number[],
): ReturnType<typeof meanMetrics> {
  const truth = Int32Array.from(truths);
  return meanMetrics({
    count: truth.length,
    classes: 2,
    truth,
    predicted: Int32Array.from(present, (p) => (p >= 0.5 ? 1 : 0)),
    probabilities: Float64Array.from(present.flatMap((p) => [1 - p, p])),
    positive: 1,
  });
}
