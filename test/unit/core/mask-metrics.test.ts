import { describe, expect, it } from 'vitest';

import { compareMasks, type MaskComparison, type MaskPair } from '../../../src/core/mask-comparison.ts';
import {
  evaluateMasksInSteps,
  maskFigures,
  type MaskEvaluation,
  type MaskRow,
} from '../../../src/core/mask-metrics.ts';
import { createRandom } from '../../../src/core/random.ts';
import { finish } from '../../../src/core/steps.ts';
import golden from '../../fixtures/task-metrics.json' with { type: 'json' };
import { expectWeightsToRepeat } from '../../support/weighted-figures.ts';

const pairOf = (truth: readonly string[], predicted: readonly string[]): MaskPair => ({
  width: truth[0]!.length,
  height: truth.length,
  truth: Uint8Array.from(truth.join(''), (sign) => (sign === '?' ? 255 : Number(sign))),
  predicted: Uint8Array.from(predicted.join(''), Number),
  spacing: null,
});

describe('a class in an image', () => {
  it("has scikit-learn's Dice and IoU, and the Hausdorff distance by scipy's exact transform", () => {
    for (const { spacing, truth, predicted, figures } of golden.masks) {
      const [row, column] = spacing as [number, number];
      const compared = compareMasks({ ...pairOf(truth, predicted), spacing: { row, column } }, 2);
      compared.forEach(({ dice, iou, hd95, outcome }, label) => {
        const expected = figures[label]!;
        expect(outcome).toBe('both');
        expect(dice).toBeCloseTo(expected.dice, 12);
        expect(iou).toBeCloseTo(expected.iou, 12);
        expect(hd95).toBeCloseTo(expected.hd95, 9);
      });
    }
    // The definition makes a difference here, so that pooling both directions would not pass.
    const both = golden.masks.flatMap(({ figures }) => figures);
    expect(both.some(({ hd95, pooledHd95 }) => Math.abs(hd95 - pooledHd95) > 0.1)).toBe(true);
  });

  it('counts pixels, and says missed, false or absent where a side is empty', () => {
    const [first, second, third, fourth] = compareMasks(
      pairOf(['1122', '1100', '0000'], ['1110', '0000', '0033']),
      4,
    );
    expect(first).toMatchObject({ outcome: 'both', truePositives: 2, falsePositives: 1, falseNegatives: 2 });
    expect(first!.dice).toBeCloseTo(4 / 7, 12);
    expect(second).toEqual({
      outcome: 'missed',
      ...{ truePositives: 0, falsePositives: 0, falseNegatives: 2 },
      ...{ dice: 0, iou: 0, hd95: null },
    });
    expect(third).toMatchObject({ outcome: 'false', dice: 0, iou: 0, hd95: null });
    expect(fourth).toMatchObject({ outcome: 'absent', dice: null, iou: null, hd95: null });
  });

  it('is not judged where the truth says so', () => {
    const [judged] = compareMasks(pairOf(['11??', '11??'], ['1111', '1111']), 1);
    expect(judged).toMatchObject({ dice: 1, hd95: 0, falsePositives: 0 });
    const [hidden] = compareMasks(pairOf(['??00', '??00'], ['1100', '1100']), 1);
    expect(hidden!.outcome).toBe('absent');
  });

  it('refuses a mask of another size', () => {
    const pair = pairOf(['11', '11'], ['11', '11']);
    expect(() => compareMasks({ ...pair, predicted: new Uint8Array(6) }, 1)).toThrow(
      'A mask of 6 pixels for a picture of 2 × 2',
    );
  });
});

const compared = (dice: number, hd95: number | null = 4): MaskComparison => ({
  outcome: 'both',
  ...{ truePositives: dice * 100, falsePositives: 100 * (1 - dice), falseNegatives: 100 * (1 - dice) },
  ...{ dice, iou: dice / (2 - dice), hd95 },
});
const empty = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
const absent: MaskComparison = { outcome: 'absent', ...empty, dice: null, iou: null, hd95: null };
const missed: MaskComparison = {
  ...{ outcome: 'missed', ...empty, falseNegatives: 50 },
  ...{ dice: 0, iou: 0, hd95: null },
};

const random = createRandom(4, 'masks');
const rows: MaskRow[] = Array.from({ length: 60 }, (_, index) => ({
  patient: `p${index % 20}`,
  unit: 'mm',
  comparisons: [
    index % 6 === 0 ? absent : compared(0.6 + random.uniform() * 0.3, 1 + random.uniform() * 9),
    index % 5 === 0 ? missed : compared(0.4 + random.uniform() * 0.3, 3 + random.uniform() * 9),
  ],
}));

