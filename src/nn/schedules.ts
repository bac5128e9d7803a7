import type { Recipe } from '../contract/recipe.ts';

/**
 * The learning rate of a step, a pure function of it. A warm-up multiplies the schedule by a line from zero to one:
 * Adam's first moments are rough, and a network without batch normalisation is easily lost at once.
 *
 * - `constant`: the base rate.
 * - `cosine`: base · (1 + cos(π · step / steps)) / 2 (Loshchilov and Hutter 2017, without restarts): large
 *   steps first, ever smaller ones at the end, which no constant rate gives.
 *
 * @param step from 0
 * @param length steps of the whole run and of one epoch
 */
export function learningRateAt(
  schedule: Recipe['schedule'],
  base: number,
  step: number,
  length: { readonly steps: number; readonly stepsPerEpoch: number },
): number {
  const warmupSteps = schedule.warmupEpochs * length.stepsPerEpoch;
  const warm = step < warmupSteps ? (step + 1) / (warmupSteps + 1) : 1;
  switch (schedule.id) {
    case 'constant':
      return base * warm;
    case 'cosine':
      return (base * warm * (1 + Math.cos((Math.PI * step) / length.steps))) / 2;
  }
}
