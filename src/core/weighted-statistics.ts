import { ascending } from './calibration.ts';

/**
 * Statistics of rows as functions of how often each row counts (whole numbers), so that an estimate and its resamples
 * run through the same arithmetic. What takes sorting is sorted once. NaN: not defined.
 */
export type WeightedStatistic = (weights: Float64Array) => number;

const everyRow = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);

/** The mean. @param rows the row of each value, where not every row has one */
export function weightedMeanOf(
  values: ArrayLike<number>,
  rows: Int32Array = everyRow(values.length),
): WeightedStatistic {
  return (weights) => {
    let sum = 0;
    let total = 0;
    for (let place = 0; place < rows.length; place++) {
      const weight = weights[rows[place]!]!;
      sum += values[place]! * weight;
      total += weight;
    }
    return sum / total;
  };
}

/** The median; of an even number the mean of the middle two. @param rows as in `weightedMeanOf` */
export function weightedMedianOf(
  values: ArrayLike<number>,
  rows: Int32Array = everyRow(values.length),
): WeightedStatistic {
  const order = ascending(values);
  const sorted = Float64Array.from(order, (place) => values[place]!);
  const sortedRows = order.map((place) => rows[place]!);
  return (weights) => {
    let total = 0;
    for (let place = 0; place < sortedRows.length; place++) total += weights[sortedRows[place]!]!;
    let seen = 0;
    let lower = NaN;
    for (let place = 0; place < sortedRows.length; place++) {
      seen += weights[sortedRows[place]!]!;
      if (Number.isNaN(lower) && 2 * seen >= total && seen > 0) lower = sorted[place]!;
      if (2 * seen > total) return (lower + sorted[place]!) / 2;
    }
    return NaN;
  };
}

/** The mean squared distance from the mean; not defined where all values that count are equal. */
export function weightedVarianceOf(values: ArrayLike<number>): WeightedStatistic {
  const meanOf = weightedMeanOf(values);
  return (weights) => {
    if (isConstant(values, weights)) return NaN;
    const mean = meanOf(weights);
    let squares = 0;
    let total = 0;
    for (let row = 0; row < weights.length; row++) {
      squares += weights[row]! * (values[row]! - mean) ** 2;
      total += weights[row]!;
    }
    return squares / total;
  };
}

/** Pearson's correlation; not defined where either side is constant. */
export function pearsonOf(a: ArrayLike<number>, b: ArrayLike<number>): WeightedStatistic {
  return (weights) => {
    if (isConstant(a, weights) || isConstant(b, weights)) return NaN;
    let [total, sumA, sumB] = [0, 0, 0];
    for (let row = 0; row < weights.length; row++) {
      total += weights[row]!;
      sumA += weights[row]! * a[row]!;
      sumB += weights[row]! * b[row]!;
    }
    const [meanA, meanB] = [sumA / total, sumB / total];
    let [squaresA, squaresB, products] = [0, 0, 0];
    for (let row = 0; row < weights.length; row++) {
      const [fromA, fromB] = [a[row]! - meanA, b[row]! - meanB];
      squaresA += weights[row]! * fromA * fromA;
      squaresB += weights[row]! * fromB * fromB;
      products += weights[row]! * fromA * fromB;
    }
    return products / Math.sqrt(squaresA * squaresB);
  };
}

/** Spearman's correlation: Pearson's of ranks, equal values sharing their mean rank. */
export function spearmanOf(a: ArrayLike<number>, b: ArrayLike<number>): WeightedStatistic {
  const [orderA, orderB] = [ascending(a), ascending(b)];
  const [ranksA, ranksB] = [new Float64Array(a.length), new Float64Array(b.length)];
  const ofRanks = pearsonOf(ranksA, ranksB);
  return (weights) => {
    writeRanks(a, orderA, weights, ranksA);
    writeRanks(b, orderB, weights, ranksB);
    return ofRanks(weights);
  };
}

/** Whether all rows that count have one value. */
function isConstant(values: ArrayLike<number>, weights: Float64Array): boolean {
  let first = NaN;
  for (let row = 0; row < weights.length; row++) {
    if (weights[row] === 0) continue;
    if (Number.isNaN(first)) first = values[row]!;
    else if (values[row] !== first) return false;
  }
  return true;
}

function writeRanks(
  values: ArrayLike<number>,
  order: Int32Array,
  weights: Float64Array,
  ranks: Float64Array,
): void {
  let below = 0;
  for (let start = 0; start < order.length;) {
    const value = values[order[start]!]!;
    let end = start;
    let tied = 0;
    while (end < order.length && values[order[end]!] === value) tied += weights[order[end++]!]!;
    for (let place = start; place < end; place++) ranks[order[place]!] = below + (tied + 1) / 2;
    below += tied;
    start = end;
  }
}
