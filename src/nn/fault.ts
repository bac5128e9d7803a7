import type { ResolvedRecipe } from '../contract/recipe.ts';
import { batchPositions, epochOrder, type RowSource, stepsPerEpoch } from './batches.ts';

/** Where a number that is not finite was found first. */
export interface NonFinite {
  /** `state`: in a weight or an optimiser's slot, after the step. */
  readonly foundIn: 'loss' | 'gradient' | 'state' | 'validationLoss';
  /** From 1. */
  readonly epoch: number;
  /** The step that gave it, or the last one before it was found; from 1 within the epoch. */
  readonly step: number;
  /** Of that step's batch. */
  readonly imageIds: readonly string[];
  /** In force at that step. */
  readonly learningRate: number;
  /** NaN when a gradient was not a number; null when loss and gradient were finite. */
  readonly maxGradient: number | null;
}

/**
 * Names what a step, counted from 0 over the whole run, was made of: the order of its epoch is worked out again.
 */
export function faultAt(
  step: number,
  found: Pick<NonFinite, 'foundIn' | 'learningRate' | 'maxGradient'>,
  recipe: ResolvedRecipe,
  source: RowSource,
): NonFinite {
  const steps = stepsPerEpoch(source.count, recipe.batchSize);
  const [epoch, index] = [Math.floor(step / steps), step % steps];
  const positions = batchPositions(epochOrder(recipe, epoch, source), recipe.batchSize, index);
  return {
    ...found,
    epoch: epoch + 1,
    step: index + 1,
    imageIds: positions.map((position) => source.imageId(position)),
  };
}
