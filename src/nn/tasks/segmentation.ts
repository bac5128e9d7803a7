import * as tf from '@tensorflow/tfjs-core';

import { notJudged } from '../../contract/learning-task.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { highest } from '../../core/metric-values.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { createStitching, wholeEdge } from '../../core/tiles.ts';
import { classificationLoss, crossEntropyAt, softmaxRows } from '../loss.ts';
import { classHead } from '../network.ts';
import { added, reshaped } from '../operations.ts';
import { validationFigures } from '../validation-figures.ts';
import { diceLoss } from './dice.ts';
import type { ManyTruths, TaskRules, Truths, ValidationTally } from './rules.ts';

/**
 * A class of every pixel by softmax over the background and the classes. Feeds: `mask` rows × size × size × 1, the
 * pixel's class + 1 and 0 where it is not judged, and `rowWeights` rows × 1. The mask moves with its picture on the
 * device; what comes in from outside of the picture is not judged, unless the border is repeated.
 *
 * @param classes without the background
 * @param input edge of what the network sees, in pixels; with tiles a row is one of them, and validation judges the whole
 *   pictures that their answers make
 */
export function segmentationRules(
  classes: number,
  { size, tiles }: { readonly size: number; readonly tiles: InputTiles | null },
): TaskRules {
  const outputs = classes + 1;
  return {
    head: classHead(outputs),
    truthSize: size * size,
    answerSize: (tiles === null ? size : wholeEdge(tiles)) ** 2 * outputs,
    countsCorrect: false,
    truthsOf: () => {
      throw new Error('Masks are read from their file');
    },
    feeds: (masks, { rows, batchRows, classWeights }) => {
      const mask = Float32Array.from(masks, (label) => (label === notJudged ? 0 : label + 1));
      const feeds = new Map([
        ['mask', { values: mask, shape: [rows, size, size, 1] }],
        ['rowWeights', { values: new Float32Array(rows).fill(1 / batchRows), shape: [rows, 1] as number[] }],
      ]);
      if (classWeights !== null)
        feeds.set('classWeights', { values: Float32Array.from(classWeights), shape: [outputs] });
      return feeds;
    },
    loss: (logits, feeds, options, fill) => {
      const { targets, weights } = pixelTargets(feeds, outputs, fill);
      const flat = reshaped(logits, [logits.size / outputs, outputs]) as tf.Tensor2D;
      const byPixel = (id: 'crossEntropy' | 'focal'): tf.Scalar =>
        classificationLoss(flat, targets, weights, { ...options, id });
      const share = tf.sum<tf.Scalar>(feeds.get('rowWeights')!);
      switch (options.id) {
        case 'dice':
          return diceLoss(flat, targets, share);
        case 'diceCrossEntropy':
          return added([byPixel('crossEntropy'), diceLoss(flat, targets, share)], false) as tf.Scalar;
        default:
          return byPixel(options.id === 'focal' ? 'focal' : 'crossEntropy');
      }
    },
    correct: () => 0,
    answers: (pixels) => pixels,
    tally: () => (tiles === null ? maskTally(outputs) : stitchedTally(outputs, tiles)),
    balancedWeights: (masks) => pixelWeights(masks, outputs),
  };
}

/** Masks as they are after augmentation: targets, pixels × outputs, of no class where not judged; weights, pixels × 1. */
function pixelTargets(
  feeds: ReadonlyMap<string, tf.Tensor>,
  outputs: number,
  fill: Recipe['augmentation']['fill'],
): { targets: tf.Tensor2D; weights: tf.Tensor2D } {
  const still = feeds.get('mask') as tf.Tensor4D;
  const transforms = feeds.get('transforms') as tf.Tensor2D | undefined;
  const mask = transforms ? tf.image.transform(still, transforms, 'nearest', fill) : still;
  const [rows, height, width] = mask.shape;
  const positions = tf.tensor1d(Array.from({ length: outputs }, (_, label) => label + 1));
  const isClass = tf.cast(tf.equal(mask, positions), 'float32');
  const classWeights = feeds.get('classWeights');
  const judged = tf.sum(classWeights ? tf.mul(isClass, classWeights) : isClass, 3, true);
  const ofRow = tf.reshape(tf.div(feeds.get('rowWeights')!, height * width), [rows, 1, 1, 1]);
  return {
    targets: tf.reshape(isClass, [-1, outputs]),
    weights: tf.reshape(tf.mul(judged, ofRow), [-1, 1]),
  };
}

