import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { notJudged } from '../../../src/contract/learning-task.ts';
import type { LossId } from '../../../src/contract/recipe.ts';
import { lossesOf } from '../../../src/core/learning-task.ts';
import { createRandom } from '../../../src/core/random.ts';
import { activated } from '../../../src/nn/loss.ts';
import { rulesOf } from '../../../src/nn/tasks/index.ts';
import type { TaskRules, Truths } from '../../../src/nn/tasks/rules.ts';
import { everyTask } from '../../support/task-steps.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

const size = 4;
const taskOfKind = (kind: string) => everyTask.find((task) => task.kind === kind)!;
const rulesOfKind = (kind: string): TaskRules => rulesOf(taskOfKind(kind), { size, tiles: null });

interface Asked {
  readonly loss: LossId;
  readonly gamma?: number;
  readonly smoothing?: number;
  readonly classWeights?: readonly number[];
  /** Of a batch of which the rows are a piece. */
  readonly batchRows?: number;
}

/** What a task's feeds and loss make of logits: the value, and its gradient by every logit. */
function lossOf(
  rules: TaskRules,
  logits: Float64Array,
  truths: Truths,
  asked: Asked,
): { value: number; gradient: number[] } {
  const rows = truths.length / rules.truthSize;
  const { loss: id, gamma = 2, smoothing = 0, classWeights = null, batchRows = rows } = asked;
  return tf.tidy(() => {
    const perRow = logits.length / rows;
    const shape = rules.truthSize === size * size ? [rows, size, size, perRow / size ** 2] : [rows, perRow];
    const z = tf.tensor(Float32Array.from(logits), shape);
    const place = { rows, batchRows, smoothing, classWeights, drawn: new Map() };
    const feeds = new Map(
      [...rules.feeds(truths, place)].map(([name, feed]) => [name, tf.tensor(feed.values, [...feed.shape])]),
    );
    const options = { id, gamma, labelSmoothing: smoothing };
    const { value, grads } = tf.engine().gradients(() => rules.loss(z, feeds, options, 'constant'), [z]);
    return { value: value.dataSync()[0]!, gradient: [...grads[0]!.dataSync()] };
  });
}

