import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { notJudged } from '../../../src/contract/learning-task.ts';
import { recipeSchema } from '../../../src/contract/recipe.ts';
import { meanMetrics } from '../../../src/core/metric-values.ts';
import { numberFigures, numberNames } from '../../../src/core/number-metrics.ts';
import { estimatesOf } from '../../../src/core/resample.ts';
import { tileCorner, tileCount, tileNumbers, wholeEdge } from '../../../src/core/tiles.ts';
import { createRandom } from '../../../src/core/random.ts';
import { augmentedInput, normalisedPictures } from '../../../src/nn/augmentation/apply.ts';
import { createEagerPredictor, createEagerStep } from '../../../src/nn/eager-step.ts';
import { activated } from '../../../src/nn/loss.ts';
import { headOf } from '../../../src/nn/heads.ts';
import { rulesOf } from '../../../src/nn/tasks/index.ts';
import { inOwnUnit, regressionRules, targetScale } from '../../../src/nn/tasks/regression.ts';
import { segmentationRules } from '../../../src/nn/tasks/segmentation.ts';
import { initialWeights } from '../../../src/nn/weights.ts';
import { stillAugmentation } from '../../support/augmentations.ts';
import { everyTask, taskBatch, taskNetwork, taskStep } from '../../support/task-steps.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

const size = 8;
const taskOfKind = (kind: string) => everyTask.find((task) => task.kind === kind)!;
const rulesOfKind = (kind: string) => rulesOf(taskOfKind(kind), { size, tiles: null });
const randomly = (name: string, length: number): Float32Array => {
  const random = createRandom(6, name);
  return Float32Array.from({ length }, () => 4 * random.uniform() - 2);
};
const plainPlace = { smoothing: 0, classWeights: null, drawn: new Map() };

describe('a mask that moves with its picture', () => {
  const classes = 2;
  const rules = segmentationRules(classes, { size, tiles: null });
  const random = createRandom(7, 'moved mask');
  const mask = Uint8Array.from({ length: size * size }, () => random.integer(3));
  const moves: Readonly<Record<string, number[]>> = {
    'to the right and down': [1, 0, -2, 0, 1, -1, 0, 0],
    mirrored: [-1, 0, size - 1, 0, 1, 0, 0, 0],
    'by a quarter turn': [0, 1, 0, -1, 0, size - 1, 0, 0],
    'mirrored and to the left': [-1, 0, size - 4, 0, 1, 0, 0, 0],
  };

  /** Loss of a network that sees the class of every pixel in its picture, sure of it, but for pixels from outside. */
  function lossOfSeeing(
    move: readonly number[],
    fill: 'nearest' | 'constant',
    sayOutside: number | null,
  ): number {
    return tf.tidy(() => {
      const feeds = new Map<string, tf.Tensor>([
        ...[...rules.feeds(mask, { ...plainPlace, rows: 1, batchRows: 1 })].map(
          ([name, { values, shape }]) => [name, tf.tensor(values, [...shape])] as const,
        ),
        ['transforms', tf.tensor2d([...move], [1, 8])],
      ]);
      // 85 a class and one more, so that what comes from outside of the picture is told from the background.
      const pixels = tf.tensor4d(
        Float32Array.from(mask, (label) => 85 * (label + 1)),
        [1, size, size, 1],
      );
      const { augmentation } = recipeSchema.parse({ augmentation: { ...stillAugmentation, fill } });
      const unit = { mean: [0], deviation: [1] };
      const noUniform = () => {
        throw new Error('Nothing is drawn');
      };
      const seen = normalisedPictures(
        augmentedInput(pixels, feeds, noUniform, augmentation, unit),
      ).dataSync();
      const logits = new Float32Array(size * size * (classes + 1));
      seen.forEach((value, pixel) => {
        const label = Math.round(value * 3) - 1;
        const said = label < 0 ? sayOutside! : label;
        logits[pixel * (classes + 1) + said] = 50;
      });
      const z = tf.tensor(logits, [1, size, size, classes + 1]);
      return rules.loss(z, feeds, { id: 'crossEntropy', gamma: 2, labelSmoothing: 0 }, fill).dataSync()[0]!;
    });
  }

  it.each(Object.keys(moves))('%s: what was seen of a pixel is asked of the same pixel', (move) => {
    expect(lossOfSeeing(moves[move]!, 'nearest', null)).toBeCloseTo(0, 6);
    for (const sayOutside of [0, 1, 2]) {
      // Nothing is asked of what comes from outside.
      expect(lossOfSeeing(moves[move]!, 'constant', sayOutside)).toBeCloseTo(0, 6);
    }
  });
});

