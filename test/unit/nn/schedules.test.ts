import { describe, expect, it } from 'vitest';

import type { EpochRecord } from '../../../src/contract/events.ts';
import type { RecipeInput } from '../../../src/contract/recipe.ts';
import { learningRateAt } from '../../../src/nn/schedules.ts';
import { tinyRecipe } from '../../support/tiny-run.ts';

const stepsPerEpoch = 10;

/** Rates of ten epochs of ten steps at a base of 0.1. */
function rates(
  schedule: RecipeInput['schedule'],
  steps: readonly number[],
  history: readonly EpochRecord[] = [],
  more: RecipeInput = {},
): number[] {
  const recipe = tinyRecipe({ epochs: 10, optimizer: { learningRate: 0.1 }, schedule, ...more });
  return steps.map((step) => learningRateAt(recipe, step, stepsPerEpoch, history));
}
const close = (values: readonly number[]): number[] =>
  values.map((value) => expect.closeTo(value, 12) as number);

const epochs = (valLosses: readonly number[], accuracies: readonly number[] = []): EpochRecord[] =>
  valLosses.map((valLoss, index) => ({
    ...{ epoch: index + 1, loss: 1, accuracy: 0.5, valLoss, valAccuracy: accuracies[index] ?? 0.5 },
    ...{ valBalancedAccuracy: null, valF1: null, valAuc: null, valMae: null, valDice: null },
    ...{ learningRate: 0.1, seconds: 1, imagesPerSecond: 1 },
  }));

describe('learningRateAt', () => {
  it('cosine starts at the base, halves in the middle, and would end at zero', () => {
    const cosine = { id: 'cosine', warmupEpochs: 0 } as const;
    expect(rates(cosine, [0, 50])).toEqual([0.1, expect.closeTo(0.05, 12)]);
    expect(rates(cosine, [99])[0]).toBeGreaterThan(0);
    expect(rates({ id: 'constant', warmupEpochs: 0 }, [0, 99])).toEqual([0.1, 0.1]);
  });

  it('warm-up rises in a line over epochs or parts of one, over any course', () => {
    expect(rates({ id: 'constant', warmupEpochs: 1.9 }, [0, 9, 18, 19])).toEqual(
      close([0.1 / 20, (0.1 * 10) / 20, (0.1 * 19) / 20, 0.1]),
    );
    const plain = rates({ id: 'cosine', warmupEpochs: 0 }, [0, 4, 10]);
    expect(rates({ id: 'cosine', warmupEpochs: 1 }, [0, 4, 10])).toEqual(
      close([plain[0]! / 11, (plain[1]! * 5) / 11, plain[2]!]),
    );
  });

  it('step drops at the first step of every third epoch, not one before or after', () => {
    const schedule = { id: 'step', warmupEpochs: 0, dropEpochs: 3, dropFactor: 0.5 } as const;
    expect(rates(schedule, [0, 29, 30, 59, 60, 99])).toEqual(close([0.1, 0.1, 0.05, 0.05, 0.025, 0.0125]));
  });

  // Made with the formula of PyTorch 2's OneCycleLR(max_lr=0.1, total_steps, final_div_factor=400).
  it('one cycle has the rates of PyTorch, peak at 30 % of the steps, without a warm-up on top', () => {
    const schedule = { id: 'oneCycle', warmupEpochs: 5 } as const;
    expect(rates(schedule, [0, 10, 29, 30, 64, 99])).toEqual(
      close([0.004, 0.029516394846410082, 0.1, 0.09994965836173303, 0.050005, 1e-5]),
    );
  });

  it('one cycle of very few steps is finite, positive and never above its peak', () => {
    for (const count of [1, 2, 3, 4]) {
      const recipe = tinyRecipe({
        epochs: count,
        optimizer: { learningRate: 0.1 },
        schedule: { id: 'oneCycle' },
      });
      for (let step = 0; step < count; step++) {
        const rate = learningRateAt(recipe, step, 1, []);
        expect(rate, `step ${step} of ${count}`).toBeGreaterThan(0);
        expect(rate, `step ${step} of ${count}`).toBeLessThanOrEqual(0.1);
      }
    }
  });

  describe('plateau', () => {
    const schedule = { id: 'plateau', warmupEpochs: 0, dropEpochs: 2, dropFactor: 0.1 } as const;
    const after = (history: EpochRecord[], more: RecipeInput = {}): number =>
      rates(schedule, [history.length * stepsPerEpoch], history, more)[0]!;

    // By hand after Keras' ReduceLROnPlateau(patience=2, factor=0.1, min_delta=0).
    it('drops when two epochs in a row are no better, then counts anew from the same best', () => {
      const losses = [1, 0.9, 0.95, 0.9, 0.8, 0.85, 0.85, 0.85, 0.85];
      const expected = [0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001, 0.0001];
      expect(losses.map((_, last) => after(epochs(losses.slice(0, last + 1))))).toEqual(close(expected));
      expect(after([])).toBe(0.1);
    });

    it('watches the value that the recipe watches, where more is better', () => {
      const history = epochs([1, 1, 1], [0.5, 0.6, 0.7]);
      expect(after(history)).toBeCloseTo(0.01, 12);
      expect(after(history, { earlyStopping: { monitor: 'valAccuracy' } })).toBe(0.1);
    });

    it('counts an epoch without the value as no better one', () => {
      const history = epochs([1, 0.9, 0.8]);
      expect(after(history.slice(0, 1), { earlyStopping: { monitor: 'valAuc' } })).toBe(0.1);
      expect(after(history, { earlyStopping: { monitor: 'valAuc' } })).toBeCloseTo(0.01, 12);
    });
  });
});
