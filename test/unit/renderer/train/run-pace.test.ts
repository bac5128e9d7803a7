import { describe, expect, it } from 'vitest';

import type { EpochRecord } from '../../../../src/contract/events.ts';
import {
  freeName,
  mergedHistory,
  rangeWords,
  smoothed,
  type StepState,
  timeLeft,
} from '../../../../src/renderer/features/train/run-pace.ts';

const record = (epoch: number, seconds: number, loss = 1): EpochRecord => ({
  ...{ epoch, seconds, loss, accuracy: 0.5, valLoss: 1, valAccuracy: 0.5, learningRate: 1e-3 },
  imagesPerSecond: 100,
});
const step = (epoch: number, at: number, secondsLeft: number): StepState => ({
  ...{ epoch, step: at, steps: 10, loss: 1, imagesPerSecond: 100, secondsLeft },
});

describe('time left', () => {
  it('is unknown before anything was trained', () => {
    expect(timeLeft([], 10, null)).toBeNull();
  });

  it('spreads around the first estimate while epochs are few', () => {
    expect(timeLeft([], 10, step(1, 2, 100))).toEqual({ low: 70, high: 130 });
  });

  it('follows the spread of recent epochs, not of all', () => {
    const history = [record(1, 500), ...Array.from({ length: 10 }, (_, index) => record(index + 2, 10))];
    expect(timeLeft(history, 21, null)).toEqual({ low: 100, high: 100 });
  });

  it('counts the epoch under way as far as it is', () => {
    const history = [record(1, 10), record(2, 10), record(3, 10)];
    expect(timeLeft(history, 5, step(4, 5, 99))).toEqual({ low: 15, high: 15 });
    // The last step of an epoch that has ended already says nothing of the next one.
    expect(timeLeft(history, 5, step(3, 10, 99))).toEqual({ low: 20, high: 20 });
  });

  it('is nothing at the end rather than less', () => {
    const history = [record(1, 10), record(2, 10), record(3, 10)];
    expect(timeLeft(history, 3, null)).toEqual({ low: 0, high: 0 });
  });
});

describe('ranges in words', () => {
  it('names a unit once where both ends share it', () => {
    expect(rangeWords({ low: 180, high: 260 })).toBe('3–4 min');
    expect(rangeWords({ low: 55, high: 130 })).toBe('55 s – 2 min');
    expect(rangeWords({ low: 44.9, high: 45.2 })).toBe('45 s');
    expect(rangeWords({ low: 3900, high: 7500 })).toBe('1 h 5 min – 2 h 5 min');
  });
});

describe('history', () => {
  it('holds each epoch once when rows and events bring the same one', () => {
    const merged = mergedHistory([record(1, 1), record(2, 1)], [record(2, 9), record(3, 1)]);
    expect(merged.map(({ epoch, seconds }) => [epoch, seconds])).toEqual([
      [1, 1],
      [2, 9],
      [3, 1],
    ]);
  });
  it('smooths without moving the first value', () => {
    expect(smoothed([1, 0, 0], 0.5)).toEqual([1, 0.5, 0.25]);
  });
  it('gives a run a name that no other has', () => {
    expect(freeName('quick', [])).toBe('quick');
    expect(freeName('quick', ['quick', 'quick 2'])).toBe('quick 3');
  });
});
