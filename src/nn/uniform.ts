import * as tf from '@tensorflow/tfjs-core';

import { streamKey, uniformFloats } from '../core/random.ts';
import { sizeOf } from './network.ts';

/**
 * Uniform numbers in [0, 1) of a named stream for the rows of a piece of a batch, as a tensor on the backend that is
 * set; the first length of the shape is the rows. A row's numbers depend on seed, step, stream and the row's place in
 * the batch, so a batch that is computed in pieces gets the same ones as a whole. Within a step a name stands for the
 * same numbers each time.
 */
export type DrawUniform = (stream: string, shape: readonly number[]) => tf.Tensor;

/** Blocks of four numbers that Philox draws for one row; what is left of the last one is not used. */
export function blocksOfRow([, ...row]: readonly number[]): number {
  return Math.ceil(sizeOf(row) / 4);
}

/**
 * Draws on the host. In the counter's low 64 bits stands the block, in the high ones the step, so that TensorFlow's
 * StatelessRandomUniformV2 with the stream's key and this counter draws the same numbers on a device.
 */
export function drawOnHost(seed: number, step: number, firstRow: number): DrawUniform {
  return (stream, shape) => {
    const [rows, ...row] = shape as [number, ...number[]];
    const [length, drawn] = [sizeOf(row), blocksOfRow(shape) * 4];
    const counter = [(firstRow * drawn) / 4, 0, step, 0] as const;
    const numbers = uniformFloats(streamKey(seed, stream), counter, rows * drawn);
    if (drawn === length) return tf.tensor(numbers, [...shape]);
    const used = new Float32Array(rows * length);
    for (let i = 0; i < rows; i++) used.set(numbers.subarray(i * drawn, i * drawn + length), i * length);
    return tf.tensor(used, [...shape]);
  };
}
