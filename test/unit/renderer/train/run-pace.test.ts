import { describe, expect, it } from 'vitest';

import type { EpochRecord } from '../../../../src/contract/events.ts';
import {
  bestSoFar,
  freeName,
  mergedHistory,
  smoothed,
} from '../../../../src/renderer/features/train/run-pace.ts';

const record = (epoch: number, seconds: number, told: Partial<EpochRecord> = {}): EpochRecord => ({
  ...{ epoch, seconds, loss: 1, accuracy: 0.5, valLoss: 1, valAccuracy: 0.5, learningRate: 1e-3 },
  ...{
    valBalancedAccuracy: null,
    valF1: null,
    valAuc: null,
    valMae: null,
    valDice: null,
    imagesPerSecond: 100,
  },
  ...told,
});

describe('the best epoch so far', () => {
  const history = [
    record(1, 1, { valLoss: 0.5, valAccuracy: 0.7, valAuc: null }),
    record(2, 1, { valLoss: 0.4, valAccuracy: 0.7, valAuc: 0.8 }),
    record(3, 1, { valLoss: 0.6, valAccuracy: 0.6, valAuc: 0.9 }),
  ];
  it('is the one that the recipe’s monitor would keep, not always that of the least loss', () => {
    expect(bestSoFar(history, 'valLoss')).toBe(2);
    expect(bestSoFar(history, 'valAuc')).toBe(3);
  });
  it('is the one of the least error of a number, and of the highest Dice', () => {
    const numbers = [record(1, 1, { valMae: 9, valDice: 0.2 }), record(2, 1, { valMae: 12, valDice: 0.6 })];
    expect(bestSoFar(numbers, 'valMae')).toBe(1);
    expect(bestSoFar(numbers, 'valDice')).toBe(2);
  });
  it('is the first of equal ones', () => {
    expect(bestSoFar(history, 'valAccuracy')).toBe(1);
  });
  it('is none while no epoch has the value', () => {
    expect(bestSoFar(history, 'valF1')).toBeNull();
    expect(bestSoFar([], 'valLoss')).toBeNull();
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
