import { describe, expect, it } from 'vitest';

import { bestWith, stopsEarly, watchedValue } from '../../../src/nn/monitor.ts';
import { epochRecord, freshProgress } from '../../../src/nn/progress.ts';
import type { RowInputs } from '../../../src/nn/step.ts';
import { multiClassRules } from '../../../src/nn/tasks/multi-class.ts';
import { validate } from '../../../src/nn/validation.ts';
import { type ValidationFigures, validationFigures } from '../../../src/nn/validation-figures.ts';
import { tinySources } from '../../support/tiny-run.ts';

/** Figures of logits, row by row, that come in two pieces. */
function figuresOf(labels: number[], logits: number[]): ValidationFigures {
  const classes = logits.length / labels.length;
  const tally = multiClassRules(classes).tally();
  for (const [from, to] of [
    [0, 1],
    [1, labels.length],
  ] as const)
    tally.add(
      Float32Array.from(logits.slice(from * classes, to * classes)),
      Int32Array.from(labels.slice(from, to)),
    );
  return tally.figures();
}

describe('the figures of a validation', () => {
  it('of two classes: by hand, a tie counting half', () => {
    // Probability of class 1 rises with the difference of the logits: 2, 0, 0, -1, 3.
    const found = figuresOf([1, 1, 0, 0, 0], [0, 2, 1, 1, 0, 0, 1, 0, 0, 3]);
    // Pairs of a positive and a negative: 2 > 0, 2 > -1, 2 < 3; 0 = 0, 0 > -1, 0 < 3.
    expect(found.valAuc).toBeCloseTo((2 + 1.5) / 6, 12);
    // Predicted 1, 0, 0, 0, 1: recall 1/2 and 2/3; F1 of class 0 is 2·2 / (3 + 3), of class 1 2·1 / (2 + 2).
    expect(found.valBalancedAccuracy).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12);
    expect(found.valF1).toBeCloseTo((4 / 6 + 1 / 2) / 2, 12);
    // −log softmax of the truth: log(1 + e^−2), log 2 twice, log(1 + e^−1), log(1 + e^3).
    const losses = [-2, 0, 0, -1, 3].map((against) => Math.log1p(Math.exp(against)));
    expect(found.valLoss).toBeCloseTo(losses.reduce((a, b) => a + b) / 5, 6);
    expect(found).toMatchObject({ valAccuracy: 3 / 5, valMae: null, valDice: null });
  });

  it('of three classes: means of one against the rest, a class that is never predicted counting 0 in F1', () => {
    const logits = [5, 1, 0, 4, 0, 1, 0, 3, 1, 3, 1, 0];
    const found = figuresOf([0, 0, 1, 2], logits);
    expect(found.valBalancedAccuracy).toBeCloseTo(2 / 3, 12);
    expect(found.valF1).toBeCloseTo((0.8 + 1 + 0) / 3, 12);
    // Class 2's row has a probability of class 2 of .042, below the .047 and .114 of two others, above .007: 1 of 3.
    expect(found.valAuc).toBeCloseTo((1 + 1 + 1 / 3) / 3, 12);
  });

  it('are not there where a class has no row', () => {
    const none = { valBalancedAccuracy: null, valF1: null, valAuc: null };
    expect(figuresOf([0, 0], [1, 0, 0, 1])).toMatchObject(none);
    expect(figuresOf([0, 1], [1, 0, 0, 0, 1, 0])).toMatchObject(none);
  });
});

describe('validate', () => {
  const { val } = tinySources();
  const around = { breathe: () => Promise.resolve(), stopRequested: () => false };
  /** Says of every picture its brightest corner and its first pixel. */
  const step = {
    logits: async ({ pixels }: RowInputs) =>
      Float32Array.from(
        { length: (pixels.length / 784) * 2 },
        (_, i) => pixels[(i >> 1) * 784 + (i % 2)]! / 255,
      ),
  };

  const rules = multiClassRules(2);

  it('puts the rows together in their order, whatever the batch', async () => {
    const seen = await Promise.all(
      [16, 5].map((batchSize) => validate(step, rules, val, { batchSize, samples: [7, 0, 15] }, around)),
    );
    expect(seen[1]).toEqual(seen[0]);
    const rows = await Promise.all([7, 0, 15].map((position) => val.read([position])));
    const expected = await Promise.all(rows.map((row) => step.logits(row)));
    expect(seen[0]!.samples.map((logits) => [...logits])).toEqual(expected.map((logits) => [...logits]));
    const all = await val.read(Array.from({ length: 16 }, (_, row) => row));
    expect(seen[0]!.figures).toEqual(figuresOf([...all.truths], [...(await step.logits(all))]));
  });

  it('ends without a result as soon as a stop is requested', async () => {
    let batches = 0;
    const stopping = { ...around, stopRequested: () => ++batches > 2 };
    expect(await validate(step, rules, val, { batchSize: 4, samples: [] }, stopping)).toBeNull();
    expect(batches).toBe(3);
  });
});

describe('the best epoch', () => {
  const record = (epoch: number, valLoss: number, valAuc: number | null, countsCorrect = true) =>
    epochRecord(
      {
        ...freshProgress(),
        history: new Array<never>(epoch - 1),
        epoch: { rows: 4, lossSum: 2, correct: 3, seconds: 2 },
      },
      validationFigures(valLoss, { valAccuracy: 0.5, valAuc }),
      { learningRate: 0.1, validationSeconds: 1, countsCorrect },
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
    expect(record(3, 0.5, null, false).accuracy).toBeNull();
  });
});
