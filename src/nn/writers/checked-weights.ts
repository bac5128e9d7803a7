import { type Network, type WeightSpec, weightSpecs } from '../network.ts';
import { type Weights, weightOf } from '../weights.ts';

/** One tensor of the weights with its values, still in the caller's memory. */
export interface CheckedWeight {
  readonly spec: WeightSpec;
  readonly values: Float32Array;
}

/**
 * A network's weights in declared order, each with as many values as its shape says. Nothing is copied.
 * @throws Error when a weight is missing or of another size: the two do not belong together
 */
export function checkedWeights(network: Network, weights: Weights): CheckedWeight[] {
  return weightSpecs(network).map((spec) => ({ spec, values: weightOf(weights, spec) }));
}