const evaluate = (
  of: readonly MaskRow[],
  classes: readonly string[] = ['tumour', 'oedema'],
): MaskEvaluation => finish(evaluateMasksInSteps({ rows: of, classes, seed: 1, resamples: 500 }));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('metrics of a segmentation', () => {
  it('are means over images that have the class, pooled pixels, and the median distance', () => {
    const { metrics, perClass, outcomes } = evaluate(rows);
    const tumours = rows
      .map(({ comparisons }) => comparisons[0]!)
      .filter(({ outcome }) => outcome === 'both');
    const oedemas = rows.map(({ comparisons }) => comparisons[1]!);
    expect(outcomes).toEqual({
      tumour: { both: 50, missed: 0, false: 0, absent: 10 },
      oedema: { both: 48, missed: 12, false: 0, absent: 0 },
    });
    expect(perClass['tumour']!.dice.value).toBeCloseTo(mean(tumours.map(({ dice }) => dice!)), 12);
    // A missed one counts 0, an absent one not at all.
    expect(perClass['oedema']!.dice.value).toBeCloseTo(mean(oedemas.map(({ dice }) => dice!)), 12);
    const pixels = (name: 'truePositives' | 'falsePositives' | 'falseNegatives'): number =>
      oedemas.reduce((sum, one) => sum + one[name], 0);
    expect(perClass['oedema']!.globalDice.value).toBeCloseTo(
      (2 * pixels('truePositives')) /
        (2 * pixels('truePositives') + pixels('falsePositives') + pixels('falseNegatives')),
      12,
    );
    const distances = tumours.map(({ hd95 }) => hd95!).sort((a, b) => a - b);
    expect(perClass['tumour']!.hd95.value).toBeCloseTo((distances[24]! + distances[25]!) / 2, 12);
    expect(perClass['tumour']!.hd95Mean.value).toBeCloseTo(mean(distances), 12);
    expect(metrics.dice.value).toBeCloseTo(
      (perClass['tumour']!.dice.value! + perClass['oedema']!.dice.value!) / 2,
      12,
    );
    expect(metrics.dice.method).toBe('macro average; percentile bootstrap of 20 patients, 500 resamples');
    expect(perClass['tumour']!.hd95.method).toBe(
      'median over 50 images with both, mm; percentile bootstrap of 20 patients, 500 resamples',
    );
    for (const { value, low, high } of Object.values(perClass['oedema']!)) {
      expect(low!).toBeLessThan(value!);
      expect(high!).toBeGreaterThan(value!);
    }
  });

  it('of a resample are those of the images drawn', () => {
    expectWeightsToRepeat(rows.slice(0, 12), (of) =>
      maskFigures({ rows: of, classes: ['tumour', 'oedema'] }),
    );
  });

  it('say why there is none: a class in no image, never both, units that differ, one patient', () => {
    const nowhere = evaluate(rows.map((row) => ({ ...row, comparisons: [row.comparisons[0]!, absent] })));
    expect(nowhere.perClass['oedema']!.dice).toMatchObject({ value: null });
    expect(nowhere.perClass['oedema']!.dice.method).toContain(
      'not defined, no image has it drawn or predicted',
    );
    expect(nowhere.metrics.dice.value).toBe(nowhere.perClass['tumour']!.dice.value);
    expect(nowhere.metrics.dice.method).toContain('macro average over 1 of 2 classes');
    const never = evaluate(rows.map((row) => ({ ...row, comparisons: [row.comparisons[0]!, missed] })));
    expect(never.perClass['oedema']!.hd95.method).toContain('no image has it both drawn and predicted');
    expect(never.perClass['oedema']!.dice).toMatchObject({ value: 0, low: 0 });
    const mixed = evaluate(rows.map((row, index) => ({ ...row, unit: index === 3 ? 'px' : 'mm' })));
    expect(mixed.metrics.hd95.value).toBeNull();
    expect(mixed.metrics.hd95.method).toContain('millimetres and pixels cannot be put together');
    expect(mixed.metrics.dice.value).not.toBeNull();
    const one = evaluate(rows.map((row) => ({ ...row, patient: 'p' }))).metrics.dice;
    expect(one).toMatchObject({ low: null, high: null });
    expect(one.method).toBe('too few (n = 1); macro average; no interval, too few patients to resample');
    expect(one.value).toBeGreaterThan(0.4);
  });

  it('of one class are its own, without an average', () => {
    const { metrics, perClass } = evaluate(
      rows.map(({ comparisons, ...row }) => ({ ...row, comparisons: [comparisons[0]!] })),
      ['tumour'],
    );
    expect(metrics).toEqual(perClass['tumour']);
  });

  it('refuse no rows, and rows of another number of classes', () => {
    expect(() => evaluate([])).toThrow('There is no labelled image to evaluate on.');
    expect(() => evaluate(rows, ['tumour'])).toThrow('Row 0 does not fit 1 classes');
  });
});