describe('the figures of a validation, in pieces', () => {
  const rows = 30;
  const random = createRandom(8, 'labels');

  it.each(['binary', 'ordinal'])("of %s are an evaluation's of its answers", (kind) => {
    const task = taskOfKind(kind) as Extract<(typeof everyTask)[number], { classes: string[] }>;
    const { rules, classes } = { rules: rulesOfKind(kind), classes: task.classes.length };
    const logits = randomly(kind, rows * rules.head.outputs);
    const labels = Int32Array.from({ length: rows }, () => random.integer(classes));
    const tally = rules.tally();
    tally.add(logits.subarray(0, 7 * rules.head.outputs), labels.subarray(0, 7));
    tally.add(logits.subarray(7 * rules.head.outputs), labels.subarray(7));
    const answers = rules.answers(activated(rules.head, logits));
    const rowOf = (row: number): number[] => [...answers.subarray(row * classes, (row + 1) * classes)];
    const predicted = Int32Array.from(labels, (_, row) => rowOf(row).indexOf(Math.max(...rowOf(row))));
    const right = predicted.filter((label, row) => label === labels[row]).length;
    const means = meanMetrics({
      ...{ count: rows, classes, truth: labels, predicted, probabilities: answers },
      positive: classes === 2 ? 1 : null,
    })!;
    expect(tally.figures()).toMatchObject({
      valAccuracy: right / rows,
      valBalancedAccuracy: means.balancedAccuracy,
      valF1: means.f1,
      valAuc: means.auc,
      valMae: null,
    });
    expect(rules.correct(logits, labels)).toBe(right);
    const loss = labels.reduce((sum, label, row) => sum - Math.log(rowOf(row)[label]!), 0) / rows;
    expect(tally.figures().valLoss).toBeCloseTo(loss, 4);
  });

  it('of several classes at once are means of each by itself, one without both kinds left out', () => {
    const rules = rulesOfKind('multiLabel');
    const logits = randomly('sets', rows * 3);
    // The third class is present everywhere.
    const truths = Float32Array.from({ length: rows * 3 }, (_, at) => (at % 3 === 2 ? 1 : random.integer(2)));
    const tally = rules.tally();
    tally.add(logits.subarray(0, 12), truths.subarray(0, 12));
    tally.add(logits.subarray(12), truths.subarray(12));
    const ofClass = [0, 1].map((label) => {
      const column = (values: Float32Array): number[] => [...values].filter((_, at) => at % 3 === label);
      const positive = column(logits).map((z) => 1 / (1 + Math.exp(-z)));
      return meanMetrics({
        ...{ count: rows, classes: 2, truth: Int32Array.from(column(truths)), positive: 1 },
        predicted: Int32Array.from(positive, (p) => (p >= 0.5 ? 1 : 0)),
        probabilities: Float64Array.from(positive.flatMap((p) => [1 - p, p])),
      })!;
    });
    const mean = (name: 'auc' | 'f1' | 'balancedAccuracy'): number =>
      (ofClass[0]![name] + ofClass[1]![name]) / 2;
    const found = tally.figures();
    expect(found.valAuc).toBeCloseTo(mean('auc'), 6);
    expect(found.valF1).toBeCloseTo(mean('f1'), 9);
    expect(found.valBalancedAccuracy).toBeCloseTo(mean('balancedAccuracy'), 9);
    const right = [...logits].filter((z, at) => z >= 0 === (truths[at] === 1)).length;
    expect(found.valAccuracy).toBeCloseTo(right / (rows * 3), 12);
    expect(rules.correct(logits, truths)).toBeCloseTo(right / 3, 12);
  });

  it("of numbers are in the number's own unit, the loss in deviations of training", () => {
    const scale = { mean: 100, deviation: 25 };
    const rules = regressionRules(scale);
    const numbers = Array.from({ length: rows }, () => 60 + random.integer(90));
    const outputs = randomly('numbers', rows);
    const tally = rules.tally();
    const truths = rules.truthsOf(numbers);
    tally.add(outputs.subarray(0, 4), truths.subarray(0, 4));
    tally.add(outputs.subarray(4), truths.subarray(4));
    const said = numbers.map((truth, row) => ({ patient: `${row}`, truth, value: outputs[row]! * 25 + 100 }));
    const mae = estimatesOf(numberFigures(said, 100))[numberNames.indexOf('mae')]!;
    expect(tally.figures().valMae).toBeCloseTo(mae, 4);
    const squares = said.reduce((sum, { truth, value }) => sum + ((value - truth) / 25) ** 2, 0);
    expect(tally.figures().valLoss).toBeCloseTo(squares / rows, 4);
  });

  it('of masks count pixels of all pictures together, those judged alone, the background in no Dice', () => {
    const rules = rulesOfKind('segmentation');
    const pixels = 3 * size * size;
    const logits = randomly('masks', pixels * 3);
    const masks = Uint8Array.from({ length: pixels }, () => [0, 1, 2, notJudged][random.integer(4)]!);
    const tally = rules.tally();
    tally.add(logits.subarray(0, size * size * 3), masks.subarray(0, size * size));
    tally.add(logits.subarray(size * size * 3), masks.subarray(size * size));
    const said = Array.from(masks, (_, pixel) => {
      const row = [...logits.subarray(pixel * 3, pixel * 3 + 3)];
      return row.indexOf(Math.max(...row));
    });
    const judged = [...masks.keys()].filter((pixel) => masks[pixel] !== notJudged);
    const count = (of: (pixel: number) => boolean): number => judged.filter(of).length;
    const dices = [1, 2].map(
      (label) =>
        (2 * count((pixel) => said[pixel] === label && masks[pixel] === label)) /
        (count((pixel) => said[pixel] === label) + count((pixel) => masks[pixel] === label)),
    );
    expect(tally.figures().valDice).toBeCloseTo((dices[0]! + dices[1]!) / 2, 12);
    expect(tally.figures().valAccuracy).toBeCloseTo(
      count((pixel) => said[pixel] === masks[pixel]) / judged.length,
      12,
    );
  });

  // Would catch: tiles judged one by one, so that pixels where they overlap count several times.
  it('of masks that are learned by tiles are those of the whole pictures', () => {
    const tiles = { edge: size, grid: 3 };
    const whole = wholeEdge(tiles);
    const pictures = 2;
    const pixels = pictures * whole * whole;
    const logits = randomly('tiled masks', pixels * 3);
    const masks = Uint8Array.from({ length: pixels }, () => [0, 1, 2, notJudged][random.integer(4)]!);
    const plain = rulesOfKind('segmentation').tally();
    plain.add(logits, masks);
    const rules = rulesOf(taskOfKind('segmentation'), { size, tiles });
    expect(rules).toMatchObject({ truthSize: size * size, answerSize: whole * whole * 3 });
    // Of every pixel of every tile, its place among those of the pictures.
    const places = tileNumbers([0, 1], tiles).flatMap((number) => {
      const { left, top } = tileCorner(tiles, number % tileCount(tiles));
      const start = Math.floor(number / tileCount(tiles)) * whole * whole;
      return Array.from(
        { length: size * size },
        (_, at) => start + (top + Math.floor(at / size)) * whole + left + (at % size),
      );
    });
    const tally = rules.tally();
    // Some tiles at a time, across the border of the pictures too.
    for (let from = 0; from < places.length; from += 7 * size * size) {
      const some = places.slice(from, from + 7 * size * size);
      tally.add(
        Float32Array.from(some.flatMap((place) => [0, 1, 2].map((value) => logits[place * 3 + value]!))),
        Uint8Array.from(some, (place) => masks[place]!),
      );
    }
    const [found, expected] = [tally.figures(), plain.figures()];
    expect(found.valDice).toBeCloseTo(expected.valDice!, 12);
    expect(found.valAccuracy).toBeCloseTo(expected.valAccuracy!, 12);
    expect(found.valLoss).toBeCloseTo(expected.valLoss, 6);
  });
});

