import type { Recipe } from '../contract/recipe.ts';

/**
 * The learning rate of a step, a pure function of it.
 *
 * - `constant`: the base rate.
 * - `cosine`: base · (1 + cos(π · step / steps)) / 2 (Loshchilov and Hutter 2017, without restarts): large
 *   steps first, ever smaller ones at the end, which no constant rate gives.
 *
 * @param step from 0
 * @param steps of the whole run
 */
export function learningRateAt(
  schedule: Recipe['schedule']['id'],
  base: number,
  step: number,
  steps: number,
): number {
  switch (schedule) {
    case 'constant':
      return base;
    case 'cosine':
      return (base * (1 + Math.cos((Math.PI * step) / steps))) / 2;
  }
}
