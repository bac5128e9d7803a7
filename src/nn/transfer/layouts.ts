import type { Layer, WeightSpec } from '../network.ts';
import type { Convention } from '../readers/weight-file.ts';

/** What a tensor of a network is called in a file's layer. */
export function partIn(convention: Convention, { role }: Pick<WeightSpec, 'role'>): string {
  return convention === 'torch' ? torchParts[role] : ownParts[role];
}

const torchParts = {
  kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  movingMean: 'running_mean',
  movingVariance: 'running_var',
} as const;

const ownParts = {
  kernel: 'kernel',
  bias: 'bias',
  gamma: 'gamma',
  beta: 'beta',
  movingMean: 'moving_mean',
  movingVariance: 'moving_variance',
} as const;

/** The shape that a file has for a tensor of ours. */
export function shapeIn(
  convention: Convention,
  layer: Layer,
  { role, shape }: WeightSpec,
): readonly number[] {
  if (convention !== 'torch' || role !== 'kernel') return shape;
  if (layer.kind === 'dense') return [shape[1]!, shape[0]!];
  return kernelOrder(layer).map((axis) => shape[axis]!);
}

/**
 * A file's kernel in our layout.
 *
 * @param shape of the values in the file
 * @param flattened height, width and channels that were flattened for a dense layer; PyTorch flattens channels first
 */
export function toOwnLayout(
  convention: Convention,
  layer: Layer,
  values: Float32Array,
  shape: readonly number[],
  flattened: readonly [number, number, number] | null,
): Float32Array {
  if (convention !== 'torch') return values;
  if (layer.kind !== 'dense') {
    const order = kernelOrder(layer);
    return permuted(
      values,
      shape,
      [0, 1, 2, 3].map((axis) => order.indexOf(axis)),
    );
  }
  const [outputs, inputs] = shape as [number, number];
  const [height, width, channels] = flattened ?? [1, 1, inputs];
  return permuted(values, [outputs, channels, height, width], [2, 3, 1, 0]);
}

/** For each axis of PyTorch's kernel the axis of ours: O-I-H-W of H-W-I-O; transposed I-O-H-W of H-W-O-I. */
function kernelOrder(layer: Layer): readonly number[] {
  return layer.kind === 'conv2d' || layer.kind === 'convTranspose2d' ? [3, 2, 0, 1] : [0];
}

/** Row-major values with their axes in another order: axis i of the result is axis order[i] of the values. */
function permuted(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  if (shape.length !== 4) return values;
  const strides = [shape[1]! * shape[2]! * shape[3]!, shape[2]! * shape[3]!, shape[3]!, 1];
  const [a, b, c, d] = order.map((axis) => shape[axis]!) as [number, number, number, number];
  const [sa, sb, sc, sd] = order.map((axis) => strides[axis]!) as [number, number, number, number];
  const result = new Float32Array(values.length);
  let to = 0;
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++) {
        const from = i * sa + j * sb + k * sc;
        for (let l = 0; l < d; l++) result[to++] = values[from + l * sd]!;
      }
  return result;
}

/** A kernel for one channel from one for several: over equal channels it gives the same. H-W-I-O. */
export function summedChannels(kernel: Float32Array, channels: number, filters: number): Float32Array {
  const places = kernel.length / (channels * filters);
  const sums = new Float32Array(places * filters);
  for (let place = 0; place < places; place++)
    for (let filter = 0; filter < filters; filter++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++)
        sum += kernel[(place * channels + channel) * filters + filter]!;
      sums[place * filters + filter] = sum;
    }
  return sums;
}

/** A kernel for several channels from one for one: over equal channels it gives the same. H-W-I-O. */
export function spreadChannels(kernel: Float32Array, channels: number, filters: number): Float32Array {
  const places = kernel.length / filters;
  const spread = new Float32Array(places * channels * filters);
  for (let place = 0; place < places; place++)
    for (let channel = 0; channel < channels; channel++)
      for (let filter = 0; filter < filters; filter++)
        spread[(place * channels + channel) * filters + filter] =
          kernel[place * filters + filter]! / channels;
  return spread;
}
