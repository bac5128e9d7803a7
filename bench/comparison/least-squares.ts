/**
 * Coefficients, none below zero, with which the features of each row come nearest to its value: least squares of the
 * relative error, one coefficient after the other until none moves (Franc, Hlaváč and Navara 2005).
 */
export function nonNegativeFit(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const scales = rows[0]!.map((_, column) => Math.max(...rows.map((row) => Math.abs(row[column]!))) || 1);
  const scaled = rows.map((row, index) => row.map((x, column) => x / scales[column]! / values[index]!));
  const coefficients = scales.map(() => 0);
  const residuals = values.map(() => 1);
  for (let round = 0; round < 100_000; round++) {
    let largestMove = 0;
    for (const [column, before] of coefficients.entries()) {
      const norm = scaled.reduce((sum, row) => sum + row[column]! ** 2, 0);
      if (norm === 0) continue;
      const slope = scaled.reduce((sum, row, index) => sum + row[column]! * residuals[index]!, 0);
      const after = Math.max(0, before + slope / norm);
      coefficients[column] = after;
      scaled.forEach((row, index) => (residuals[index]! -= (after - before) * row[column]!));
      largestMove = Math.max(largestMove, Math.abs(after - before));
    }
    if (largestMove < 1e-10) break;
  }
  return coefficients.map((coefficient, column) => coefficient / scales[column]!);
}
