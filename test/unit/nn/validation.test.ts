import { describe, expect, it } from 'vitest';

import { bestWith, stopsEarly, watchedValue } from '../../../src/nn/monitor.ts';
import { epochRecord, freshProgress } from '../../../src/nn/progress.ts';
import { logitsOfRow, validate, type Validation, validationFigures } from '../../../src/nn/validation.ts';
import { tinySources } from '../../support/tiny-run.ts';

const validation = (labels: number[], logits: number[]): Validation => ({
  labels: Int32Array.from(labels),
  logits: Float32Array.from(logits),
  classes: logits.length / labels.length,
  ...{ loss: 1, accuracy: 0.5 },
});

describe('the figures of a validation', () => {
  it('of two classes: by hand, a tie counting half', () => {
    // Probability of class 1 rises with the difference of the logits: 2, 0, 0, -1, 3.
    const found = validationFigures(validation([1, 1, 0, 0, 0], [0, 2, 1, 1, 0, 0, 1, 0, 0, 3]));
    // Pairs of a positive and a negative: 2 > 0, 2 > -1, 2 < 3; 0 = 0, 0 > -1, 0 < 3.
    expect(found.valAuc).toBeCloseTo((2 + 1.5) / 6, 12);
    // Predicted 1, 0, 0, 0, 1: recall 1/2 and 2/3; F1 of class 0 is 2·2 / (3 + 3), of class 1 2·1 / (2 + 2).
    expect(found.valBalancedAccuracy).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12);
    expect(found.valF1).toBeCloseTo((4 / 6 + 1 / 2) / 2, 12);
    expect(found).toMatchObject({ valLoss: 1, valAccuracy: 0.5 });
  });

  it('of three classes: means of one against the rest, a class that is never predicted counting 0 in F1', () => {
    const logits = [5, 1, 0, 4, 0, 1, 0, 3, 1, 3, 1, 0];
    const found = validationFigures(validation([0, 0, 1, 2], logits));
    expect(found.valBalancedAccuracy).toBeCloseTo(2 / 3, 12);
    expect(found.valF1).toBeCloseTo((0.8 + 1 + 0) / 3, 12);
    // Class 2's row has a probability of class 2 of .042, below the .047 and .114 of two others, above .007: 1 of 3.
    expect(found.valAuc).toBeCloseTo((1 + 1 + 1 / 3) / 3, 12);
  });

  it('are not there where a class has no row', () => {
    const none = { valBalancedAccuracy: null, valF1: null, valAuc: null };
    expect(validationFigures(validation([0, 0], [1, 0, 0, 1]))).toMatchObject(none);
    expect(validationFigures(validation([0, 1], [1, 0, 0, 0, 1, 0]))).toMatchObject(none);
  });
});

describe('validate', () => {
  const { val } = tinySources();
  const around = { breathe: () => Promise.resolve(), stopRequested: () => false };
  /** Says of every picture its brightest corner and its first pixel. */
  const step = {
    logits: async (pixels: Uint8Array) =>
      Float32Array.from(
        { length: (pixels.length / 784) * 2 },
        (_, i) => pixels[(i >> 1) * 784 + (i % 2)]! / 255,
      ),
  };

  it('puts the rows together in their order, whatever the batch', async () => {
    const [whole, pieces] = [await validate(step, val, 16, around), await validate(step, val, 5, around)];
    expect(pieces).toEqual(whole);
    expect(whole!.classes).toBe(2);
    expect([...whole!.labels]).toEqual(Array.from({ length: 16 }, (_, row) => row % 2));
    const { pixels } = await val.read([7]);
    expect([...logitsOfRow(whole!, 7)]).toEqual([...(await step.logits(pixels))]);
  });

  it('ends without a result as soon as a stop is requested', async () => {
    let batches = 0;
    const stopping = { ...around, stopRequested: () => ++batches > 2 };
    expect(await validate(step, val, 4, stopping)).toBeNull();
    expect(batches).toBe(3);
  });
});

describe('the best epoch', () => {
  const record = (epoch: number, valLoss: number, valAuc: number | null) =>
    epochRecord(
      {
        ...freshProgress(),
        history: new Array<never>(epoch - 1),
        epoch: { rows: 4, lossSum: 2, correct: 3, seconds: 2 },
      },
      { valLoss, valAccuracy: 0.5, valBalancedAccuracy: null, valF1: null, valAuc },
      0.1,
      1,
    );

  it('goes by the least loss, or by the greatest of any other value; of equal ones the first stays', () => {
    const first = bestWith(null, record(1, 0.5, 0.8), 'valLoss');
    expect(first).toEqual({ epoch: 1, value: 0.5 });
    expect(bestWith(first, record(2, 0.5, 0.9), 'valLoss')).toBe(first);
    expect(bestWith(first, record(2, 0.4, 0.1), 'valLoss')).toEqual({ epoch: 2, value: 0.4 });
    const auc = bestWith(null, record(1, 0.5, 0.8), 'valAuc');
    expect(bestWith(auc, record(2, 0.1, 0.7), 'valAuc')).toBe(auc);
    expect(bestWith(auc, record(2, 0.9, 0.9), 'valAuc')).toEqual({ epoch: 2, value: -0.9 });
  });

  it('is never one without the value, and without any there is none and no early stop', () => {
    expect(watchedValue(record(1, 0.5, null), 'valAuc')).toBeNull();
    expect(bestWith(null, record(1, 0.5, null), 'valAuc')).toBeNull();
    const stopping = { patience: 1, monitor: 'valAuc', restoreBest: true } as const;
    const history = [record(1, 0.5, null), record(2, 0.5, null)];
    expect(stopsEarly(stopping, { ...freshProgress(), history })).toBe(false);
    expect(stopsEarly(stopping, { ...freshProgress(), history, best: { epoch: 1, value: 0 } })).toBe(true);
    expect(
      stopsEarly({ ...stopping, patience: 0 }, { ...freshProgress(), history, best: { epoch: 1, value: 0 } }),
    ).toBe(false);
  });

  it('is told with means over its rows and seconds of steps and validation', () => {
    expect(record(3, 0.5, null)).toMatchObject({
      epoch: 3,
      loss: 0.5,
      accuracy: 0.75,
      seconds: 3,
      imagesPerSecond: 2,
    });
  });
});
