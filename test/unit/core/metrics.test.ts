import { describe, expect, it } from 'vitest';

import { ReadroomError } from '../../../src/contract/errors.ts';
import {
  type EvaluatedMetrics,
  type EvaluationInput,
  type PredictedRow,
  evaluateInSteps,
  evaluatePredictions,
  predictedClass,
} from '../../../src/core/metrics.ts';
import { createRandom } from '../../../src/core/random.ts';
import multi from '../../fixtures/multi-class.json' with { type: 'json' };
import two from '../../fixtures/two-scores.json' with { type: 'json' };

const binaryRows = (patientOf: (index: number) => string): PredictedRow[] =>
  two.y.map((truth, index) => {
    const positive = Math.round(1e6 / (1 + Math.exp(-two.s1[index]!))) / 1e6;
    return { patient: patientOf(index), truth, probabilities: [1 - positive, positive] };
  });
const ownPatient = (index: number): string => `p${index}`;

function evaluate(rows: readonly PredictedRow[], more: Partial<EvaluationInput> = {}): EvaluatedMetrics {
  return evaluatePredictions({
    rows,
    classes: ['normal', 'ill'],
    positive: null,
    threshold: null,
    seed: 1,
    ...more,
  });
}

describe('a binary evaluation at one row a patient', () => {
  const { confusion, metrics, perClass } = evaluate(binaryRows(ownPatient), { threshold: 0.6 });

  it("gives scikit-learn's figures at the threshold", () => {
    expect(confusion).toEqual([
      [61, 28],
      [43, 68],
    ]);
    const expected = {
      accuracy: 129 / 200,
      sensitivity: 68 / 111,
      specificity: 61 / 89,
      precision: 0.7083333333333334,
      npv: 61 / 104,
      f1: 0.6570048309178744,
      kappa: 0.2931103146156909,
      balancedAccuracy: 0.6490029355197895,
      auc: 0.7128251847352971,
      ece: 0.105065135,
      eceEqualMass: 0.094521555,
    };
    for (const [name, value] of Object.entries(expected)) expect(metrics[name]!.value).toBeCloseTo(value, 9);
    expect(perClass).toBeUndefined();
    expect(metrics['top5']).toBeUndefined();
  });

  it("gives the positive class's Brier score, golden", () => {
    const exact = two.y.map((truth, index) => {
      const positive = 1 / (1 + Math.exp(-two.s1[index]!));
      return { patient: ownPatient(index), truth, probabilities: [1 - positive, positive] };
    });
    expect(evaluate(exact, { resamples: 400 }).metrics['brier']!.value).toBeCloseTo(0.2137183027, 10);
  });

  it('uses Wilson for proportions, DeLong for the AUC, and holds each value inside its interval', () => {
    expect(metrics['sensitivity']).toMatchObject({ method: 'Wilson score interval, n = 111' });
    expect(metrics['auc']!.method).toBe('DeLong on the logit scale, n = 111 against 89');
    expect(metrics['auc']!.low).toBeCloseTo(0.6345, 3);
    for (const { value, low, high } of Object.values(metrics)) {
      expect(low!).toBeLessThan(high!);
      expect(low!).toBeLessThanOrEqual(value!);
      expect(high!).toBeGreaterThanOrEqual(value!);
    }
  });

  it('takes the most probable class without a threshold, and the other class as positive when told', () => {
    const atHalf = evaluate(binaryRows(ownPatient));
    expect(atHalf.metrics['accuracy']!.value).toBe(
      evaluate(binaryRows(ownPatient), { threshold: 0.5 }).metrics['accuracy']!.value,
    );
    const other = evaluate(binaryRows(ownPatient), { positive: 0 });
    expect(other.metrics['sensitivity']!.value).toBe(atHalf.metrics['specificity']!.value);
    expect(other.metrics['precision']!.value).toBe(atHalf.metrics['npv']!.value);
    expect(predictedClass([0.4, 0.6], 0, 0.4)).toBe(0);
    expect(predictedClass([0.5, 0.5], null, null)).toBe(0);
  });
});

