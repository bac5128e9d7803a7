import { patientResampler } from './resample.ts';
import { exactBoundBelowOne, quantileOfSorted } from './statistics.ts';
import type { Steps } from './steps.ts';

/** What readers said of units: categories from 0, or numbers. */
export interface Readings {
  /** One row a reader, one column a unit; null: not read, or skipped. */
  readonly ratings: readonly (readonly (number | null)[])[];
  /** The patient of each unit, numbered from 0 without gaps. */
  readonly patients: Int32Array;
  readonly scale: 'nominal' | 'ordinal' | 'interval';
  /** How many categories there are; not used for numbers. */
  readonly categories: number;
}

export type AgreementId = 'percent' | 'cohen' | 'cohenLinear' | 'cohenQuadratic' | 'fleiss' | 'krippendorff';

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

/**
 * A measure as a function of how often each unit counts. `value` is NaN where it is not defined, as where all chose one
 * category; `chance` is the agreement that it takes for chance, 0 for one that weighs how far readings lie apart.
 */
type Weighted = (weights: Float64Array) => { value: number; chance: number };

const resamples = 2000;
const fewestPatients = 10;

/** Agreement of two readers: the share of equal readings, and Cohen's kappa, weighted ones for ordered categories. */
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
  const share = yield* of('percent', shareOfEqual(a, b, counted.units), 'share of equal readings');
  if (readings.scale === 'interval') {
    const alpha = krippendorff({ ...readings, ratings: [a, b] }, counted.units);
    return [share, yield* of('krippendorff', alpha, 'Krippendorff’s alpha, interval')];
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
 * counts was read by equally many.
 */
export function* groupAgreement(readings: Readings, seed: number): Steps<AgreementMeasure[]> {
  const counted = unitsWhere(readings, (unit) => timesRead(readings, unit) > 1);
  const alpha = yield* withInterval({
    id: 'krippendorff',
    measure: krippendorff(readings, counted.units),
    method: `Krippendorff’s alpha, ${readings.scale}`,
    ...{ seed, counted },
  });
  if (readings.scale === 'interval') return [alpha];
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
  const { units, patientOf, patients } = counted;
  const ends = { units: units.length, patients };
  const whole =
    units.length === 0 ? { value: NaN, chance: 0 } : measure(new Float64Array(units.length).fill(1));
  const { value } = whole;
  if (Number.isNaN(value)) {
    const why = units.length === 0 ? 'no unit was read twice' : 'all readings are the same';
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
    // By the margins observed; where it matters how far readings lie apart, as far as chance would have them.
    const low = (exactBoundBelowOne(patients) - whole.chance) / (1 - whole.chance);
    return {
      id,
      value,
      low,
      high: 1,
      ...ends,
      method: `${method}; exact bound for agreement on all ${patients} patients`,
    };
  }
  if (id === 'percent' && value === 0) {
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
  const resample = patientResampler(patientOf, seed);
  const weights = new Float64Array(units.length);
  const sample: number[] = [];
  for (let round = 0; round < resamples; round += 1) {
    resample(weights);
    if (round % 50 === 0) yield;
    const one = measure(weights).value;
    if (!Number.isNaN(one)) sample.push(one);
  }
  if (sample.length < resamples / 2) {
    return {
      id,
      value,
      low: null,
      high: null,
      ...ends,
      method: `${method}; no interval, most resamples are one category`,
    };
  }
  const sorted = Float64Array.from(sample).sort();
  const how = `${method}; percentile bootstrap of ${patients} patients, ${resamples} resamples`;
  return {
    id,
    value,
    low: quantileOfSorted(sorted, 0.025),
    high: quantileOfSorted(sorted, 0.975),
    ...ends,
    method: how,
  };
}

function shareOfEqual(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  units: Int32Array,
): Weighted {
  const equal = Float64Array.from(units, (unit) => (a[unit] === b[unit] ? 1 : 0));
  return (weights) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < equal.length; i += 1) {
      sum += weights[i]! * equal[i]!;
      total += weights[i]!;
    }
    return { value: sum / total, chance: 0 };
  };
}

/** Cohen 1960, with weights 1968. */
function cohen(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  units: Int32Array,
  categories: number,
  kind: 'none' | 'linear' | 'quadratic',
): Weighted {
  const first = Int32Array.from(units, (unit) => a[unit]!);
  const second = Int32Array.from(units, (unit) => b[unit]!);
  const distance = (x: number, y: number): number =>
    kind === 'none' ? Number(x !== y) : kind === 'linear' ? Math.abs(x - y) : (x - y) ** 2;
  return (weights) => {
    const rows = new Float64Array(categories);
    const columns = new Float64Array(categories);
    let observed = 0;
    let total = 0;
    for (let i = 0; i < first.length; i += 1) {
      const weight = weights[i]!;
      rows[first[i]!]! += weight;
      columns[second[i]!]! += weight;
      observed += weight * distance(first[i]!, second[i]!);
      total += weight;
    }
    let expected = 0;
    for (let x = 0; x < categories; x += 1)
      for (let y = 0; y < categories; y += 1) expected += rows[x]! * columns[y]! * distance(x, y);
    expected /= total;
    return {
      value: expected > 0 ? 1 - observed / expected : NaN,
      chance: kind === 'none' ? 1 - expected / total : 0,
    };
  };
}

