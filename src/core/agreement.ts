/** How well readers agree, beyond chance. NaN where chance agreement is complete (only one category is used). */

export type KappaWeights = 'none' | 'linear' | 'quadratic';

/**
 * Cohen's kappa (1960) of two readers, weighted (1968) by distance for ordered categories.
 *
 * @param table square counts, rows the first reader, columns the second.
 */
export function cohenKappa(table: readonly (readonly number[])[], weights: KappaWeights = 'none'): number {
  const categories = table.length;
  const total = sum(table.map(sum));
  const rows = table.map(sum);
  const columns = table.map((_, column) => sum(table.map((row) => row[column]!)));
  let observed = 0;
  let expected = 0;
  for (let row = 0; row < categories; row++) {
    for (let column = 0; column < categories; column++) {
      const distance = Math.abs(row - column);
      const weight =
        weights === 'none' ? Math.min(1, distance) : weights === 'linear' ? distance : distance ** 2;
      observed += weight * table[row]![column]!;
      expected += (weight * rows[row]! * columns[column]!) / total;
    }
  }
  return expected === 0 ? NaN : 1 - observed / expected;
}

/** A table for `cohenKappa` from two readers' categories, numbered from 0. */
export function crossTable(
  first: readonly number[],
  second: readonly number[],
  categories: number,
): number[][] {
  const table = Array.from({ length: categories }, () => new Array<number>(categories).fill(0));
  first.forEach((category, index) => table[category]![second[index]!]!++);
  return table;
}

/**
 * Fleiss' kappa (1971).
 *
 * @param table one row a subject: how many readers chose each category; equally many readers in each row.
 */
export function fleissKappa(table: readonly (readonly number[])[]): number {
  const readers = sum(table[0] ?? []);
  if (table.some((row) => sum(row) !== readers))
    throw new RangeError('Fleiss’ kappa needs equally many readers a subject');
  const categories = table[0]?.length ?? 0;
  const shares = Array.from(
    { length: categories },
    (_, category) => sum(table.map((row) => row[category]!)) / (table.length * readers),
  );
  const expected = sum(shares.map((share) => share * share));
  const agreement =
    sum(table.map((row) => sum(row.map((count) => count * (count - 1))))) / (readers * (readers - 1));
  const observed = agreement / table.length;
  return expected === 1 ? NaN : (observed - expected) / (1 - expected);
}

/**
 * Krippendorff's alpha (2011 form, by the coincidence matrix); units with one value do not count.
 *
 * @param ratings one row a reader, one column a unit; null: not rated.
 * @param level `nominal`: equal or not; `interval`: squared difference.
 */
export function krippendorffAlpha(
  ratings: readonly (readonly (number | null)[])[],
  level: 'nominal' | 'interval',
): number {
  const distance =
    level === 'nominal'
      ? (a: number, b: number) => (a === b ? 0 : 1)
      : (a: number, b: number) => (a - b) ** 2;
  const units = Array.from({ length: Math.max(0, ...ratings.map((row) => row.length)) }, (_, unit) =>
    ratings.flatMap((row) => row[unit] ?? []),
  ).filter((values) => values.length > 1);
  const pairable = new Map<number, number>();
  let observed = 0;
  for (const values of units) {
    for (const value of values) pairable.set(value, (pairable.get(value) ?? 0) + 1);
    const disagreement = sum(values.map((a) => sum(values.map((b) => distance(a, b)))));
    observed += disagreement / (values.length - 1);
  }
  const total = sum([...pairable.values()]);
  const expected =
    sum(
      [...pairable].map(([a, timesA]) =>
        sum([...pairable].map(([b, timesB]) => timesA * timesB * distance(a, b))),
      ),
    ) /
    (total - 1);
  return expected > 0 ? 1 - observed / expected : NaN;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
