import { describe, expect, it } from 'vitest';

import {
  chooseThresholds,
  evaluateLabelSetsInSteps,
  labelSetFigures,
  type LabelSetEvaluation,
} from '../../../src/core/label-set-metrics.ts';
import type { LabelSetInput, LabelSetRow } from '../../../src/core/label-set-values.ts';
import { chooseOperatingPoint } from '../../../src/core/operating-point.ts';
import { finish } from '../../../src/core/steps.ts';
import golden from '../../fixtures/task-metrics.json' with { type: 'json' };
import { expectWeightsToRepeat } from '../../support/weighted-figures.ts';

const { truth, probabilities, thresholds, figures, perClass } = golden.labelSets;
const classes = ['effusion', 'nodule', 'fracture', 'device'];

const rows = (patientOf = (index: number): string => `p${index}`): LabelSetRow[] =>
  truth.map((shown, index) => ({
    patient: patientOf(index),
    truth: shown,
    probabilities: probabilities[index]!,
  }));

const evaluate = (of: readonly LabelSetRow[], more: Partial<LabelSetInput> = {}): LabelSetEvaluation =>
  finish(evaluateLabelSetsInSteps({ rows: of, classes, thresholds, seed: 1, resamples: 500, ...more }));

describe('metrics of a multi-label task', () => {
  it("are scikit-learn's, overall and by class", () => {
    const evaluated = evaluate(rows());
    for (const [name, expected] of Object.entries(figures))
      expect(evaluated.metrics[name as keyof typeof figures].value, name).toBeCloseTo(expected, 10);
    for (const [name, expected] of Object.entries(perClass))
      for (const [label, className] of classes.entries())
        expect(
          evaluated.perClass[className]![name as keyof typeof perClass].value,
          `${className} ${name}`,
        ).toBeCloseTo(expected[label]!, 10);
  });

  it('have Wilson and DeLong intervals at one row a patient, a bootstrap of patients else', () => {
    const once = evaluate(rows());
    expect(once.perClass['nodule']!.sensitivity.method).toMatch(/^Wilson score interval, n = \d+$/);
    expect(once.perClass['nodule']!.auc.method).toMatch(/^DeLong on the logit scale, n = \d+ against \d+$/);
    expect(once.metrics.exactMatch.method).toBe('Wilson score interval, n = 80');
    expect(once.metrics.f1.method).toMatch(/^macro average; percentile bootstrap of 80 patients/);
    const shared = evaluate(rows((index) => `p${index % 40}`));
    expect(shared.perClass['nodule']!.sensitivity.method).toContain('percentile bootstrap of 40 patients');
    for (const { value, low, high } of Object.values(shared.metrics)) {
      expect(low!).toBeLessThanOrEqual(value!);
      expect(high!).toBeGreaterThanOrEqual(value!);
      expect(low!).toBeLessThan(high!);
    }
  });

  it('of a resample are those of the rows drawn, classes that it lacks included', () => {
    expectWeightsToRepeat(rows().slice(0, 14), (of) => labelSetFigures({ rows: of, classes, thresholds }));
  });

  it('are null with the reason for a class that no image shows or every image shows', () => {
    // `nodule` (1) nowhere, `device` (3) everywhere.
    const oneSided = rows().map((row) => ({
      ...row,
      truth: [...row.truth.filter((label) => label !== 1 && label !== 3), 3],
    }));
    const { metrics, perClass: of } = evaluate(oneSided);
    for (const name of ['auc', 'averagePrecision', 'sensitivity', 'f1'] as const) {
      expect(of['nodule']![name].value, name).toBeNull();
      expect(of['nodule']![name].method, name).toBe('too few (n = 0); not defined, no image shows it');
    }
    for (const name of ['auc', 'averagePrecision', 'specificity'] as const) {
      expect(of['device']![name].value, name).toBeNull();
      expect(of['device']![name].method, name).toBe('too few (n = 0); not defined, every image shows it');
    }
    expect(of['nodule']!.prevalence.value).toBe(0);
    expect(metrics.auc.value).toBeCloseTo((of['effusion']!.auc.value! + of['fracture']!.auc.value!) / 2, 12);
    expect(metrics.auc.method).toContain('macro average over 2 of 4 classes');
    expect(metrics.f1.method).toContain('macro average over 3 of 4 classes');
  });

  it('show an exact bound where every label is right', () => {
    const right = rows().map((row) => ({
      ...row,
      probabilities: classes.map((_, label) => (row.truth.includes(label) ? 1 : 0)),
    }));
    const { metrics } = evaluate(right);
    expect(metrics.exactMatch.high).toBe(1);
    expect(metrics.exactMatch.low!).toBeLessThan(1);
    expect(metrics.hammingLoss).toMatchObject({ value: 0, low: 0 });
    expect(metrics.hammingLoss.high!).toBeCloseTo(1 - 0.025 ** (1 / 80), 12);
    expect(metrics.auc.method).toContain('of the smallest class');
  });

  it("take each class's threshold from validation by the rule of two classes", () => {
    const chosen = chooseThresholds(rows(), classes);
    const one = chooseOperatingPoint(
      rows().map((row) => row.probabilities[2]!),
      rows().map((row) => row.truth.includes(2)),
    );
    expect(chosen[2]).toEqual(one);
    expect(new Set(chosen.map(({ threshold }) => threshold)).size).toBeGreaterThan(1);
    const scarce = rows().map((row) => ({ ...row, truth: row.truth.filter((label) => label !== 2) }));
    expect(chooseThresholds(scarce, classes)[2]).toMatchObject({ threshold: 0.5, chosen: false });
  });

  it('refuse thresholds and rows of another number of classes, and no rows', () => {
    expect(() => evaluate(rows(), { thresholds: [0.5] })).toThrow('1 thresholds for 4 classes');
    expect(() => evaluate([{ patient: 'p', truth: [4], probabilities: [0, 0, 0, 0] }])).toThrow(
      'Row 0 does not fit 4 classes',
    );
    expect(() => evaluate([])).toThrow('There is no labelled image to evaluate on.');
  });
});
