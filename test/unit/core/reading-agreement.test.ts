import { describe, expect, it } from 'vitest';

import * as agreement from '../../../src/core/reading-agreement.ts';
import type { Readings } from '../../../src/core/reading-agreement.ts';
import { finish } from '../../../src/core/steps.ts';

const pairAgreement = (...of: Parameters<typeof agreement.pairAgreement>) =>
  finish(agreement.pairAgreement(...of));
const groupAgreement = (...of: Parameters<typeof agreement.groupAgreement>) =>
  finish(agreement.groupAgreement(...of));

const each = (count: number): Int32Array => Int32Array.from({ length: count }, (_, unit) => unit);
const value = (measures: readonly { id: string; value: number | null }[], id: string): number | null =>
  measures.find((measure) => measure.id === id)!.value;

/** Golden values of scikit-learn, statsmodels and krippendorff. */
describe('agreement of readings', () => {
  const a = [0, 0, 1, 1, 2, 2, 0, 1, 2, 0];
  const b = [0, 1, 1, 1, 2, 0, 0, 1, 2, 0];
  const pair: Readings = { ratings: [a, b], patients: each(10), scale: 'ordinal', categories: 3 };

  it("gives Cohen's golden values, plain and weighted", () => {
    const measures = pairAgreement(pair, 0, 1, 1);
    expect(value(measures, 'percent')).toBe(0.8);
    expect(value(measures, 'cohen')).toBeCloseTo(0.696969697, 9);
    expect(value(measures, 'cohenLinear')).toBeCloseTo(0.6511627907, 10);
    expect(value(measures, 'cohenQuadratic')).toBeCloseTo(0.6031746032, 10);
  });

  it("gives Fleiss' own table its kappa", () => {
    const table = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    const columns = table.map((row) => row.flatMap((n, category) => new Array<number>(n).fill(category)));
    const ratings = Array.from({ length: 14 }, (_, reader) => columns.map((column) => column[reader]!));
    const measures = groupAgreement({ ratings, patients: each(10), scale: 'nominal', categories: 5 }, 1);
    expect(value(measures, 'fleiss')).toBeCloseTo(0.2099307044, 10);
  });

  const textbook = [
    [null, null, null, null, null, 3, 4, 1, 2, 1, 1, 3, 3, null, 3],
    [1, null, 2, 1, 3, 3, 4, 3, null, null, null, null, null, null, null],
    [null, null, 2, 1, 3, 4, 4, null, 2, 1, 1, 3, 3, null, 4],
  ];
  const krippendorff = (scale: Readings['scale']): number | null => {
    const readings = { ratings: textbook, patients: each(15), scale, categories: 5 };
    return value(groupAgreement(readings, 1), 'krippendorff');
  };

  it("gives Krippendorff's textbook table its alphas", () => {
    expect(krippendorff('nominal')).toBeCloseTo(0.6913580247, 10);
    expect(krippendorff('interval')).toBeCloseTo(0.8108448928, 10);
    expect(krippendorff('ordinal')).toBeCloseTo(0.8067, 3);
  });

  it('says why Fleiss’ kappa is not defined where readers read unequally often', () => {
    const measures = groupAgreement(
      { ratings: textbook, patients: each(15), scale: 'nominal', categories: 5 },
      1,
    );
    expect(measures.find(({ id }) => id === 'fleiss')).toMatchObject({
      value: null,
      method: expect.stringContaining('equally many readers') as string,
    });
  });

  it('resamples patients: the interval of 20 patients with 5 like units each is that of 20 units', () => {
    const first = Array.from({ length: 20 }, (_, unit) => unit % 3);
    const second = first.map((category, unit) => (unit % 4 === 0 ? (category + 1) % 3 : category));
    const scale = 'nominal' as const;
    const once = pairAgreement(
      { ratings: [first, second], patients: each(20), scale, categories: 3 },
      0,
      1,
      7,
    );
    const fiveTimes = (row: number[]): number[] =>
      row.flatMap((category) => [category, category, category, category, category]);
    const patients = Int32Array.from({ length: 100 }, (_, unit) => Math.floor(unit / 5));
    const repeated = pairAgreement(
      { ratings: [fiveTimes(first), fiveTimes(second)], patients, scale, categories: 3 },
      0,
      1,
      7,
    );
    const [, kappa] = once;
    const [, clustered] = repeated;
    expect(kappa!.low).toBeLessThan(kappa!.value!);
    expect(kappa!.high).toBeGreaterThan(kappa!.value!);
    expect(clustered!.value).toBeCloseTo(kappa!.value!, 10);
    expect(clustered!.low).toBeCloseTo(kappa!.low!, 10);
    expect(clustered!.high).toBeCloseTo(kappa!.high!, 10);
    expect(clustered!).toMatchObject({ units: 100, patients: 20 });
  });

  it('never prints 1 to 1', () => {
    const row = Array.from({ length: 30 }, (_, unit) => unit % 2);
    const readings = { ratings: [row, row], patients: each(30), scale: 'nominal' as const, categories: 2 };
    const [share, kappa] = pairAgreement(readings, 0, 1, 1);
    expect(share!.low).toBeCloseTo(0.025 ** (1 / 30), 10);
    expect(kappa!.low).toBeCloseTo((0.025 ** (1 / 30) - 0.5) / 0.5, 10);
    expect(kappa!.high).toBe(1);
  });

  it('has no value where all readings are one category, and none where nothing was read twice', () => {
    const ones = new Array<number>(12).fill(1);
    const same = { ratings: [ones, ones], patients: each(12), scale: 'nominal' as const, categories: 2 };
    expect(value(pairAgreement(same, 0, 1, 1), 'cohen')).toBeNull();
    const apart = { ...same, ratings: [ones, new Array<null>(12).fill(null)] };
    expect(pairAgreement(apart, 0, 1, 1).map((measure) => measure.value)).toEqual([null, null]);
    expect(groupAgreement(apart, 1)[0]!.value).toBeNull();
  });

  it('gives no interval to fewer than ten patients', () => {
    const readings = { ...pair, patients: Int32Array.from([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]) };
    for (const measure of pairAgreement(readings, 0, 1, 1)) {
      expect(measure).toMatchObject({ low: null, high: null, patients: 5 });
      expect(measure.method).toContain('too few patients');
    }
  });

  it('is the same for numbers wherever they lie, and not defined where all are one', () => {
    const scale = 'interval' as const;
    const rows = [
      Array.from({ length: 20 }, (_, unit) => unit % 4),
      Array.from({ length: 20 }, (_, unit) => (unit % 4) + (unit % 3 === 0 ? 0.5 : 0)),
    ];
    const alpha = (add: number): number => {
      const ratings = rows.map((row) => row.map((rating) => rating + add));
      return value(groupAgreement({ ratings, patients: each(20), scale, categories: 0 }, 1), 'krippendorff')!;
    };
    expect(alpha(1e8)).toBeCloseTo(alpha(0), 6);
    for (const one of [0.1, 7, 120.3]) {
      const ratings = [new Array<number>(20).fill(one), new Array<number>(20).fill(one)];
      expect(
        value(groupAgreement({ ratings, patients: each(20), scale, categories: 0 }, 1), 'krippendorff'),
      ).toBeNull();
    }
  });

  it('never prints 0 to 0', () => {
    const first = Array.from({ length: 20 }, () => 0);
    const second = Array.from({ length: 20 }, () => 1);
    const readings = {
      ratings: [first, second],
      patients: each(20),
      scale: 'nominal' as const,
      categories: 2,
    };
    const [share] = pairAgreement(readings, 0, 1, 1);
    expect(share).toMatchObject({ value: 0, low: 0 });
    expect(share!.high).toBeCloseTo(1 - 0.025 ** (1 / 20), 10);
  });
});
