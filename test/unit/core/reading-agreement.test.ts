import { describe, expect, it } from 'vitest';

import * as agreement from '../../../src/core/reading-agreement.ts';
import { isWithin, type Readings } from '../../../src/core/agreement-measures.ts';
import { finish } from '../../../src/core/steps.ts';

const pairAgreement = (...of: Parameters<typeof agreement.pairAgreement>) =>
  finish(agreement.pairAgreement(...of));
const groupAgreement = (...of: Parameters<typeof agreement.groupAgreement>) =>
  finish(agreement.groupAgreement(...of));

const numberDifference = (...of: Parameters<typeof agreement.numberDifference>) =>
  finish(agreement.numberDifference(...of));

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

  it('bounds weighted kappas of two categories like the plain one', () => {
    const row = Array.from({ length: 12 }, (_, unit) => unit % 2);
    const readings = { ratings: [row, row], patients: each(12), scale: 'ordinal' as const, categories: 2 };
    const kappas = pairAgreement(readings, 0, 1, 1).filter(({ id }) => id.startsWith('cohen'));
    expect(kappas).toHaveLength(3);
    for (const { low } of kappas) expect(low).toBeCloseTo((0.025 ** (1 / 12) - 0.5) / 0.5, 10);
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

describe('agreement of numbers', () => {
  const scale = 'interval' as const;
  /** Shrout and Fleiss 1979, table 2: six targets, four judges. */
  const judges = [
    [9, 6, 8, 7, 10, 6],
    [2, 1, 4, 1, 5, 2],
    [5, 3, 6, 2, 6, 4],
    [8, 2, 8, 6, 9, 7],
  ];

  it('gives the judges of Shrout and Fleiss their ICC(2,1)', () => {
    const measures = groupAgreement({ ratings: judges, patients: each(6), scale, categories: 0 }, 1);
    // Printed as .29; the digits are pingouin's.
    expect(value(measures, 'icc')).toBeCloseTo(0.289764, 6);
    const far = judges.map((row) => row.map((rating) => rating + 1e8));
    expect(
      value(groupAgreement({ ratings: far, patients: each(6), scale, categories: 0 }, 1), 'icc'),
    ).toBeCloseTo(0.289764, 6);
  });

  it('takes the ICC of a group over what all read, and says so where nothing was', () => {
    const more = judges.map((row, reader) => [...row, reader === 2 ? null : 3]);
    const measures = groupAgreement({ ratings: more, patients: each(7), scale, categories: 0 }, 1);
    expect(measures.find(({ id }) => id === 'icc')).toMatchObject({
      units: 6,
      method: expect.stringMatching(/all 4 read/) as string,
    });
    expect(value(measures, 'icc')).toBeCloseTo(0.289764, 6);
    const shares = [
      [1, 2, null, null],
      [1, null, 3, null],
      [null, 2, 3, null],
    ];
    const apart = groupAgreement({ ratings: shares, patients: each(4), scale, categories: 0 }, 1);
    expect(apart.find(({ id }) => id === 'icc')).toMatchObject({
      value: null,
      method: expect.stringMatching(/not defined, no unit was read by all/) as string,
    });
  });

  it('is 1 for equal numbers, with the bound of complete agreement, and not defined where all are one', () => {
    const row = Array.from({ length: 20 }, (_, unit) => 0.1 + unit / 3);
    const readings = { ratings: [row, row, row], patients: each(20), scale, categories: 0 };
    const icc = groupAgreement(readings, 1).find(({ id }) => id === 'icc')!;
    expect(icc).toMatchObject({ value: 1, high: 1 });
    expect(icc.low).toBeCloseTo(0.025 ** (1 / 20), 10);
    const same = new Array<number>(20).fill(0.1);
    expect(value(groupAgreement({ ...readings, ratings: [same, same, same] }, 1), 'icc')).toBeNull();
  });

  /** Bland and Altman 1986, table 1: first measurements with the large and the mini peak flow meter, l/min. */
  const large = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427];
  const mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451];
  const flows = { ratings: [mini, large], patients: each(17), scale, categories: 0 };

  it('gives the peak flow meters of Bland and Altman their limits, with intervals over patients', () => {
    const found = numberDifference(flows, 0, 1, 1)!;
    // Printed: mean −2.1, standard deviation 38.8.
    expect(found.mean.value).toBeCloseTo(-2.1176, 4);
    expect((found.upper.value - found.lower.value) / (2 * 1.96)).toBeCloseTo(38.7651, 4);
    // Printed 95 % intervals by Student's t: −22.0 to 17.8, −114.3 to −45.1 and 40.9 to 110.1; a percentile bootstrap
    // of 17 is narrower, above all for the limits.
    expect(found.mean.low).toBeGreaterThan(-24);
    expect(found.mean.low).toBeLessThan(-16);
    expect(found.mean.high).toBeGreaterThan(12);
    expect(found.mean.high).toBeLessThan(20);
    expect(found.lower.low).toBeLessThan(found.lower.value);
    expect(found.upper.high).toBeGreaterThan(found.upper.value);
    expect(found).toMatchObject({ units: 17, patients: 17 });
  });

  it('has limits without intervals for few patients, and none for one image', () => {
    const few = numberDifference({ ...flows, patients: each(17).map((unit) => unit % 5) }, 0, 1, 1)!;
    expect(few.mean).toMatchObject({ low: null, high: null });
    expect(few.method).toContain('too few patients');
    const one = { ...flows, ratings: [mini, [494, ...new Array<null>(16).fill(null)]] };
    expect(numberDifference(one, 0, 1, 1)).toBeNull();
  });

  it('counts readings within the tolerance as agreed, whatever their last binary digit', () => {
    const ratings = [
      [1, 1, 1, 5],
      [1.3, 1.31, 1, 5.3],
    ];
    const readings = { ratings, patients: each(4), scale, categories: 0 };
    expect(value(pairAgreement(readings, 0, 1, 1), 'percent')).toBe(0.25);
    expect(value(pairAgreement({ ...readings, tolerance: 0.3 }, 0, 1, 1), 'within')).toBe(0.75);
    expect(isWithin(1, 1.3, 0.3)).toBe(true);
    expect(isWithin(1, 1.3000001, 0.3)).toBe(false);
    expect(isWithin(0.1 + 0.2, 0.3, 0)).toBe(false);
  });
});