describe('an evaluation with several rows of a patient', () => {
  it('resamples patients everywhere, so copies of a patient add no certainty', () => {
    const once = evaluate(binaryRows(ownPatient));
    const copied = evaluate([
      ...binaryRows(ownPatient),
      ...binaryRows(ownPatient),
      ...binaryRows(ownPatient),
    ]);
    for (const [name, { value, low, high, method }] of Object.entries(copied.metrics)) {
      expect(method).toContain('percentile bootstrap of 200 patients, 2000 resamples');
      expect(value).toBeCloseTo(once.metrics[name]!.value!, 9);
      const width = once.metrics[name]!.high! - once.metrics[name]!.low!;
      expect((high! - low!) / width).toBeGreaterThan(0.85);
      expect((high! - low!) / width).toBeLessThan(1.15);
    }
  });

  it('is the same for a seed and another for another', () => {
    const rows = binaryRows((index) => `p${index % 60}`);
    expect(evaluate(rows)).toEqual(evaluate(rows));
    expect(evaluate(rows, { seed: 2 }).metrics['auc']!.low).not.toBe(evaluate(rows).metrics['auc']!.low);
  });

  it('covers the truth about as often as it says', () => {
    // Patients of three films with a shared effect: an interval over films would be far too narrow.
    const random = createRandom(5, 'coverage');
    let covered = 0;
    const trials = 120;
    for (let trial = 0; trial < trials; trial++) {
      const rows = Array.from({ length: 60 }, (_, patient) => {
        const easy = random.uniform() < 0.7;
        return Array.from({ length: 3 }, () => {
          const right = random.uniform() < (easy ? 1 : 0.2);
          return {
            patient: `p${patient}`,
            truth: patient % 2,
            probabilities: right === (patient % 2 === 1) ? [0.2, 0.8] : [0.8, 0.2],
          };
        });
      }).flat();
      const { low, high } = evaluate(rows, { resamples: 400, seed: trial }).metrics['accuracy']!;
      if (low! <= 0.76 && high! >= 0.76) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.88);
  });
});

describe('a perfect or hopeless evaluation', () => {
  const rows = (films: number, right = true): PredictedRow[] =>
    Array.from({ length: 40 * films }, (_, index) => {
      const truth = index % 40 < 15 ? 1 : 0;
      const said = right ? truth : 1 - truth;
      return { patient: `p${index % 40}`, truth, probabilities: said ? [0, 1] : [1, 0] };
    });

  it.each([1, 2])('never shows an interval of one point, with %i films a patient', (films) => {
    const { metrics } = evaluate(rows(films));
    for (const [name, { value, low, high }] of Object.entries(metrics)) {
      const perfect = ['brier', 'ece', 'eceEqualMass'].includes(name) ? 0 : 1;
      expect(value).toBe(perfect);
      expect(high! - low!).toBeGreaterThan(0.02);
    }
    expect(metrics['auc']!.low).toBeCloseTo(0.025 ** (1 / 15), 12);
    expect(metrics['auc']!.method).toBe('exact bound for success of all 15 patients of the smallest class');
    expect(metrics['auc']!.high).toBe(1);
  });

  it('gives the mirror image at 0', () => {
    const { metrics } = evaluate(rows(2, false));
    expect(metrics['auc']).toMatchObject({ value: 0, low: 0 });
    expect(metrics['auc']!.high).toBeCloseTo(1 - 0.025 ** (1 / 15), 12);
    expect(metrics['sensitivity']!.high).toBeGreaterThan(0.1);
  });
});

