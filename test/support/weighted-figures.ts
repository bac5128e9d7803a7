import { expect } from 'vitest';

import { createRandom } from '../../src/core/random.ts';
import { estimatesOf, type WeightedFigures } from '../../src/core/resample.ts';

/**
 * Holds figures of weighted rows against those of rows that are there so many times: a resample must give what an
 * evaluation of the drawn rows would.
 */
export function expectWeightsToRepeat<Row>(
  rows: readonly Row[],
  figuresOf: (rows: readonly Row[]) => WeightedFigures,
): void {
  const random = createRandom(3, 'weights');
  const figures = figuresOf(rows);
  const values = new Float64Array(figures.names.length);
  for (let trial = 0; trial < 40; trial++) {
    const weights = Float64Array.from(rows, () => Math.floor(random.uniform() * 4));
    const repeated = rows.flatMap((row, index) => new Array<Row>(weights[index]!).fill(row));
    if (repeated.length === 0) continue;
    figures.write(weights, values);
    const expected = estimatesOf(figuresOf(repeated));
    figures.names.forEach((name, place) => {
      if (Number.isNaN(expected[place])) expect(values[place], name).toBeNaN();
      else expect(values[place], name).toBeCloseTo(expected[place]!, 9);
    });
  }
}
