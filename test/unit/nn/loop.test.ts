import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { chooseBackend } from '../../../src/compute/index.ts';
import type { EpochRecord } from '../../../src/contract/events.ts';
import type { RecipeInput } from '../../../src/contract/recipe.ts';
import type { RowSource } from '../../../src/nn/batches.ts';
import { type LoopOutcome, type StepEnded, trainLoop } from '../../../src/nn/loop.ts';
import { alexnetSmall } from '../../../src/nn/models/alexnet-small.ts';
import { classHead } from '../../../src/nn/network.ts';
import { createEagerStep } from '../../../src/nn/eager-step.ts';
import { freshProgress, type Progress } from '../../../src/nn/progress.ts';
import {
  collected,
  stepOptions,
  streamWeights,
  type TrainingState,
  type TrainingStep,
} from '../../../src/nn/step.ts';
import { multiClassRules } from '../../../src/nn/tasks/multi-class.ts';
import { allFinite, initialWeights } from '../../../src/nn/weights.ts';
import { tinyRecipe, tinySources } from '../../support/tiny-run.ts';

beforeAll(async () => {
  await chooseBackend('auto', { threads: 1 });
});

interface Sitting {
  outcome: LoopOutcome;
  progress: Progress;
  /** Weights and slots at the end. */
  state: TrainingState;
  weights: TrainingState;
  steps: StepEnded[];
  /** Of every checkpoint, as a reader of its file would see it. */
  checkpoints: { state: TrainingState; progress: Progress }[];
  bestEpochs: number[];
  tensorsAtEpochEnds: number[];
}

interface SittingOptions {
  settings?: RecipeInput;
  from?: { state: TrainingState; progress: Progress };
  stopAfterSteps?: number;
  /** Asks for a stop as soon as a picture of the validation rows is read. */
  stopInValidation?: boolean;
  data?: { train: RowSource; val: RowSource };
  /** Advanced in place; else a copy of `from`'s, or a fresh one. */
  progress?: Progress;
  /** Called when a checkpoint is to be written. */
  onSave?: (clock: { ms: number }) => void;
  /** Moves the clock while a step runs. */
  spoilClock?: (clock: { ms: number }, step: number) => void;
  /** Replaces parts of the step. */
  spoil?: (step: TrainingStep) => Partial<TrainingStep>;
}

const network = alexnetSmall.build({ size: 28, channels: 1, head: classHead(2), scale: 0.05, dropout: 0.2 });

/** Trains without files, with a clock that moves 10 ms a look. */
async function sit(options: SittingOptions = {}): Promise<Sitting> {
  const recipe = tinyRecipe({ epochs: 2, ...options.settings });
  const { train, val } = options.data ?? tinySources();
  const normalization = { mean: [0.2], deviation: [0.2] };
  const rules = multiClassRules(2);
  const of = { network, rules, normalization, colour: null, classWeights: null, trainRows: train.count };
  const eager: TrainingStep = createEagerStep(stepOptions(recipe, of));
  const step: TrainingStep = { ...eager, ...options.spoil?.(eager) };
  const progress = options.progress ?? structuredClone(options.from?.progress ?? freshProgress());
  step.writeState(options.from?.state ?? initialWeights(network, recipe.seed));
  const clock = { ms: 0 };
  const { run } = step;
  step.run = (batch, at, ...rest) => {
    options.spoilClock?.(clock, at);
    return run(batch, at, ...rest);
  };
  let validating = false;
  const watched: RowSource = {
    ...val,
    read: (positions) => {
      validating = true;
      return val.read(positions);
    },
  };
  const result: Omit<Sitting, 'outcome' | 'state' | 'weights' | 'progress'> = {
    steps: [],
    checkpoints: [],
    bestEpochs: [],
    tensorsAtEpochEnds: [],
  };
  const outcome = await trainLoop(recipe, { rules, train, val: watched }, step, progress, {
    now: () => (clock.ms += 10),
    breathe: () => Promise.resolve(),
    stopRequested: () =>
      result.steps.length >= (options.stopAfterSteps ?? Infinity) ||
      (validating && options.stopInValidation === true),
    stepEnded: (event) => {
      result.steps.push(event);
    },
    epochEnded: async () => {
      result.tensorsAtEpochEnds.push(tf.memory().numTensors);
    },
    saveBest: async (epoch, weights) => {
      if (!allFinite((await collected(weights)).values())) return false;
      result.bestEpochs.push(epoch);
      return true;
    },
    saveCheckpoint: async (stream, at) => {
      const state = await collected(stream);
      options.onSave?.(clock);
      if (!allFinite(state.values())) return false;
      result.checkpoints.push({ state, progress: JSON.parse(JSON.stringify(at)) as Progress });
      return true;
    },
  });
  const state = await step.readState();
  const weights = await collected(streamWeights(step));
  step.dispose();
  return { outcome, progress, state, weights, ...result };
}

