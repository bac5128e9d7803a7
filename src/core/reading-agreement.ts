import type { NumberDifference } from '../contract/round.ts';
import {
  cohen,
  fleissMeasure,
  intraclass,
  krippendorff,
  limitDeviations,
  limitsOfAgreement,
  type Readings,
  shareOfAgreed,
  type Weighted,
} from './agreement-measures.ts';
import { patientResampler } from './resample.ts';
import { exactBoundBelowOne, type Interval, quantileOfSorted } from './statistics.ts';
import type { Steps } from './steps.ts';

export type AgreementId =
  'percent' | 'within' | 'icc' | 'cohen' | 'cohenLinear' | 'cohenQuadratic' | 'fleiss' | 'krippendorff';

/** A measure of agreement with its 95 % interval; null where it is not defined. */
export interface AgreementMeasure {
  readonly id: AgreementId;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Units and patients that count: read by two of the readers at least. */
  readonly units: number;
  readonly patients: number;
  /** How value and interval were made, or why there is none. */
  readonly method: string;
}

const resamples = 2000;
const fewestPatients = 10;

/**
 * Agreement of two readers: the share of equal readings, and Cohen's kappa, weighted ones for ordered categories. Of
 * numbers the share within the tolerance, the intraclass correlation and Krippendorff's alpha.
 */
export function* pairAgreement(
  readings: Readings,
  first: number,
  second: number,
  seed: number,
): Steps<AgreementMeasure[]> {
  const a = readings.ratings[first]!;
  const b = readings.ratings[second]!;
  const counted = unitsWhere(readings, (unit) => a[unit] !== null && b[unit] !== null);
  const of = (id: AgreementId, measure: Weighted, method: string): Steps<AgreementMeasure> =>
    withInterval({ id, measure, method, seed, counted });
  const { tolerance = 0 } = readings;
  const agreed = shareOfAgreed(a, b, counted.units, tolerance);
  const share = yield* tolerance === 0
    ? of('percent', agreed, 'share of equal readings')
    : of('within', agreed, `share of readings at most ${tolerance} apart`);
  if (readings.scale === 'interval') {
    const alpha = krippendorff({ ...readings, ratings: [a, b] }, counted.units);
    return [
      share,
      yield* of('icc', intraclass([a, b], counted.units), iccMethod),
      yield* of('krippendorff', alpha, 'Krippendorff’s alpha, interval'),
    ];
  }
  const kappa = (weights: 'none' | 'linear' | 'quadratic'): Weighted =>
    cohen(a, b, counted.units, readings.categories, weights);
  const plain = yield* of('cohen', kappa('none'), 'Cohen’s kappa');
  if (readings.scale === 'nominal') return [share, plain];
  return [
    share,
    plain,
    yield* of('cohenLinear', kappa('linear'), 'Cohen’s kappa, linear weights'),
    yield* of('cohenQuadratic', kappa('quadratic'), 'Cohen’s kappa, quadratic weights'),
  ];
}

/**
 * Agreement of all readers: Krippendorff's alpha by the scale; Fleiss' kappa for categories where each unit that
 * counts was read by equally many; the intraclass correlation of numbers, over the units that all read.
 */
export function* groupAgreement(readings: Readings, seed: number): Steps<AgreementMeasure[]> {
  const counted = unitsWhere(readings, (unit) => timesRead(readings, unit) > 1);
  const alpha = yield* withInterval({
    id: 'krippendorff',
    measure: krippendorff(readings, counted.units),
    method: `Krippendorff’s alpha, ${readings.scale}`,
    ...{ seed, counted },
  });
  if (readings.scale === 'interval') {
    const { ratings } = readings;
    const byAll = unitsWhere(readings, (unit) => {
      const times = timesRead(readings, unit);
      return times > 1 && times === ratings.length;
    });
    const measure = intraclass(ratings, byAll.units);
    const method = `${iccMethod}, of what all ${ratings.length} read`;
    return [alpha, yield* withInterval({ id: 'icc', measure, method, seed, counted: byAll })];
  }
  const times = new Set([...counted.units].map((unit) => timesRead(readings, unit)));
  if (times.size !== 1) {
    const method = 'Fleiss’ kappa: not defined, it needs equally many readers a unit';
    const none = {
      value: null,
      low: null,
      high: null,
      units: counted.units.length,
      patients: counted.patients,
    };
    return [alpha, { id: 'fleiss', ...none, method }];
  }
  const fleiss = fleissMeasure(readings, counted.units);
  return [
    alpha,
    yield* withInterval({ id: 'fleiss', measure: fleiss, method: 'Fleiss’ kappa', seed, counted }),
  ];
}

interface Counted {
  units: Int32Array;
  /** The patient of each of these, renumbered without gaps. */
  patientOf: Int32Array;
  patients: number;
}

function unitsWhere({ patients }: Readings, counts: (unit: number) => boolean): Counted {
  const units = Int32Array.from([...patients.keys()].filter(counts));
  const numbers = new Map<number, number>();
  const patientOf = units.map((unit) => {
    const number = numbers.get(patients[unit]!) ?? numbers.size;
    numbers.set(patients[unit]!, number);
    return number;
  });
  return { units, patientOf, patients: numbers.size };
}

