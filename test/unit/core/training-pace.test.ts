import { describe, expect, it } from 'vitest';

import type { EpochRecord } from '../../../src/contract/events.ts';
import { createTrainingPace } from '../../../src/core/training-pace.ts';

const plan = { epochs: 10, stepsPerEpoch: 100, trainRows: 1600, valRows: 400 };

/** An epoch whose steps take as long as told, and its validation besides. */
const epoch = (number: number, stepSeconds: number, validationSeconds: number): EpochRecord => ({
  ...{ epoch: number, loss: 1, accuracy: 0.5, valLoss: 1, valAccuracy: 0.5 },
  ...{
    valBalancedAccuracy: null,
    valF1: null,
    valAuc: null,
    valMae: null,
    valDice: null,
    learningRate: 1e-3,
  },
  seconds: 100 * stepSeconds + validationSeconds,
  imagesPerSecond: 1600 / (100 * stepSeconds),
});
const epochs = (count: number): EpochRecord[] =>
  Array.from({ length: count }, (_, index) => epoch(index + 1, 0.1, 2));

function paceAfter(stepSeconds: readonly number[]) {
  const pace = createTrainingPace(plan);
  stepSeconds.forEach((seconds) => pace.stepEnded(seconds));
  return pace;
}
const even = (seconds: number, steps = 300): number[] => new Array<number>(steps).fill(seconds);

describe('the time that is left of a training', () => {
  it('lies around what steps and validations took, and the range is narrow where they are even', () => {
    const { low, high } = paceAfter(even(0.1)).secondsLeft(500, epochs(5));
    expect((low + high) / 2).toBeCloseTo(500 * 0.1 + 5 * 2, 6);
    expect(high - low).toBeGreaterThan(1);
    expect(high - low).toBeLessThan(15);
  });

  it('counts the epoch under way as far as it is, its validation wholly', () => {
    const { low, high } = paceAfter(even(0.1)).secondsLeft(550, epochs(5));
    expect((low + high) / 2).toBeCloseTo(450 * 0.1 + 5 * 2, 6);
  });

  it('guesses a validation before the first one: a third of the time for each picture', () => {
    const { low, high } = paceAfter(even(0.1)).secondsLeft(10, []);
    expect((low + high) / 2).toBeCloseTo(990 * 0.1 + (10 * 400 * (0.1 / 16)) / 3, 6);
  });

  it('is wider after few steps, and where the machine is faster at one time than at another', () => {
    const width = (steps: readonly number[]): number => {
      const { low, high } = paceAfter(steps).secondsLeft(300, epochs(3));
      return high - low;
    };
    expect(width(even(0.1, 4))).toBeGreaterThan(width(even(0.1)));
    const inStretches = [...even(0.05, 120), ...even(0.15, 120)];
    const byTurns = Array.from({ length: 240 }, (_, step) => (step % 2 === 0 ? 0.05 : 0.15));
    expect(width(inStretches)).toBeGreaterThan(3 * width(byTurns));
  });

  it('follows a change of pace: steps of long ago do not count', () => {
    const { low, high } = paceAfter([...even(10, 50), ...even(0.1, 240)]).secondsLeft(500, epochs(5));
    expect((low + high) / 2).toBeCloseTo(60, 6);
  });

  it('is nothing at the end, and never negative', () => {
    expect(paceAfter(even(0.1)).secondsLeft(1000, epochs(10))).toEqual({ low: 0, high: 0 });
    const { low } = paceAfter([0.001, 100, 0.001]).secondsLeft(3, []);
    expect(low).toBe(0);
  });
});