const losses = (records: readonly EpochRecord[]): (number | null)[][] =>
  records.map(({ loss, accuracy, valLoss, valAccuracy }) => [loss, accuracy, valLoss, valAccuracy]);

/** The tiny sources, but of the upright pictures only every third to train on. */
function lopsided(): { train: RowSource; val: RowSource } {
  const { train, val } = tinySources();
  const kept = Array.from({ length: train.count }, (_, row) => row).filter(
    (row) => train.label(row) === 1 || row % 6 === 0,
  );
  const rows = (positions: readonly number[]): number[] => positions.map((position) => kept[position]!);
  return {
    train: {
      count: kept.length,
      read: (positions) => train.read(rows(positions)),
      label: (position) => train.label(kept[position]!),
      imageId: (position) => train.imageId(kept[position]!),
    },
    val,
  };
}

describe('trainLoop', () => {
  it('resumed after any step ends with the weights and the curve of an unbroken run, bit for bit', async () => {
    const unbroken = await sit();
    for (const stopAfterSteps of [1, 5, 6, 7, 11]) {
      const first = await sit({ stopAfterSteps });
      expect(first.outcome.stoppedBecause).toBe('cancelled');
      expect(first.progress.step).toBe(stopAfterSteps);
      const second = await sit({ from: first.checkpoints.at(-1)! });
      expect(second.weights, `after step ${stopAfterSteps}`).toEqual(unbroken.weights);
      expect(losses(second.progress.history)).toEqual(losses(unbroken.progress.history));
    }
    expect(losses(unbroken.progress.history)[1]![0]).toBeLessThan(losses(unbroken.progress.history)[0]![0]!);
  });

  const resumable: [string, RecipeInput][] = [
    ['balanced sampling', { sampling: 'balanced' }],
    ['a plateau', { schedule: { id: 'plateau', warmupEpochs: 0, dropEpochs: 1, dropFactor: 0.3 } }],
    ['one cycle', { schedule: { id: 'oneCycle' } }],
    ['averaged weights', { weightAveraging: 0.9, earlyStopping: { monitor: 'valAuc' } }],
  ];
  it.each(resumable)('resumed with %s ends like an unbroken run too', async (_, settings) => {
    const three = { epochs: 3, optimizer: { learningRate: 0.02 }, ...settings };
    const unbroken = await sit({ settings: three, data: lopsided() });
    for (const stopAfterSteps of [4, 6, 9]) {
      const first = await sit({ settings: three, data: lopsided(), stopAfterSteps });
      const second = await sit({ settings: three, data: lopsided(), from: first.checkpoints.at(-1)! });
      expect(second.state, `after step ${stopAfterSteps}`).toEqual(unbroken.state);
      expect(second.progress.history.map(({ learningRate }) => learningRate)).toEqual(
        unbroken.progress.history.map(({ learningRate }) => learningRate),
      );
      expect(second.progress.best).toEqual(unbroken.progress.best);
    }
  });

  it('stopped during validation, validates again when resumed and loses no step', async () => {
    const unbroken = await sit();
    const first = await sit({ stopInValidation: true });
    expect(first.outcome.stoppedBecause).toBe('cancelled');
    expect(first.progress).toMatchObject({ step: 6, history: [], best: null });
    const second = await sit({ from: first.checkpoints.at(-1)! });
    expect(second.weights).toEqual(unbroken.weights);
    expect(losses(second.progress.history)).toEqual(losses(unbroken.progress.history));
  });

  it('counts the writing of checkpoints in the seconds of the run only, not in those of epochs or images', async () => {
    const settings: RecipeInput = { checkpoint: { everySeconds: 0 } };
    const [quick, slow] = [
      await sit({ settings }),
      await sit({ settings, onSave: (clock) => (clock.ms += 60_000) }),
    ];
    const speeds = ({ progress }: Sitting): number[][] =>
      progress.history.map(({ seconds, imagesPerSecond }) => [seconds, imagesPerSecond]);
    expect(
      speeds(slow)
        .flat()
        .map((x) => x.toFixed(3)),
    ).toEqual(
      speeds(quick)
        .flat()
        .map((x) => x.toFixed(3)),
    );
    expect(slow.progress.trained.seconds).toBeCloseTo(quick.progress.trained.seconds, 6);
    expect(slow.progress.seconds - quick.progress.seconds).toBeCloseTo(12 * 60, 6);
  });

  it('counts an epoch only once it is kept: a failing write leaves no best epoch without its row', async () => {
    const progress = freshProgress();
    let saves = 0;
    const onSave = (): void => {
      // At the end of the second epoch.
      if (++saves === 12) throw new Error('the disk is full');
    };
    const settings: RecipeInput = { checkpoint: { everySeconds: 0 } };
    await expect(sit({ settings, onSave, progress })).rejects.toThrow('the disk is full');
    expect(progress.history).toHaveLength(1);
    expect(progress.best?.epoch).toBe(1);
    expect(progress.step).toBe(12);
  });

  it('names step, epoch and rate of the batch at fault, and keeps no epoch whose optimiser is spoilt', async () => {
    const settings: RecipeInput = { epochs: 3, schedule: { id: 'cosine', warmupEpochs: 0 } };
    const loss = await sit({
      settings,
      spoil: (eager) => ({
        run: async (batch, step, rate) =>
          step === 8
            ? { loss: NaN, correct: 0, weightsFinite: true, gradientNorm: null, maxGradient: 7 }
            : eager.run(batch, step, rate),
      }),
    });
    const rate = (at: number): number => (3e-3 * (1 + Math.cos((Math.PI * at) / 18))) / 2;
    expect(loss.outcome.nonFinite).toMatchObject({ foundIn: 'loss', epoch: 2, step: 3, maxGradient: 7 });
    expect(loss.outcome.nonFinite!.learningRate).toBeCloseTo(rate(8), 9);
    const state = await sit({
      settings,
      spoil: (eager) => ({
        run: async (batch, step, rate) => {
          const result = await eager.run(batch, step, rate);
          if (step < 11) return result;
          const spoilt = await eager.readState();
          spoilt.get('fc6/bias#v')![0] = Infinity;
          eager.writeState(spoilt);
          return result;
        },
      }),
    });
    expect(state.outcome.nonFinite).toMatchObject({ foundIn: 'state', epoch: 2, step: 6, maxGradient: null });
    expect(state.outcome.nonFinite!.learningRate).toBeCloseTo(rate(11), 9);
    expect(state.progress.history).toHaveLength(1);
    expect(state.progress.best?.epoch).toBe(1);
    expect(state.bestEpochs).toEqual([1]);
  });

  it('gives the same weights for the same seed and others for another', async () => {
    const [one, again, other] = [await sit(), await sit(), await sit({ settings: { seed: 2 } })];
    expect(again.weights).toEqual(one.weights);
    expect(other.weights).not.toEqual(one.weights);
  });

  it('leaks no tensor: as many after the last epoch as after the first, none once it is over', async () => {
    const before = tf.memory().numTensors;
    const { tensorsAtEpochEnds } = await sit({ settings: { epochs: 3 } });
    expect(new Set(tensorsAtEpochEnds).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('writes checkpoints when they are due, at the end of an epoch too, and else none', async () => {
    const everyStep = await sit({ settings: { checkpoint: { everySeconds: 0 } } });
    expect(everyStep.checkpoints.map(({ progress }) => progress.step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    const rarely = await sit({ settings: { checkpoint: { everySeconds: 1000 } } });
    expect(rarely.checkpoints).toEqual([]);
    expect(everyStep.weights).toEqual(rarely.weights);
  });

  it('stops early once patience is used up, and a resumed run stops at the same place', async () => {
    const settings: RecipeInput = {
      epochs: 9,
      optimizer: { learningRate: 1e-9 },
      earlyStopping: { patience: 2, monitor: 'valAccuracy' },
    };
    const { outcome, progress, bestEpochs, checkpoints } = await sit({ settings });
    expect(outcome.stoppedBecause).toBe('earlyStopping');
    expect(progress.history).toHaveLength(3);
    expect(bestEpochs).toEqual([1]);
    const resumed = await sit({ settings, from: checkpoints.at(-1)! });
    expect(resumed.outcome.stoppedBecause).toBe('earlyStopping');
    expect(resumed.progress.history).toHaveLength(3);
  });

  it('tells of each step its rate, its time, and a gradient that is measured once in a second and in five steps', async () => {
    const measured: number[] = [];
    const { steps, progress } = await sit({
      settings: { checkpoint: { everySeconds: 1000 } },
      spoil: (eager) => ({
        run: (batch, step, rate, measure) => {
          if (measure === true) measured.push(step);
          return eager.run(batch, step, rate, measure);
        },
      }),
      spoilClock: (clock, step) => {
        // The steps of the first epoch take 0.6 s each, those of the second next to nothing.
        if (step < 6) clock.ms += 600;
      },
    });
    expect(measured).toEqual([0, 5, 6]);
    expect(steps.map(({ gradientNorm }) => gradientNorm !== null)).toEqual(
      steps.map((_, step) => measured.includes(step)),
    );
    expect(steps[0]!.gradientNorm).toBeGreaterThan(0);
    expect(steps.map(({ epoch, step }) => [epoch, step]).slice(5, 7)).toEqual([
      [1, 6],
      [2, 1],
    ]);
    expect(steps.at(-1)!.learningRate).toBe(progress.history.at(-1)!.learningRate);
    const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
    expect(progress.trained.seconds).toBeCloseTo(seconds, 9);
  });

  it('measuring changes no number', async () => {
    const never = await sit({
      spoil: (eager) => ({ run: (batch, step, rate) => eager.run(batch, step, rate, false) }),
    });
    expect(never.state).toEqual((await sit()).state);
  });

  it.each(['valAuc', 'valF1', 'valBalancedAccuracy'] as const)(
    'keeps the first epoch with the highest %s, and stops early by it',
    async (monitor) => {
      const { progress, outcome, bestEpochs } = await sit({
        settings: { epochs: 9, earlyStopping: { patience: 3, monitor } },
      });
      const values = progress.history.map((record) => record[monitor]!);
      const highest = values.indexOf(Math.max(...values)) + 1;
      expect(progress.best).toEqual({ epoch: highest, value: -values[highest - 1]! });
      expect(bestEpochs.at(-1)).toBe(highest);
      if (outcome.stoppedBecause === 'earlyStopping') expect(values.length - highest).toBe(3);
      else expect(values).toHaveLength(9);
    },
  );

  it('trains to the end without a best epoch where the watched value cannot be worked out', async () => {
    const { train, val } = tinySources();
    const onlyLying: RowSource = {
      ...val,
      count: val.count / 2,
      read: (positions) => val.read(positions.map((position) => 2 * position + 1)),
    };
    const { outcome, progress, bestEpochs } = await sit({
      settings: { earlyStopping: { patience: 1, monitor: 'valAuc' } },
      data: { train, val: onlyLying },
    });
    expect(outcome.stoppedBecause).toBe('completed');
    expect(progress).toMatchObject({ step: 12, best: null });
    expect(progress.history.map(({ valAuc }) => valAuc)).toEqual([null, null]);
    expect(bestEpochs).toEqual([]);
  });

  it('stops at the batch whose loss is not a number, names it, and keeps no such state', async () => {
    const { outcome, progress, checkpoints } = await sit({
      settings: {
        // Each step multiplies every kernel by -9 until it is infinite.
        optimizer: { id: 'sgd', learningRate: 10, momentum: 0, weightDecay: 1 },
        schedule: { id: 'constant', warmupEpochs: 0 },
        epochs: 9,
        checkpoint: { everySeconds: 0 },
      },
    });
    expect(outcome.stoppedBecause).toBe('nonFiniteLoss');
    expect(outcome.nonFinite!.imageIds).toHaveLength(8);
    expect(outcome.nonFinite!.imageIds[0]).toMatch(/^image-\d+$/);
    expect(outcome.nonFinite!.learningRate).toBe(10);
    for (const { state } of checkpoints) {
      for (const values of state.values()) expect(values.every(Number.isFinite)).toBe(true);
    }
    expect(
      progress.history.every(({ loss, valLoss }) => Number.isFinite(loss) && Number.isFinite(valLoss)),
    ).toBe(true);
  });

  it('reports a failing read as it is, not as an unhandled rejection of the batch read ahead', async () => {
    const { train, val } = tinySources();
    let reads = 0;
    const failing: RowSource = {
      ...train,
      read: (positions) =>
        ++reads > 2 ? Promise.reject(new Error('the disk is gone')) : train.read(positions),
    };
    await expect(sit({ data: { train: failing, val } })).rejects.toThrow('the disk is gone');
  });
});