describe('weights that balance', () => {
  it('grades and two classes by their rows', async () => {
    const pieces = [Int32Array.of(0, 0, 0), Int32Array.of(1)];
    expect(await rulesOfKind('binary').balancedWeights(pieces)).toEqual([4 / 6, 2]);
    expect(await rulesOfKind('ordinal').balancedWeights(pieces)).toEqual([4 / 12, 1, 1, 1]);
  });

  it('presence by absence, one class by itself; always or never there counts one', async () => {
    const rules = rulesOfKind('multiLabel');
    const truths = [rules.truthsOf([[0, 2], [2]]), rules.truthsOf([[2], [2]])];
    expect(await rules.balancedWeights(truths)).toEqual([3, 1, 1]);
  });

  it('pixels by their class, those not judged left out', async () => {
    const masks = [Uint8Array.of(0, 0, 0, notJudged), Uint8Array.of(1, notJudged, notJudged, notJudged)];
    expect(await rulesOfKind('segmentation').balancedWeights(masks)).toEqual([4 / 9, 4 / 3, 1]);
  });

  it('no numbers', async () => {
    expect(await rulesOfKind('regression').balancedWeights([Float32Array.of(1)])).toBeNull();
  });
});

describe('a regression', () => {
  const task = taskOfKind('regression');

  it('says of a picture in its own unit what it said in deviations', async () => {
    const scale = targetScale([60, 80, 110, 150]);
    expect(scale.mean).toBe(100);
    expect(scale.deviation).toBeCloseTo(Math.sqrt((1600 + 400 + 100 + 2500) / 4), 12);
    const network = taskNetwork(task, 'alexnet-small');
    const weights = initialWeights(network, 3);
    const options = { ...taskStep(task, network), batchSize: 4 };
    const batch = taskBatch(task)(options, 4);
    const [standardised, own] = await Promise.all(
      [weights, inOwnUnit(network, weights, scale)].map(async (of) => {
        const predictor = createEagerPredictor({ ...options, weights: of });
        const said = await predictor.logits(batch);
        predictor.dispose();
        return said;
      }),
    );
    standardised!.forEach((value, row) =>
      expect(own![row]).toBeCloseTo(value * scale.deviation + scale.mean, 3),
    );
    expect(new Set(standardised).size).toBe(4);
    expect(headOf(task)).toEqual({ activation: 'linear', outputs: 1 });
  });

  it('of one number for all is centred only', () => {
    expect(targetScale([7, 7, 7])).toEqual({ mean: 7, deviation: 1 });
    // Would catch: a spread that only rounding made of the mean.
    expect(targetScale(Array<number>(10).fill(36.6)).deviation).toBe(1);
    expect([...regressionRules(targetScale([7, 7])).truthsOf([7, 8])]).toEqual([0, 1]);
  });

  it('takes no set of classes for a number, nor one class for a set', () => {
    expect(() => rulesOfKind('regression').truthsOf([[1]])).toThrow('not a number');
    expect(() => rulesOfKind('multiLabel').truthsOf([1])).toThrow('not a set');
    expect(() => rulesOfKind('binary').truthsOf([[1]])).toThrow('not one class');
  });
});

describe('plain JavaScript, operation by operation', () => {
  const cases = everyTask.map((task) => [task.kind, task, null] as const);
  const fusion = { use: 'both', units: 4, features: 3 } as const;

  it.each([...cases, ['multiClass and a table', everyTask[0]!, fusion] as const])(
    'learns: two steps on a batch lower its loss: %s',
    async (_what, task, table) => {
      const network = taskNetwork(task, task.kind === 'segmentation' ? 'unet' : 'alexnet-small', table);
      const rows = task.kind === 'segmentation' ? 2 : 8;
      const options = taskStep(task, network, { augmentation: stillAugmentation });
      const step = createEagerStep({ ...options, batchSizes: [rows] });
      step.writeState(initialWeights(network, 1));
      const batch = taskBatch(task)(options, rows);
      const losses: number[] = [];
      for (let at = 0; at < 3; at++) losses.push((await step.run(batch, at, 2e-3)).loss);
      step.dispose();
      expect(losses[2]).toBeLessThan(losses[0]!);
    },
  );
});