/** n / (outputs × n of class) over judged pixels; 1 for a class without any. */
async function pixelWeights(masks: ManyTruths, outputs: number): Promise<number[]> {
  const counts = new Array<number>(outputs).fill(0);
  for await (const mask of masks) for (const label of mask) if (label !== notJudged) counts[label]!++;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (count === 0 ? 1 : total / (outputs * count)));
}

function maskTally(outputs: number): ValidationTally {
  const { add, figures } = pixelTally(outputs);
  return {
    add: (logits, mask) => add(logits, mask, (pixel, label) => crossEntropyAt(logits, pixel, label, outputs)),
    figures,
  };
}

/** The least number that float32 holds to all its digits. */
const leastProbability = 2 ** -126;

/** Of whole pictures, by the averaged probabilities of their tiles, which come one after another. */
function stitchedTally(outputs: number, tiles: InputTiles): ValidationTally {
  const { add, figures } = pixelTally(outputs);
  const [answers, truths] = [createStitching(tiles, outputs), createStitching(tiles, 1)];
  const pixels = tiles.edge ** 2;
  return {
    add: (logits, masks) => {
      const probabilities = softmaxRows(logits, outputs);
      for (let start = 0; start < masks.length; start += pixels) {
        const lines = answers.add(probabilities.subarray(start * outputs, (start + pixels) * outputs));
        // Where tiles overlap they hold the same, which comes out as it is.
        const mask = truths.add(Uint8Array.from(masks.subarray(start, start + pixels)));
        if (lines === null || mask === null) continue;
        add(
          lines,
          mask,
          (pixel, label) => -Math.log(Math.max(lines[pixel * outputs + label]!, leastProbability)),
        );
      }
    },
    figures,
  };
}

/** Collects what is said of pixels. */
interface PixelTally extends Pick<ValidationTally, 'figures'> {
  /** @param values whose greatest is the answer; @param lossAt of a pixel whose class is so, in nats */
  add(values: Float32Array, mask: Truths, lossAt: (pixel: number, label: number) => number): void;
}

/**
 * Loss is cross-entropy, accuracy the share of judged pixels; Dice is 2 TP / (2 TP + FP + FN) of all pixels together,
 * its mean over the classes that are there, in truth or answer.
 */
function pixelTally(outputs: number): PixelTally {
  const [hits, said, there] = [0, 1, 2].map(() => new Array<number>(outputs).fill(0)) as [
    number[],
    number[],
    number[],
  ];
  let [lossSum, judged] = [0, 0];
  return {
    add: (values, mask, lossAt) => {
      for (let pixel = 0; pixel < mask.length; pixel++) {
        const label = mask[pixel]!;
        if (label === notJudged) continue;
        const answer = highest(values, pixel * outputs, outputs);
        lossSum += lossAt(pixel, label);
        said[answer]!++;
        there[label]!++;
        if (answer === label) hits[label]!++;
        judged++;
      }
    },
    figures: () => {
      const dices = hits.flatMap((hit, label) =>
        label === 0 || said[label]! + there[label]! === 0 ? [] : [(2 * hit) / (said[label]! + there[label]!)],
      );
      return validationFigures(lossSum / judged, {
        valAccuracy: hits.reduce((sum, hit) => sum + hit, 0) / judged,
        valDice: dices.length === 0 ? null : dices.reduce((sum, dice) => sum + dice, 0) / dices.length,
      });
    },
  };
}