const timesRead = ({ ratings }: Readings, unit: number): number =>
  ratings.reduce((times, row) => times + (row[unit] === null || row[unit] === undefined ? 0 : 1), 0);

/** A percentile bootstrap that resamples patients, so that images of one patient are not taken for so many cases. */
function* withInterval({
  id,
  measure,
  method,
  seed,
  counted,
}: {
  id: AgreementId;
  measure: Weighted;
  method: string;
  seed: number;
  counted: Counted;
}): Steps<AgreementMeasure> {
  const { units, patients } = counted;
  const ends = { units: units.length, patients };
  const whole =
    units.length === 0 ? { value: NaN, chance: 0 } : measure(new Float64Array(units.length).fill(1));
  const { value } = whole;
  if (Number.isNaN(value)) {
    const why = whyUndefined(id, units.length);
    return { id, value: null, low: null, high: null, ...ends, method: `${method}: not defined, ${why}` };
  }
  if (patients < fewestPatients) {
    return {
      id,
      value,
      low: null,
      high: null,
      ...ends,
      method: `${method}; too few patients for an interval`,
    };
  }
  if (value === 1) {
    // A bootstrap of complete agreement shows no spread: the bound says how many patients could have differed.
    // By the margins observed, of a weighted kappa as far apart as these hold; of other measures of how far readings
    // lie apart as far as chance would have them.
    const low = Math.max(-1, (exactBoundBelowOne(patients) - whole.chance) / (1 - whole.chance));
    return {
      id,
      value,
      low,
      high: 1,
      ...ends,
      method: `${method}; exact bound for agreement on all ${patients} patients`,
    };
  }
  if ((id === 'percent' || id === 'within') && value === 0) {
    const high = 1 - exactBoundBelowOne(patients);
    return {
      id,
      value,
      low: 0,
      high,
      ...ends,
      method: `${method}; exact bound for disagreement on all ${patients} patients`,
    };
  }
  const [interval] = yield* resampledIntervals(counted, seed, (weights) => [measure(weights).value]);
  if (!interval) {
    return {
      id,
      value,
      low: null,
      high: null,
      ...ends,
      method: `${method}; no interval, most resamples are one category`,
    };
  }
  return { id, value, ...interval, ...ends, method: `${method}; ${bootstrapWords(patients)}` };
}

const bootstrapWords = (patients: number): string =>
  `percentile bootstrap of ${patients} patients, ${resamples} resamples`;

function whyUndefined(id: AgreementId, units: number): string {
  if (units === 0) return id === 'icc' ? 'no unit was read by all of them' : 'no unit was read twice';
  return id === 'icc' && units === 1 ? 'one unit is too few' : 'all readings are the same';
}

/** Percentile intervals of figures over resampled patients; null for one that few resamples define. */
function* resampledIntervals(
  { units, patientOf }: Counted,
  seed: number,
  figures: (weights: Float64Array) => readonly number[],
): Steps<(Interval | null)[]> {
  const resample = patientResampler(patientOf, seed);
  const weights = new Float64Array(units.length);
  const samples: number[][] = [];
  for (let round = 0; round < resamples; round += 1) {
    resample(weights);
    if (round % 50 === 0) yield;
    for (const [place, one] of figures(weights).entries()) {
      samples[place] ??= [];
      if (!Number.isNaN(one)) samples[place].push(one);
    }
  }
  return samples.map((sample) => {
    if (sample.length < resamples / 2) return null;
    const sorted = Float64Array.from(sample).sort();
    return { low: quantileOfSorted(sorted, 0.025), high: quantileOfSorted(sorted, 0.975) };
  });
}

/**
 * By how much two readers' numbers differ, second − first: the mean and its 95 % limits of agreement (Bland, Altman
 * 1986), each with an interval over patients; null where fewer than two units were read by both.
 */
export function* numberDifference(
  readings: Readings,
  first: number,
  second: number,
  seed: number,
): Steps<NumberDifference | null> {
  const a = readings.ratings[first]!;
  const b = readings.ratings[second]!;
  const counted = unitsWhere(readings, (unit) => a[unit] !== null && b[unit] !== null);
  const { units, patients } = counted;
  if (units.length < 2) return null;
  const differences = Float64Array.from(units, (unit) => b[unit]! - a[unit]!);
  const figures = limitsOfAgreement(differences);
  const values = figures(new Float64Array(units.length).fill(1));
  const isEnough = patients >= fewestPatients;
  const intervals = isEnough ? yield* resampledIntervals(counted, seed, figures) : [];
  const figure = (place: 0 | 1 | 2) => ({
    value: values[place],
    ...(intervals[place] ?? { low: null, high: null }),
  });
  const how = isEnough ? bootstrapWords(patients) : 'too few patients for an interval';
  return {
    ...{ mean: figure(0), lower: figure(1), upper: figure(2) },
    ...{ units: units.length, patients },
    method: `mean difference ± ${limitDeviations} standard deviations; ${how}`,
  };
}

const iccMethod = 'ICC(2,1), two-way random effects, absolute agreement, single readings';
