import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { EpochRecord } from '../../src/contract/events.ts';
import { classOf, type LearningTask, notJudged } from '../../src/contract/learning-task.ts';
import type { RecipeInput } from '../../src/contract/recipe.ts';
import { type Predictions, predictionsSchema } from '../../src/contract/run-folder.ts';
import type { TrainerEvent } from '../../src/contract/workers.ts';
import { readModelFolder } from '../../src/worker/compute/model-folder.ts';
import { trainRunFolder } from '../../src/worker/compute/train.ts';
import { type TaskRun, writeTaskRun } from '../support/task-runs.ts';

interface Learned {
  readonly run: TaskRun;
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights were kept. */
  readonly kept: EpochRecord;
  readonly weightsSha256: string;
  readonly predictions: Predictions;
}

/** Trains to the end. */
async function trained(task: LearningTask, settings: RecipeInput, withTable = false): Promise<Learned> {
  const run = writeTaskRun(task, settings, withTable);
  const events: TrainerEvent[] = [];
  const ended = await trainRunFolder(run.runFolder, (event) => events.push(event), { stopRequested: false });
  expect(ended).toMatchObject({ stoppedBecause: 'completed', error: null });
  const history = events.flatMap((event) => (event.type === 'epochEnded' ? [event.record] : []));
  const kept = history.find(({ epoch }) => epoch === ended.bestEpoch)!;
  const { model } = await readModelFolder(path.join(run.runFolder, 'model'));
  expect(model.task).toEqual(task);
  return { run, history, kept, weightsSha256: ended.weightsSha256!, predictions: predictionsOf(run) };
}

/** Trains to the end, with a loss that falls. */
async function learned(...of: Parameters<typeof trained>): Promise<Learned> {
  const result = await trained(...of);
  expect(result.history.at(-1)!.loss).toBeLessThan(result.history[0]!.loss * 0.8);
  return result;
}

function predictionsOf({ runFolder, manifest }: TaskRun): Predictions {
  const predictions = predictionsSchema.parse(
    JSON.parse(readFileSync(path.join(runFolder, 'predictions/val.json'), 'utf8')),
  );
  const rows = manifest.rows.val;
  expect(predictions.rows.map(({ image, truth }) => ({ image, truth }))).toEqual(
    rows.map(({ image, label }) => ({ image, truth: label })),
  );
  return predictions;
}

/** The share of rows whose most probable class is the truth. */
function accuracyOf({ rows }: Predictions): number {
  const right = rows.filter(
    ({ probabilities, truth }) => probabilities.indexOf(Math.max(...probabilities)) === truth,
  );
  return right.length / rows.length;
}

const settings = (epochs: number, more: RecipeInput = {}): RecipeInput => ({
  epochs,
  earlyStopping: { patience: 0, monitor: 'valLoss' },
  ...more,
});

const classes = ['upright', 'lying'];
const binary: LearningTask = { kind: 'binary', classes };
const multiLabel: LearningTask = { kind: 'multiLabel', classes };
const ordinal: LearningTask = { kind: 'ordinal', classes: ['thin', 'middle', 'thick', 'very thick'] };
const regression: LearningTask = { kind: 'regression', unit: 'months', low: 0, high: 300 };
const segmentation: LearningTask = { kind: 'segmentation', classes };
const masks: RecipeInput = { network: { id: 'unet', scale: 0.1, dropout: 0 } };
/** Of pictures of 28 × 28. */
const tiled: RecipeInput = { ...masks, input: { size: 16, tiles: 2 }, batchSize: 32 };

