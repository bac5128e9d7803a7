import { describe, expect, it } from 'vitest';

import { auc, aucEstimate, aucInterval, compareAucs } from '../../../src/core/auc.ts';
import { expectedCalibrationError, reliabilityCurve } from '../../../src/core/calibration.ts';
import {
  clopperPearsonInterval,
  exactBoundBelowOne,
  holmAdjusted,
  mcNemarTest,
  quantileOfSorted,
  wilsonInterval,
} from '../../../src/core/statistics.ts';
import fixture from '../../fixtures/two-scores.json' with { type: 'json' };

const { y, s1, s2 } = fixture;
const sigmoid = s1.map((score) => 1 / (1 + Math.exp(-score)));
/** Six digits, as the fixture's figures were made. */
const rounded = sigmoid.map((probability) => Math.round(probability * 1e6) / 1e6);

describe('intervals of a proportion', () => {
  it('give the golden values of statsmodels for 45 of 50', () => {
    const wilson = wilsonInterval(45, 50);
    expect(wilson.low).toBeCloseTo(0.7863976856, 10);
    expect(wilson.high).toBeCloseTo(0.9565242351, 10);
    const exact = clopperPearsonInterval(45, 50);
    expect(exact.low).toBeCloseTo(0.7818646336, 10);
    expect(exact.high).toBeCloseTo(0.9667249064, 10);
  });

  it('end exactly at 0 and 1, never beyond, and never shrink to a point', () => {
    for (const trials of [1, 7, 50, 100_000]) {
      for (const interval of [wilsonInterval, clopperPearsonInterval]) {
        expect(interval(trials, trials).high).toBe(1);
        expect(interval(trials, trials).low).toBeLessThan(1);
        expect(interval(0, trials).low).toBe(0);
        expect(interval(0, trials).high).toBeGreaterThan(0);
      }
      expect(clopperPearsonInterval(trials, trials).low).toBeCloseTo(exactBoundBelowOne(trials), 12);
    }
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('stay right where the beta function needs many terms', () => {
    // scipy.stats.beta.ppf([.025, .975], [99000, 99001], [1001, 1000])
    const exact = clopperPearsonInterval(99_000, 100_000);
    expect(exact.low).toBeCloseTo(0.9893638884706457, 9);
    expect(exact.high).toBeCloseTo(0.9906074439109015, 9);
  });
});

describe('McNemar', () => {
  // scipy.stats.binomtest(k, n, .5).pvalue
  it.each([
    [5, 15, 0.04138946533203125],
    [15, 5, 0.04138946533203125],
    [0, 3, 0.25],
    [40, 60, 0.05688793364098089],
    [4, 4, 1],
    [0, 0, 1],
  ])('of %i against %i discordant cases', (first, second, p) => {
    expect(mcNemarTest(first, second).p).toBeCloseTo(p, 10);
  });
});

describe('quantileOfSorted', () => {
  it('interpolates as numpy does', () => {
    expect(quantileOfSorted([1, 2, 3, 4], 0.025)).toBeCloseTo(1.075, 12);
    expect(quantileOfSorted([7], 0.975)).toBe(7);
  });
});

describe('AUC', () => {
  it('gives the golden values and the DeLong test', () => {
    expect(auc(s1, y)).toBeCloseTo(0.712825, 6);
    expect(auc(s2, y)).toBeCloseTo(0.634275, 6);
    const test = compareAucs(s1, s2, y);
    expect(test.z).toBeCloseTo(-1.4419268117, 10);
    expect(test.p).toBeCloseTo(0.1493230215, 10);
    expect(test.low).toBeLessThan(test.difference);
    expect(compareAucs(s2, s1, y).z).toBeCloseTo(1.4419268117, 10);
  });

  it('gives the variances of a brute-force DeLong and Obuchowski over all pairs', () => {
    expect(aucEstimate(s1, y).variance).toBeCloseTo(0.0013797261861763683, 15);
    const patients = y.map((_, index) => Math.floor(index / 4));
    expect(aucEstimate(s1, y, patients).variance).toBeCloseTo(0.0014365773918636612, 15);
    const test = compareAucs(s1, s2, y, patients);
    const variance = 0.0014365773918636612 + 0.0017172690128465918 - 2 * 7.107869892198456e-5;
    expect(test.z).toBeCloseTo(test.difference / Math.sqrt(variance), 10);
  });

  it('does not gain certainty from copies of the same patients', () => {
    const twice = <T>(values: readonly T[]): T[] => [...values, ...values];
    const patients = twice(y.map((_, index) => index));
    const copied = aucEstimate(twice(s1), twice(y), patients);
    expect(copied.variance).toBeCloseTo(aucEstimate(s1, y).variance, 12);
    expect(aucEstimate(twice(s1), twice(y)).variance).toBeLessThan(0.6 * copied.variance);
  });

  it('counts ties one half and is NaN without one of the classes', () => {
    expect(auc([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
    expect(auc([0.2, 0.5, 0.5, 0.9], [0, 0, 1, 1])).toBe(0.875);
    expect(auc([1, 2], [1, 1])).toBeNaN();
    expect(auc([1, 2], [0, 0])).toBeNaN();
  });

  it('has a logit interval inside 0–1, and none where it would be a point', () => {
    const near = aucEstimate([0.1, 0.2, 0.3, 0.41, 0.4, 0.5, 0.6, 0.7], [0, 0, 0, 0, 1, 1, 1, 1]);
    const interval = aucInterval(near)!;
    expect(interval.low).toBeGreaterThan(0);
    expect(interval.high).toBeLessThan(1);
    expect(near.auc + 1.96 * Math.sqrt(near.variance)).toBeGreaterThan(1);
    expect(aucInterval(aucEstimate([1, 2, 3, 4], [0, 0, 1, 1]))).toBeNull();
    expect(aucInterval(aucEstimate([1, 1, 1, 1], [0, 0, 1, 1]))).toBeNull();
    expect(aucInterval(aucEstimate([1, 3, 2], [0, 0, 1]))).toBeNull();
  });

  it('equal scores compare as equal, not as NaN', () => {
    expect(compareAucs(s1, s1, y)).toMatchObject({ difference: 0, z: 0, p: 1 });
  });
});

describe('calibration', () => {
  // By numpy over the same bins.
  it('gives the equal-width and equal-mass errors', () => {
    expect(expectedCalibrationError(rounded, y, 'width')).toBeCloseTo(0.105065135, 9);
    expect(expectedCalibrationError(rounded, y, 'mass')).toBeCloseTo(0.094521555, 9);
  });

  it('does not depend on the order of rows where many probabilities are equal', () => {
    const probabilities = Array.from({ length: 90 }, (_, index) => (index % 3) / 2);
    const outcome = probabilities.map((_, index) => (index % 4 === 0 ? 1 : 0));
    const backwards = (values: readonly number[]): number[] => [...values].reverse();
    for (const binning of ['width', 'mass'] as const)
      expect(expectedCalibrationError(backwards(probabilities), backwards(outcome), binning)).toBeCloseTo(
        expectedCalibrationError(probabilities, outcome, binning),
        12,
      );
  });

  it('holds every row in one bin, 0 and 1 included, and flags thin bins', () => {
    const bins = reliabilityCurve(
      [0, 1, 1, ...new Array<number>(20).fill(0.5)],
      [0, 1, 1, ...new Array<number>(20).fill(1)],
      'width',
    );
    expect(bins.map(({ n, tooFew }) => [n, tooFew])).toEqual([
      [1, true],
      [20, false],
      [2, true],
    ]);
    expect(bins[1]).toMatchObject({ predicted: 0.5, observed: 1, high: 1 });
  });
});

describe("Holm's correction", () => {
  it('gives the golden values of statsmodels', () => {
    const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, place) => expect(adjusted[place]).toBeCloseTo(p, 12));
  });

  it('leaves one test as it is, never goes above 1, and does not count what was not tested', () => {
    expect(holmAdjusted([0.2])).toEqual([0.2]);
    expect(holmAdjusted([0.7, 0.9])).toEqual([1, 1]);
    expect(holmAdjusted([null, 0.02, null, 0.5])).toEqual([null, 0.04, null, 0.5]);
  });
});
