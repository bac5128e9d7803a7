import type { EpochRecord } from '../contract/events.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import { standstills } from './monitor.ts';

type RateRecipe = Pick<ResolvedRecipe, 'schedule' | 'optimizer' | 'epochs' | 'earlyStopping'>;

/**
 * The learning rate of a step: a pure function of recipe, step and history, so that a resumed run meets the same one.
 *
 * - `constant`: the base rate.
 * - `cosine`: base · (1 + cos(π · step / steps)) / 2 (Loshchilov and Hutter 2017, without restarts): large
 *   steps first, ever smaller ones at the end, which no constant rate gives.
 * - `step`: base · dropFactor^k in the k-th stretch, from 0, of `dropEpochs` epochs (Krizhevsky 2012 dropped to a
 *   tenth, by hand).
 * - `plateau`: base · dropFactor^k after k standstills of the watched value; a rate holds for whole epochs.
 * - `oneCycle`: see there; it has a rise of its own, so that no warm-up is added.
 *
 * @param step from 0, over the whole run
 * @param stepsPerEpoch at least 1
 * @param history the epochs that are over at this step
 */
export function learningRateAt(
  { schedule, optimizer, epochs, earlyStopping }: RateRecipe,
  step: number,
  stepsPerEpoch: number,
  history: readonly EpochRecord[],
): number {
  const base = optimizer.learningRate;
  const steps = epochs * stepsPerEpoch;
  const warm = warmUp(schedule.warmupEpochs * stepsPerEpoch, step);
  switch (schedule.id) {
    case 'constant':
      return base * warm;
    case 'cosine':
      return (base * warm * (1 + Math.cos((Math.PI * step) / steps))) / 2;
    case 'step':
      return base * warm * schedule.dropFactor ** Math.floor(step / (schedule.dropEpochs * stepsPerEpoch));
    case 'plateau':
      return (
        base * warm * schedule.dropFactor ** standstills(history, schedule.dropEpochs, earlyStopping.monitor)
      );
    case 'oneCycle':
      return oneCycle(base, step, steps);
  }
}

/**
 * The factor of the first steps, a line from zero to one: Adam's first moments are rough, and a network without
 * batch normalisation is easily lost at once.
 */
function warmUp(warmupSteps: number, step: number): number {
  return step < warmupSteps ? (step + 1) / (warmupSteps + 1) : 1;
}

const riseShare = 0.3;
const peakOverFirst = 25;
const peakOverLast = 1e4;

/**
 * One cycle (Smith 2018, arXiv:1803.09820) with the two cosines that PyTorch's OneCycleLR has: over the first
 * 30 % of the steps from peak/25 up to the peak, then down to peak/10⁴ at the last step. Momentum stays as it is.
 */
function oneCycle(peak: number, step: number, steps: number): number {
  const top = Math.max(0, riseShare * steps - 1);
  if (step < top) return cosineBetween(peak / peakOverFirst, peak, step / top);
  const fall = steps - 1 - top;
  return cosineBetween(peak, peak / peakOverLast, fall > 0 ? (step - top) / fall : 0);
}

/** From `from` at 0 to `to` at 1 along half a cosine. */
function cosineBetween(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
}