describe('a training learns', () => {
  it('two classes by one sigmoid, whose answers are both probabilities', async () => {
    const { kept, predictions } = await learned(binary, settings(6));
    expect(kept.valAuc).toBeGreaterThan(0.95);
    expect(kept.accuracy).toBeGreaterThan(0.8);
    for (const { probabilities } of predictions.rows)
      expect(probabilities[0]! + probabilities[1]!).toBeCloseTo(1, 6);
    expect(accuracyOf(predictions)).toBeCloseTo(kept.valAccuracy!, 9);
  });

  it('several classes at once, each with a probability of its own', async () => {
    const { kept, predictions } = await learned(multiLabel, settings(8));
    expect(kept.valAuc).toBeGreaterThan(0.95);
    const sayings = predictions.rows.flatMap(({ probabilities, truth }) =>
      probabilities.map((p, label) => p >= 0.5 === (truth as number[]).includes(label)),
    );
    expect(sayings.filter(Boolean).length / sayings.length).toBeCloseTo(kept.valAccuracy!, 9);
    // Neither bar, or both: no set of classes that add up to one.
    const sums = predictions.rows.map(({ probabilities }) => probabilities[0]! + probabilities[1]!);
    expect(Math.min(...sums)).toBeLessThan(0.8);
    expect(Math.max(...sums)).toBeGreaterThan(1.3);
  });

  it('grades, whose probabilities add up to one', async () => {
    const { kept, predictions } = await learned(ordinal, settings(8));
    expect(kept.valAccuracy).toBeGreaterThan(0.8);
    for (const { probabilities } of predictions.rows) {
      expect(probabilities).toHaveLength(4);
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    expect(accuracyOf(predictions)).toBeCloseTo(kept.valAccuracy!, 9);
    const loss = predictions.rows.map(
      ({ probabilities, truth }) => -Math.log(probabilities[classOf(truth)]!),
    );
    expect(loss.reduce((a, b) => a + b) / loss.length).toBeCloseTo(kept.valLoss, 3);
  });

  it.each(['squared', 'huber', 'absolute'] as const)('numbers in their own unit, by %s', async (id) => {
    const { kept, predictions, run } = await learned(
      regression,
      settings(10, { loss: { id }, earlyStopping: { patience: 0, monitor: 'valMae' } }),
    );
    const errors = predictions.rows.map(({ probabilities, truth }) =>
      Math.abs(probabilities[0]! - (truth as number)),
    );
    const mae = errors.reduce((a, b) => a + b) / errors.length;
    expect(mae).toBeCloseTo(kept.valMae!, 2);
    // Measured: a quarter to a third of what always saying the mean errs by.
    const numbers = run.manifest.rows.train.map(({ label }) => label as number);
    const mean = numbers.reduce((a, b) => a + b) / numbers.length;
    const plain = predictions.rows.reduce((sum, { truth }) => sum + Math.abs((truth as number) - mean), 0);
    expect(mae).toBeLessThan(plain / errors.length / 2);
    expect(kept).toMatchObject({ accuracy: null, valAccuracy: null, valAuc: null, valDice: null });
  });

  it.each([
    ['', masks],
    [', of whole pictures whose tiles are learned', tiled],
  ])('masks: the class of every pixel is written, and its regions counted%s', async (_, more) => {
    const { kept, predictions, run } = await learned(segmentation, settings(8, more));
    expect(kept.valDice).toBeGreaterThan(0.8);
    const said = readFileSync(path.join(run.runFolder, 'predictions/val.u8'));
    expect(said).toHaveLength(run.masks.length);
    const pixels = said.length / predictions.rows.length;
    predictions.rows.forEach(({ regions, probabilities, pixels: counted }, row) => {
      expect(probabilities).toEqual([]);
      const of = (one: number): number[] =>
        Array.from({ length: pixels }, (_, at) => row * pixels + at).filter((at) => {
          if (run.masks[at] === notJudged) return false;
          return one === 0 ? said[at] === run.masks[at] : said[at] === one || run.masks[at] === one;
        });
      expect(counted).toEqual({
        judged: Array.from(run.masks.subarray(row * pixels, (row + 1) * pixels)).filter(
          (label) => label !== notJudged,
        ).length,
        right: of(0).length,
      });
      regions!.forEach((region, at) => {
        const inEither = of(at + 1);
        expect(region).toMatchObject({
          truePositives: inEither.filter((pixel) => said[pixel] === run.masks[pixel]).length,
          falsePositives: inEither.filter((pixel) => run.masks[pixel] !== at + 1).length,
          falseNegatives: inEither.filter((pixel) => said[pixel] !== at + 1).length,
        });
      });
    });
    const dices = classes.map((_, label) => {
      const sum = (of: 'truePositives' | 'falsePositives' | 'falseNegatives'): number =>
        predictions.rows.reduce((total, { regions }) => total + regions![label]![of], 0);
      return (
        (2 * sum('truePositives')) /
        (2 * sum('truePositives') + sum('falsePositives') + sum('falseNegatives'))
      );
    });
    expect((dices[0]! + dices[1]!) / 2).toBeCloseTo(kept.valDice!, 6);
  });

  it.each(['both', 'only'] as const)('from the clinical table (%s) what no picture shows', async (use) => {
    const { kept, predictions } = await learned(
      binary,
      settings(8, { table: { use, units: 8 }, optimizer: { learningRate: 0.01 } }),
      true,
    );
    expect(kept.valAuc).toBeGreaterThan(0.95);
    expect(accuracyOf(predictions)).toBeCloseTo(kept.valAccuracy!, 9);
  });
});

describe('a training that is broken off goes on to the same weights', () => {
  const resumed: [string, LearningTask, RecipeInput][] = [
    ['numbers', regression, { weightAveraging: 0.9 }],
    ['grades with weights by class', ordinal, { classWeights: 'balanced' }],
    ['masks, moved with their pictures', segmentation, { ...masks, augmentation: { rotationDegrees: 20 } }],
    ['masks of tiles, with weights by class', segmentation, { ...tiled, classWeights: 'balanced' }],
  ];
  it.each(resumed)('%s', async (_what, task, more) => {
    const asked = settings(2, more);
    const unbroken = await trained(task, asked);
    const { runFolder } = writeTaskRun(task, asked);
    // In the middle of an epoch of twelve steps, and then at its end.
    for (const looks of [4, 8]) {
      let looked = 0;
      const control = {
        get stopRequested() {
          return ++looked >= looks;
        },
      };
      const ended = await trainRunFolder(runFolder, () => undefined, control);
      expect(ended.stoppedBecause).toBe('cancelled');
      expect(existsSync(path.join(runFolder, 'model'))).toBe(false);
    }
    const ended = await trainRunFolder(runFolder, () => undefined, { stopRequested: false });
    expect(ended.weightsSha256).toBe(unbroken.weightsSha256);
  });
});