describe('an evaluation of few cases', () => {
  const rows = (positives: number): PredictedRow[] =>
    Array.from({ length: 30 }, (_, index) => ({
      patient: `p${index}`,
      truth: index < positives ? 1 : 0,
      probabilities:
        index % 3 === 0 ? [0.3 - index / 1000, 0.7 + index / 1000] : [0.8 - index / 1000, 0.2 + index / 1000],
    }));

  it('says too few under ten and keeps the value', () => {
    const { metrics } = evaluate(rows(7));
    expect(metrics['sensitivity']!.value).toBeCloseTo(3 / 7, 12);
    expect(metrics['sensitivity']!.method).toBe('too few (n = 7); Wilson score interval, n = 7');
    expect(metrics['auc']!.method).toContain('too few (n = 7)');
    expect(metrics['specificity']!.method).not.toContain('too few');
  });

  it('has no value where there is no case, and no interval from a single one', () => {
    const none = evaluate(rows(0)).metrics;
    for (const name of ['sensitivity', 'auc'])
      expect(none[name]).toEqual({
        value: null,
        low: null,
        high: null,
        method: 'too few (n = 0); not defined, no case',
      });
    expect(none['balancedAccuracy']!.value).toBe(none['specificity']!.value);
    expect(evaluate(rows(1)).metrics['auc']).toMatchObject({ low: null, high: null });
    const oneEach: PredictedRow[] = [0, 1].map((truth) => ({
      patient: `p${truth}`,
      truth,
      probabilities: [1 - truth, truth],
    }));
    expect(evaluate(oneEach).metrics['auc']!.method).toMatch(/exact bound for success of the one patient/);
    expect(evaluate(rows(5), { threshold: 2 }).metrics['precision']!.value).toBeNull();
  });

  it('refuses to evaluate on nothing', () => {
    expect(() => evaluate([])).toThrow(ReadroomError);
    expect(() => evaluate([{ patient: 'p', truth: 2, probabilities: [0, 1] }])).toThrow(RangeError);
  });
});

describe('a multi-class evaluation', () => {
  const rowsOf = (table: { truth: number[]; probabilities: number[][] }): PredictedRow[] =>
    table.truth.map((truth, index) => ({
      patient: ownPatient(index),
      truth,
      probabilities: table.probabilities[index]!,
    }));

  it.each(['three', 'eight'] as const)("gives scikit-learn's figures for %s classes", (name) => {
    const table = multi[name];
    const classes = table.confusion.map((_, label) => `class ${label}`);
    const result = evaluate(rowsOf(table), { classes, resamples: 400 });
    expect(result.confusion).toEqual(table.confusion);
    for (const [metric, value] of Object.entries(table.metrics))
      expect(result.metrics[metric]!.value).toBeCloseTo(value, 12);
    expect('top5' in result.metrics).toBe(name === 'eight');
    table.perClass.forEach((expected, label) => {
      for (const [metric, value] of Object.entries(expected))
        expect(result.perClass![`class ${label}`]![metric]!.value).toBeCloseTo(value, 12);
    });
    expect(result.metrics['accuracy']!.method).toContain('Wilson');
    expect(result.metrics['auc']!.method).toContain('macro average; percentile bootstrap');
    expect(result.perClass!['class 0']!['auc']!.method).toContain('DeLong');
  });

  it('counts a class that is never predicted as 0 in precision, and leaves out one without cases', () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({
      patient: ownPatient(index),
      truth: index % 3,
      probabilities: index % 2 ? [0.6, 0.3, 0.1, 0] : [0.3, 0.6, 0.1, 0],
    }));
    const { metrics, perClass } = evaluate(rows, { classes: ['a', 'b', 'c', 'd'], resamples: 400 });
    const [a, b] = [perClass!['a']!['precision']!.value!, perClass!['b']!['precision']!.value!];
    expect(metrics['precision']!.value).toBeCloseTo((a + b) / 3, 12);
    expect(metrics['precision']!.method).toContain('over 3 of 4 classes');
    expect(perClass!['c']!['precision']!.value).toBeNull();
    expect(metrics['sensitivity']!.method).toContain('over 3 of 4 classes');
  });

  it('keeps class names that collide with object members', () => {
    const rows = rowsOf(multi.three);
    const { perClass } = evaluate(rows, {
      classes: ['__proto__', 'constructor', 'toString'],
      resamples: 400,
    });
    expect(Object.keys(perClass!)).toEqual(['__proto__', 'constructor', 'toString']);
  });
});

describe('evaluateInSteps', () => {
  it('pauses on the way and ends with the same figures', () => {
    const rows = Array.from({ length: 20 }, () => binaryRows(ownPatient)).flat();
    const input: EvaluationInput = { rows, classes: ['a', 'b'], positive: null, threshold: null, seed: 1 };
    const work = evaluateInSteps(input);
    let pauses = 0;
    let step = work.next();
    for (; !step.done; step = work.next()) pauses++;
    expect(pauses).toBeGreaterThan(2);
    expect(step.value).toEqual(evaluatePredictions(input));
  });
});