/** Holds value and gradient against a reference in double precision and its central differences. */
function expectLoss(
  kind: string,
  truths: Truths,
  outputs: number,
  asked: Asked,
  reference: (logits: Float64Array) => number,
): void {
  const random = createRandom(3, 'logits', kind);
  const logits = Float64Array.from({ length: outputs }, () => Math.fround(4 * random.uniform() - 2));
  const { value, gradient } = lossOf(rulesOfKind(kind), logits, truths, asked);
  expect(value).toBeCloseTo(reference(logits), 5);
  const shift = 1e-5;
  logits.forEach((_, i) => {
    const at = (by: number): number => reference(logits.map((z, j) => (j === i ? z + by : z)));
    expect(gradient[i], `logit ${i}`).toBeCloseTo((at(shift) - at(-shift)) / (2 * shift), 5);
  });
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** Cross-entropy or focal loss of one sigmoid, Lin et al. 2017, equations 1 and 4, of soft targets the sum of both. */
function sigmoidReference(z: number, target: number, { loss, gamma = 2 }: Asked): number {
  const p = sigmoid(z);
  const power = loss === 'focal' ? gamma : 0;
  return -target * (1 - p) ** power * Math.log(p) - (1 - target) * p ** power * Math.log(1 - p);
}

const asks: Asked[] = [
  { loss: 'crossEntropy' },
  { loss: 'crossEntropy', smoothing: 0.2 },
  { loss: 'focal', gamma: 2 },
  { loss: 'focal', gamma: 0.5, smoothing: 0.1 },
  { loss: 'focal', gamma: 0 },
  { loss: 'crossEntropy', batchRows: 9 },
];
const smoothedTo = (target: number, { smoothing = 0 }: Asked): number =>
  target * (1 - smoothing) + smoothing / 2;

describe('the loss of one sigmoid for two classes', () => {
  const labels = Int32Array.of(0, 1, 1);

  it.each(asks.flatMap((asked) => [asked, { ...asked, classWeights: [0.6, 2.5] }]))('%j', (asked) => {
    const { batchRows = 3, classWeights: weights = [1, 1] } = asked;
    expectLoss('binary', labels, 3, asked, (logits) =>
      labels.reduce(
        (sum, label, row) =>
          sum +
          (weights[label]! / batchRows) * sigmoidReference(logits[row]!, smoothedTo(label, asked), asked),
        0,
      ),
    );
  });

  it.each(['crossEntropy', 'focal'] as const)('stays finite where it is sure: %s', (loss) => {
    for (const z of [90, 1000, -90, -1000]) {
      const { value, gradient } = lossOf(rulesOfKind('binary'), Float64Array.of(z), Int32Array.of(1), {
        loss,
      });
      expect(value).toBeCloseTo(z > 0 ? 0 : -z, 3);
      expect(gradient[0]).toBeCloseTo(z > 0 ? 0 : -1, 4);
    }
  });

  it('is the one that two outputs with softmax have, their logits 0 and z', () => {
    const one = lossOf(rulesOfKind('binary'), Float64Array.of(0.7, -1.1), Int32Array.of(1, 0), {
      loss: 'crossEntropy',
    });
    const two = lossOf(
      rulesOf({ kind: 'multiClass', classes: ['no', 'yes'] }, { size, tiles: null }),
      Float64Array.of(0, 0.7, 0, -1.1),
      Int32Array.of(1, 0),
      { loss: 'crossEntropy' },
    );
    expect(one.value).toBeCloseTo(two.value, 6);
    expect(one.gradient[0]).toBeCloseTo(two.gradient[1]!, 6);
  });
});

describe('the loss of several classes at once', () => {
  const rules = rulesOfKind('multiLabel');
  const truths = rules.truthsOf([[0, 2], [], [1]]);

  it('is told by positions of what is present', () => {
    expect([...truths]).toEqual([1, 0, 1, 0, 0, 0, 0, 1, 0]);
  });

  it.each(asks.flatMap((asked) => [asked, { ...asked, classWeights: [3, 0.5, 2] }]))('%j', (asked) => {
    const { batchRows = 3, classWeights: weights = [1, 1, 1] } = asked;
    // A weight is that of presence alone: absence counts one whatever the class.
    expectLoss('multiLabel', truths, 9, asked, (logits) =>
      [...truths].reduce(
        (sum, present, at) =>
          sum +
          ((present === 1 ? weights[at % 3]! : 1) / (batchRows * 3)) *
            sigmoidReference(logits[at]!, smoothedTo(present, asked), asked),
        0,
      ),
    );
  });
});

describe('the loss of grades', () => {
  const grades = Int32Array.of(0, 1, 2, 3);
  /** Probability of every grade of a row: of not going on, after going on so far. */
  const probabilities = (logits: Float64Array, row: number): number[] => {
    const on = [0, 1, 2].map((k) => sigmoid(logits[row * 3 + k]!));
    return [1 - on[0]!, on[0]! * (1 - on[1]!), on[0]! * on[1]! * (1 - on[2]!), on[0]! * on[1]! * on[2]!];
  };

  it.each([undefined, [0.5, 1, 2, 4]])(
    "is −log of the grade's probability, classes weighed by %j",
    (classWeights) => {
      const asked = { loss: 'crossEntropy', batchRows: 6, ...(classWeights && { classWeights }) } as const;
      expectLoss('ordinal', grades, 12, asked, (logits) =>
        grades.reduce(
          (sum, grade, row) =>
            sum - ((classWeights?.[grade] ?? 1) / 6) * Math.log(probabilities(logits, row)[grade]!),
          0,
        ),
      );
    },
  );

  it('focal and smoothed, goes by the conditional sigmoids alone', () => {
    const asked = { loss: 'focal', gamma: 1.5, smoothing: 0.1 } as const;
    expectLoss('ordinal', grades, 12, asked, (logits) =>
      grades.reduce((sum, grade, row) => {
        const judged = [0, 1, 2].filter((k) => k <= grade);
        const losses = judged.map((k) =>
          sigmoidReference(logits[row * 3 + k]!, smoothedTo(grade > k ? 1 : 0, asked), asked),
        );
        return sum + losses.reduce((a, b) => a + b) / 4;
      }, 0),
    );
  });

  it('gives answers that are these probabilities, add up to one, and are the loss of a validation', () => {
    const rules = rulesOfKind('ordinal');
    const random = createRandom(4, 'grades');
    const logits = Float64Array.from({ length: 12 }, () => Math.fround(20 * random.uniform() - 10));
    const answers = rules.answers(activated(rules.head, Float32Array.from(logits)));
    const tally = rules.tally();
    tally.add(Float32Array.from(logits), grades);
    let loss = 0;
    for (let row = 0; row < 4; row++) {
      const found = [...answers.subarray(row * 4, row * 4 + 4)];
      const expected = probabilities(logits, row);
      found.forEach((p, grade) => expect(p).toBeCloseTo(expected[grade]!, 6));
      expect(found.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
      loss -= Math.log(expected[row]!) / 4;
    }
    expect(tally.figures().valLoss).toBeCloseTo(loss, 5);
  });
});

describe('the loss of numbers', () => {
  const truths = Float32Array.of(0.5, -1, 2, 0.1);
  const byHand: Readonly<Record<string, (error: number) => number>> = {
    squared: (error) => error ** 2,
    absolute: Math.abs,
    huber: (error) => (Math.abs(error) <= 1 ? error ** 2 / 2 : Math.abs(error) - 0.5),
  };

  it.each(lossesOf('regression'))('%s: over the rows of the batch', (loss) => {
    expectLoss('regression', truths, 4, { loss, batchRows: 6 }, (logits) =>
      logits.reduce((sum, output, row) => sum + byHand[loss]!(output - truths[row]!) / 6, 0),
    );
  });

  it.each(lossesOf('regression'))('%s has no slope where a number is met', (loss) => {
    const { value, gradient } = lossOf(rulesOfKind('regression'), Float64Array.of(2), Float32Array.of(2), {
      loss,
    });
    expect([value, gradient[0]]).toEqual([0, 0]);
  });
});

describe('the loss of masks', () => {
  const pixels = size * size;
  const random = createRandom(5, 'masks');
  const masks = Uint8Array.from({ length: 2 * pixels }, () => [0, 1, 2, notJudged][random.integer(4)]!);
  const softmax = (logits: Float64Array, pixel: number): number[] => {
    const row = [...logits.subarray(pixel * 3, pixel * 3 + 3)].map(Math.exp);
    const sum = row.reduce((a, b) => a + b);
    return row.map((one) => one / sum);
  };
  /** Every pixel weighs one over all of the batch, the judged ones alone counting. */
  const byPixel = (logits: Float64Array, { loss, gamma = 2, classWeights, batchRows = 2 }: Asked): number =>
    masks.reduce((sum, label, pixel) => {
      if (label === notJudged) return sum;
      const p = softmax(logits, pixel)[label]!;
      const weight = (classWeights?.[label] ?? 1) / (batchRows * pixels);
      return sum - weight * (1 - p) ** (loss === 'focal' ? gamma : 0) * Math.log(p);
    }, 0);
  /** One minus the mean soft Dice of the classes over all pixels together, one added above and below. */
  const dice = (logits: Float64Array, { batchRows = 2 }: Asked): number => {
    const judged = [...masks.keys()].filter((pixel) => masks[pixel] !== notJudged);
    const said = judged.map((pixel) => softmax(logits, pixel));
    const ofClass = [1, 2].map((label) => {
      const sum = (of: (p: number, pixel: number) => number): number =>
        judged.reduce((total, pixel, i) => total + of(said[i]![label]!, pixel), 0);
      const overlap = sum((p, pixel) => (masks[pixel] === label ? p : 0));
      return (2 * overlap + 1) / (sum((p) => p) + sum((_, pixel) => (masks[pixel] === label ? 1 : 0)) + 1);
    });
    return (2 / batchRows) * (1 - (ofClass[0]! + ofClass[1]!) / 2);
  };

  it.each(
    lossesOf('segmentation').flatMap((loss) => [
      { loss },
      { loss, classWeights: [0.3, 2, 1.5], batchRows: 5 },
    ]),
  )('%j, pixels that are not judged left out', (asked: Asked) => {
    expectLoss('segmentation', masks, 2 * pixels * 3, asked, (logits) => {
      switch (asked.loss) {
        case 'dice':
          return dice(logits, asked);
        case 'diceCrossEntropy':
          return byPixel(logits, asked) + dice(logits, asked);
        default:
          return byPixel(logits, asked);
      }
    });
  });

  it('is zero, and has no slope, of a mask that judges nothing, in each loss but for rounding', () => {
    const none = new Uint8Array(pixels).fill(notJudged);
    for (const loss of lossesOf('segmentation')) {
      const { value, gradient } = lossOf(
        rulesOfKind('segmentation'),
        new Float64Array(pixels * 3).fill(0.3),
        none,
        {
          loss,
        },
      );
      expect(value).toBeCloseTo(0, 6);
      for (const slope of gradient) expect(slope).toBeCloseTo(0, 6);
    }
  });
});
