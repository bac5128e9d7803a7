import * as tf from '@tensorflow/tfjs-core';

import { hasOffset, type NetworkInput, normalisedPictures } from './augmentation/apply.ts';
import { inputName, type Layer, type Network } from './network.ts';
import {
  biasOfOffset,
  convolution,
  dense,
  flatten,
  maxPool,
  summedOverInputs,
  timesConstant,
} from './operations.ts';
import type { DrawUniform } from './uniform.ts';

/**
 * Interprets a network.
 *
 * @param input N × height × width × channels; one channel where the network has more: they are equal
 * @param weights tensors by weight name
 * @param uniform what dropout masks are drawn with; null for prediction, where dropout does nothing
 * @returns logits, N × classes: the head's softmax is left to the loss, which needs the logits to be stable
 */
export function forward(
  network: Network,
  weights: ReadonlyMap<string, tf.Tensor>,
  input: NetworkInput,
  uniform: DrawUniform | null,
): tf.Tensor2D {
  const values = new Map<string, tf.Tensor>();
  const head = network.layers[network.layers.length - 1];
  if (!head || head.kind !== 'dense' || head.activation !== 'softmax') {
    throw new Error(`Network ${network.id} does not end in a dense layer with softmax`);
  }
  // Layers before the first weight are no trainable function: nothing there needs a gradient.
  const trainable = new Set<string>();
  for (const layer of network.layers) {
    const inputGradient = trainable.has(layer.input);
    if (inputGradient || layer.kind === 'conv2d' || layer.kind === 'dense') trainable.add(layer.name);
    if (layer.kind === 'conv2d' && layer.input === inputName) {
      values.set(layer.name, pictureConvolution(layer, weights, input));
      continue;
    }
    if (layer.input === inputName && !values.has(inputName))
      values.set(inputName, repeated(normalisedPictures(input), network.inputShape[2]));
    values.set(layer.name, evaluate(layer, values.get(layer.input)!, weights, inputGradient, uniform));
  }
  return values.get(head.name) as tf.Tensor2D;
}

function evaluate(
  layer: Layer,
  x: tf.Tensor,
  weights: ReadonlyMap<string, tf.Tensor>,
  inputGradient: boolean,
  uniform: DrawUniform | null,
): tf.Tensor {
  switch (layer.kind) {
    case 'conv2d':
      return convolution(x as tf.Tensor4D, kernelOf(layer, weights) as tf.Tensor4D, biasOf(layer, weights), {
        strides: layer.strides,
        padding: layer.padding,
        relu: layer.activation === 'relu',
        inputGradient,
      });
    case 'dense':
      return dense(x as tf.Tensor2D, kernelOf(layer, weights) as tf.Tensor2D, biasOf(layer, weights), {
        relu: layer.activation === 'relu',
        inputGradient,
      });
    case 'maxPool2d':
      return maxPool(x as tf.Tensor4D, layer.poolSize, layer.strides, layer.padding);
    case 'flatten':
      return flatten(x);
    case 'dropout':
      if (uniform === null || layer.rate === 0) return x;
      return timesConstant(x, dropoutMask(uniform(`dropout/${layer.name}`, x.shape), layer.rate));
  }
}

type Convolution = Extract<Layer, { kind: 'conv2d' }>;

/**
 * The convolution that reads the pictures, which takes over what they lack: numbers of the kernel's size instead of
 * the batch's. Equal channels times a kernel are one of them times the kernel's sum; a scale is the kernel's; an offset
 * is the bias', where no padding has zeros that it would not apply to.
 */
function pictureConvolution(
  layer: Convolution,
  weights: ReadonlyMap<string, tf.Tensor>,
  input: NetworkInput,
): tf.Tensor4D {
  let kernel = kernelOf(layer, weights) as tf.Tensor4D;
  let bias = biasOf(layer, weights);
  if (input.pictures.shape[3] < kernel.shape[2]) kernel = summedOverInputs(kernel);
  const { pending } = input;
  const moved = pending !== null && hasOffset(pending);
  const joins = pending !== null && !(moved && layer.padding === 'same');
  if (joins) {
    if (moved) bias = biasOfOffset(bias, kernel, pending.offset);
    kernel = timesConstant(kernel, tf.tensor(pending.scale, [1, 1, pending.scale.length, 1])) as tf.Tensor4D;
  }
  return convolution(joins ? input.pictures : normalisedPictures(input), kernel, bias, {
    strides: layer.strides,
    padding: layer.padding,
    relu: layer.activation === 'relu',
    inputGradient: false,
  });
}

/** Pictures of one channel as those of `channels` equal ones. */
function repeated(pictures: tf.Tensor4D, channels: number): tf.Tensor4D {
  const times = channels / pictures.shape[3];
  return times === 1 ? pictures : tf.concat(new Array<tf.Tensor4D>(times).fill(pictures), 3);
}

/** Inverted dropout's mask: 1 / (1 − rate) where a uniform number reaches the rate, else 0. */
function dropoutMask(uniform: tf.Tensor, rate: number): tf.Tensor {
  return tf.mul(tf.cast(tf.greaterEqual(uniform, rate), 'float32'), 1 / (1 - rate));
}

function kernelOf(layer: Layer, weights: ReadonlyMap<string, tf.Tensor>): tf.Tensor {
  return tensorOf(`${layer.name}/kernel`, weights);
}

function biasOf(layer: Layer, weights: ReadonlyMap<string, tf.Tensor>): tf.Tensor1D {
  return tensorOf(`${layer.name}/bias`, weights) as tf.Tensor1D;
}

function tensorOf(name: string, weights: ReadonlyMap<string, tf.Tensor>): tf.Tensor {
  const tensor = weights.get(name);
  if (!tensor) throw new Error(`Weight ${name} is missing`);
  return tensor;
}
