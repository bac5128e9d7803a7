import { describe, expect, it } from 'vitest';

import { createRandom } from '../../../src/core/random.ts';
import { principalColours, principalComponents } from '../../../src/nn/principal-colours.ts';

const sourceOf = (pictures: readonly (readonly number[])[]) => ({
  count: pictures.length,
  read: async (positions: readonly number[]) => ({
    pixels: Uint8Array.from(positions.flatMap((position) => pictures[position]!)),
  }),
});

describe('principal components', () => {
  it('of a matrix whose eigenvectors are known', () => {
    // Eigenvalues 5, 3, 1 with (0, 0, 1), (1, 1, 0)/√2 and (1, −1, 0)/√2.
    const [first, second, third] = principalComponents([
      [2, 1, 0],
      [1, 2, 0],
      [0, 0, 5],
    ]);
    expect([...first!]).toEqual([0, 0, Math.fround(Math.sqrt(5))]);
    expect(second![0]).toBeCloseTo(Math.sqrt(1.5), 6);
    expect(second![1]).toBeCloseTo(Math.sqrt(1.5), 6);
    expect(Math.abs(third![0])).toBeCloseTo(Math.SQRT1_2, 6);
    expect(third![1]).toBeCloseTo(-third![0], 6);
  });

  it('of a full matrix are what LAPACK gives (numpy.linalg.eigh, signs by the largest number)', () => {
    const components = principalComponents([
      [0.06, 0.05, 0.04],
      [0.05, 0.07, 0.045],
      [0.04, 0.045, 0.08],
    ]);
    const expected = [
      [0.21438291, 0.2382105, 0.24011127],
      [-0.07810702, -0.08036954, 0.14947104],
      [0.08910252, -0.08244085, 0.00223321],
    ];
    components.forEach((component, i) =>
      component.forEach((value, channel) => expect(value).toBeCloseTo(expected[i]![channel]!, 6)),
    );
  });

  it('give the covariance back', () => {
    const random = createRandom(4, 'covariance');
    const factor = Array.from({ length: 3 }, () => [random.normal(), random.normal(), random.normal()]);
    const between = (i: number, j: number): number => factor.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
    const covariance = [0, 1, 2].map((i) => [between(i, 0), between(i, 1), between(i, 2)]) as Parameters<
      typeof principalComponents
    >[0];
    const components = principalComponents(covariance);
    for (const i of [0, 1, 2])
      for (const j of [0, 1, 2])
        expect(components.reduce((sum, component) => sum + component[i]! * component[j]!, 0)).toBeCloseTo(
          covariance[i]![j]!,
          5,
        );
  });
});

describe('principal colours of pictures', () => {
  it('of colours along one line are that line and its deviation', async () => {
    // Red and green swing together by ±51 (0.2 of white), blue stands still.
    const source = sourceOf([
      [51, 102, 7, 153, 204, 7],
      [153, 204, 7, 51, 102, 7],
    ]);
    const [first, second, third] = await principalColours(source, 1);
    expect(first![0]).toBeCloseTo(0.2, 6);
    expect(first![1]).toBeCloseTo(0.2, 6);
    expect(first![2]).toBeCloseTo(0, 6);
    for (const value of [...second!, ...third!]) expect(Math.abs(value)).toBeLessThan(1e-7);
  });

  it('are the same to the last bit whatever the batch and the order', async () => {
    const random = createRandom(2, 'colours');
    const pictures = Array.from({ length: 9 }, () => Array.from({ length: 48 }, () => random.integer(256)));
    const found = await principalColours(sourceOf(pictures), 4);
    expect(await principalColours(sourceOf(pictures), 9)).toEqual(found);
    expect(await principalColours(sourceOf([...pictures].reverse()), 2)).toEqual(found);
  });

  it('of one colour only are nought', async () => {
    const components = await principalColours(sourceOf([[10, 20, 30, 10, 20, 30]]), 8);
    for (const value of components.flat()) expect(Math.abs(value)).toBe(0);
  });
});