/** Fleiss 1971. */
function fleissMeasure({ ratings, categories }: Readings, units: Int32Array): Weighted {
  const counts = [...units].map((unit) => {
    const row = new Float64Array(categories);
    for (const reader of ratings) {
      const rating = reader[unit];
      if (rating !== null && rating !== undefined) row[rating]! += 1;
    }
    return row;
  });
  const readers = counts[0]?.reduce((sum, n) => sum + n, 0) ?? 0;
  const agreed = counts.map(
    (row) => row.reduce((sum, n) => sum + n * (n - 1), 0) / (readers * (readers - 1)),
  );
  return (weights) => {
    const shares = new Float64Array(categories);
    let observed = 0;
    let total = 0;
    for (const [i, row] of counts.entries()) {
      observed += weights[i]! * agreed[i]!;
      total += weights[i]!;
      for (let category = 0; category < categories; category += 1)
        shares[category]! += weights[i]! * row[category]!;
    }
    observed /= total;
    let expected = 0;
    for (const share of shares) expected += (share / (total * readers)) ** 2;
    return { value: expected < 1 ? (observed - expected) / (1 - expected) : NaN, chance: expected };
  };
}

/**
 * Krippendorff's alpha (2011), every unit's coincidences counted as often as its weight says. The ordinal metric takes
 * the marginals of the weighted units, as the definition does.
 */
function krippendorff({ ratings, scale }: Readings, units: Int32Array): Weighted {
  const values = [...new Set(ratings.flat().filter((value) => value !== null))].sort((x, y) => x - y);
  // Sums of squares of numbers that lie far from 0 would cancel each other.
  const middle = values.length === 0 ? 0 : (values[0]! + values.at(-1)!) / 2;
  const places = new Map(values.map((value, place) => [value, place]));
  const counts = [...units].map((unit) => {
    const row = new Map<number, number>();
    for (const reader of ratings) {
      const rating = reader[unit];
      if (rating === null || rating === undefined) continue;
      const place = places.get(rating)!;
      row.set(place, (row.get(place) ?? 0) + 1);
    }
    return [...row];
  });
  const read = counts.map((row) => row.reduce((sum, [, n]) => sum + n, 0));
  return (weights) => {
    const marginals = new Float64Array(values.length);
    let total = 0;
    for (const [i, row] of counts.entries())
      for (const [place, n] of row) {
        marginals[place]! += weights[i]! * n;
        total += weights[i]! * n;
      }
    const metric = metricOf(scale, values, marginals);
    let observed = 0;
    for (const [i, row] of counts.entries()) {
      let within = 0;
      for (const [x, n] of row) for (const [y, m] of row) within += n * m * metric(x, y);
      observed += (weights[i]! * within) / (read[i]! - 1);
    }
    let expected = 0;
    if (scale === 'interval') {
      // Σ Σ n m (x − y)² without going through all pairs.
      let first = 0;
      let second = 0;
      for (const [place, n] of marginals.entries()) {
        first += n * (values[place]! - middle);
        second += n * (values[place]! - middle) ** 2;
      }
      const isOne = marginals.filter((n) => n > 0).length < 2;
      expected = isOne ? 0 : 2 * (total * second - first ** 2);
    } else {
      for (const [x, n] of marginals.entries())
        for (const [y, m] of marginals.entries()) expected += n * m * metric(x, y);
    }
    return {
      value: expected > 0 ? 1 - ((total - 1) * observed) / expected : NaN,
      chance: scale === 'nominal' ? 1 - expected / (total * (total - 1)) : 0,
    };
  };
}

/** Squared distance of two values by their places (Krippendorff 2011, section on metric differences). */
function metricOf(
  scale: Readings['scale'],
  values: readonly number[],
  marginals: Float64Array,
): (x: number, y: number) => number {
  if (scale === 'nominal') return (x, y) => Number(x !== y);
  if (scale === 'interval') return (x, y) => (values[x]! - values[y]!) ** 2;
  const below = new Float64Array(marginals.length + 1);
  for (const [place, n] of marginals.entries()) below[place + 1] = below[place]! + n;
  return (x, y) => {
    const low = Math.min(x, y);
    const high = Math.max(x, y);
    const between = below[high + 1]! - below[low]!;
    return low === high ? 0 : (between - (marginals[low]! + marginals[high]!) / 2) ** 2;
  };
}
