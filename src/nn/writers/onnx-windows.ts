import type { Layer } from '../network.ts';
import { type AttributeFields, type GraphTensor, ints } from './onnx-graph.ts';

/**
 * TensorFlow's `same` as explicit padding: output = ceil(length / stride), the odd pixel at the end.
 * Source: tensorflow.org/api_docs/python/tf/nn, "Notes on padding".
 */
export function samePadding(
  length: number,
  window: number,
  stride: number,
): readonly [begin: number, end: number] {
  const output = Math.ceil(length / stride);
  const total = Math.max(0, (output - 1) * stride + window - length);
  const begin = Math.floor(total / 2);
  return [begin, total - begin];
}

type WindowedLayer = Extract<Layer, { padding: 'valid' | 'same' }>;

/** What Conv and the pools are told of a window. */
export function windowAttributes(
  layer: WindowedLayer,
  window: readonly [number, number],
  input: GraphTensor,
): Record<string, AttributeFields> {
  const [top, bottom] = paddingAlong(layer, window, input, 0);
  const [left, right] = paddingAlong(layer, window, input, 1);
  return { kernel_shape: ints(window), strides: ints(layer.strides), pads: ints([top, left, bottom, right]) };
}

/** Height and width behind a window. */
export function windowedLengths(
  layer: WindowedLayer,
  window: readonly [number, number],
  input: GraphTensor,
): number[] {
  return ([0, 1] as const).map((axis) => {
    const [begin, end] = paddingAlong(layer, window, input, axis);
    return Math.floor((input.shape[axis]! + begin + end - window[axis]) / layer.strides[axis]) + 1;
  });
}

function paddingAlong(
  layer: WindowedLayer,
  window: readonly [number, number],
  input: GraphTensor,
  axis: 0 | 1,
): readonly [number, number] {
  return layer.padding === 'valid'
    ? [0, 0]
    : samePadding(input.shape[axis]!, window[axis], layer.strides[axis]);
}

/** The padding that makes of TensorFlow's `same` exactly stride times the size. */
export function transposedAttributes(
  { kernelSize, strides }: Extract<Layer, { kind: 'convTranspose2d' }>,
  { shape }: GraphTensor,
): Record<string, AttributeFields> {
  const along = (axis: 0 | 1): readonly [number, number] =>
    samePadding(shape[axis]! * strides[axis], kernelSize[axis], strides[axis]);
  const [[top, bottom], [left, right]] = [along(0), along(1)];
  const missing = ([0, 1] as const).map((axis) => Math.max(0, strides[axis] - kernelSize[axis]));
  return {
    kernel_shape: ints(kernelSize),
    strides: ints(strides),
    pads: ints([top, left, bottom, right]),
    output_padding: ints(missing),
  };
}
