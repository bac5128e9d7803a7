/** What readers said of units: categories from 0, or numbers. */
export interface Readings {
  /** One row a reader, one column a unit; null: not read, or skipped. */
  readonly ratings: readonly (readonly (number | null)[])[];
  /** The patient of each unit, numbered from 0 without gaps. */
  readonly patients: Int32Array;
  readonly scale: 'nominal' | 'ordinal' | 'interval';
  /** How many categories there are; not used for numbers. */
  readonly categories: number;
  /** Of numbers: those that lie no further apart agree; 0 when absent. */
  readonly tolerance?: number;
}

/** Whether numbers agree: they lie at most `tolerance` apart. That 1.3 − 1.0 is no double 0.3 does not count. */
export function isWithin(low: number, high: number, tolerance: number): boolean {
  const rounding = 4 * Number.EPSILON * Math.max(Math.abs(low), Math.abs(high));
  return high === low || (tolerance > 0 && high - low <= tolerance + rounding);
}

/**
 * A measure as a function of how often each unit counts. `value` is NaN where it is not defined, as where all chose one
 * category; `chance` is the agreement that it takes for chance: of a weighted kappa 1 − the mean distance over the furthest
 * that the margins hold (Cohen 1968); 0 for other measures that weigh how far readings lie apart.
 */
export type Weighted = (weights: Float64Array) => { value: number; chance: number };

/** Shrout, Fleiss 1979: ICC(2,1) of units that each of these readers read. */
export function intraclass(ratings: Readings['ratings'], units: Int32Array): Weighted {
  const readers = ratings.length;
  const rows = Array.from(units, (unit) => Float64Array.from(ratings, (row) => row[unit]!));
  // Means of numbers that lie far from 0 would lose their last digits.
  const middle = rows[0]?.[0] ?? 0;
  for (const row of rows) for (const reader of row.keys()) row[reader]! -= middle;
  const means = rows.map((row) => row.reduce((sum, rating) => sum + rating, 0) / readers);
  const isApart = rows.some((row) => row.some((rating) => rating !== row[0]));
  return (weights) => {
    const ofReaders = new Float64Array(readers);
    let total = 0;
    for (let i = 0; i < rows.length; i += 1) {
      total += weights[i]!;
      for (let reader = 0; reader < readers; reader += 1)
        ofReaders[reader]! += weights[i]! * rows[i]![reader]!;
    }
    for (let reader = 0; reader < readers; reader += 1) ofReaders[reader]! /= total;
    const grand = ofReaders.reduce((sum, mean) => sum + mean, 0) / readers;
    let [between, residual] = [0, 0];
    for (let i = 0; i < rows.length; i += 1) {
      between += weights[i]! * (means[i]! - grand) ** 2;
      for (let reader = 0; reader < readers; reader += 1)
        residual += weights[i]! * (rows[i]![reader]! - means[i]! - ofReaders[reader]! + grand) ** 2;
    }
    const ofUnits = (readers * between) / (total - 1);
    const error = residual / ((total - 1) * (readers - 1));
    const columns = ofReaders.reduce((sum, mean) => sum + (mean - grand) ** 2, 0);
    const ofColumns = (total * columns) / (readers - 1);
    const whole = ofUnits + (readers - 1) * error + (readers * (ofColumns - error)) / total;
    // Rounding leaves a residual of equal readings.
    const value = isApart ? (ofUnits - error) / whole : 1;
    return { value: whole > 0 ? value : NaN, chance: 0 };
  };
}

/** The share of units on which two readers say the same, or numbers at most `tolerance` apart. */
export function shareOfAgreed(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  units: Int32Array,
  tolerance: number,
): Weighted {
  const equal = Float64Array.from(units, (unit) =>
    isWithin(Math.min(a[unit]!, b[unit]!), Math.max(a[unit]!, b[unit]!), tolerance) ? 1 : 0,
  );
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
export function cohen(
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
    let furthest = 0;
    for (let x = 0; x < categories; x += 1) {
      for (let y = 0; y < categories; y += 1) {
        const pairs = rows[x]! * columns[y]!;
        expected += pairs * distance(x, y);
        if (pairs > 0) furthest = Math.max(furthest, distance(x, y));
      }
    }
    expected /= total;
    return {
      value: expected > 0 ? 1 - observed / expected : NaN,
      chance: furthest > 0 ? 1 - expected / total / furthest : 1,
    };
  };
}

/** How many standard deviations of differences lie between their mean and a limit of agreement. */
export const limitDeviations = 1.96;

/** Mean of differences and its 95 % limits of agreement (Bland, Altman 1986), by how often each counts. */
export function limitsOfAgreement(
  differences: Float64Array,
): (weights: Float64Array) => [mean: number, lower: number, upper: number] {
  return (weights) => {
    let [total, sum, squares] = [0, 0, 0];
    for (let i = 0; i < differences.length; i += 1) {
      total += weights[i]!;
      sum += weights[i]! * differences[i]!;
    }
    const mean = sum / total;
    for (let i = 0; i < differences.length; i += 1) squares += weights[i]! * (differences[i]! - mean) ** 2;
    const reach = limitDeviations * Math.sqrt(squares / (total - 1));
    return [mean, mean - reach, mean + reach];
  };
}

/** Fleiss 1971. */
export function fleissMeasure({ ratings, categories }: Readings, units: Int32Array): Weighted {
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
export function krippendorff({ ratings, scale }: Readings, units: Int32Array): Weighted {
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
