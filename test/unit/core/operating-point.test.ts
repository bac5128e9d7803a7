import { describe, expect, it } from 'vitest';

import { chooseOperatingPoint } from '../../../src/core/operating-point.ts';
import fixture from '../../fixtures/two-scores.json' with { type: 'json' };

describe('operating point', () => {
  it("is scikit-learn's best point, midway to the next score", () => {
    const { y, s1 } = fixture;
    const { threshold, chosen } = chooseOperatingPoint(s1, y.map(Boolean));
    expect(chosen).toBe(true);
    expect(threshold).toBeCloseTo((-0.12163392449781119 - 0.1523386358242358) / 2, 12);
    const shareAbove = (truth: number): number =>
      s1.filter((score, row) => y[row] === truth && score >= threshold).length /
      y.filter((value) => value === truth).length;
    expect(shareAbove(1)).toBeCloseTo(0.8288288288288288, 12);
    expect(1 - shareAbove(0)).toBeCloseTo(0.550561797752809, 12);
  });

  it("is the threshold with the largest Youden's J", () => {
    const positives = Array.from({ length: 24 }, (_, i) => i >= 12);
    const scores = positives.map((positive, i) => (positive ? 0.3 + i * 0.01 : 0.05 + i * 0.01));
    // 0.16 is the highest negative, 0.42 the lowest positive: their middle parts all.
    expect(chooseOperatingPoint(scores, positives).threshold).toBeCloseTo(0.29, 10);
  });

  it('takes of equally good thresholds the one nearest to a half', () => {
    // 0.25 costs one false positive, 0.6 one miss: J is the same.
    const positives = [...Array<boolean>(10).fill(false), ...Array<boolean>(10).fill(true), false, true];
    const scores = [...Array<number>(10).fill(0.2), ...Array<number>(10).fill(0.9), 0.3, 0.3];
    const equal = chooseOperatingPoint(scores, positives);
    expect(equal.threshold).toBeCloseTo(0.6, 10);
  });

  it('says of what validation holds too few', () => {
    const positives = Array.from({ length: 7 }, (_, i) => i < 6);
    const ruleOf = (level: 'image' | 'study' | 'patient'): string =>
      chooseOperatingPoint(Array<number>(7).fill(0.7), positives, level).rule;
    expect(ruleOf('image')).toBe(
      '0.5: validation holds 6 positive and 1 negative image, fewer than 10 of a class',
    );
    const more = chooseOperatingPoint(Array<number>(9).fill(0.7), [...positives, false, false], 'study');
    expect(more.rule).toContain('6 positive and 3 negative studies');
    expect(ruleOf('patient')).toContain('1 negative patient,');
  });

  it('never parts equal scores, and says when chance is not beaten', () => {
    const positives = Array.from({ length: 40 }, (_, i) => i % 2 === 0);
    const equal = chooseOperatingPoint(Array<number>(40).fill(0.7), positives);
    expect(equal).toEqual({
      threshold: 0.5,
      rule: '0.5: no threshold beats chance on validation',
      chosen: false,
    });
  });
});
