import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

import { createRandom } from '../../../../src/core/random.ts';
import { forward } from '../../../../src/nn/forward.ts';
import { weightsToTensors } from '../../../../src/nn/eager-step.ts';
import {
  type Activation,
  inputName,
  inputsOf,
  type Layer,
  type Network,
  sizeOf,
  type WeightSpec,
  weightSpecs,
} from '../../../../src/nn/network.ts';
import { adaptiveWindow } from '../../../../src/nn/windows.ts';

/**
 * Seeded weights large enough that every layer matters in the answer: He-scaled kernels, all others off their start,
 * and running values as after training. With others the sums of a deep residual network end in ones and zeros.
 */
export function randomWeights(network: Network, seed: number): Map<string, Float32Array> {
  const weights = new Map(
    weightSpecs(network).map((spec) => {
      const random = createRandom(seed, spec.name);
      const draw = (): number => weightFrom(spec, random.normal());
      return [spec.name, Float32Array.from({ length: sizeOf(spec.shape) }, draw)];
    }),
  );
  return weightSpecs(network).some(({ role }) => role === 'movingMean')
    ? followed(network, weights)
    : weights;
}

function weightFrom({ role, fanIn }: WeightSpec, normal: number): number {
  if (role === 'kernel') return Math.sqrt(2 / fanIn) * normal;
  return (role === 'gamma' ? 1 : 0) + 0.1 * normal;
}

/** The weights with the running values of one batch. */
function followed(network: Network, weights: Map<string, Float32Array>): Map<string, Float32Array> {
  const rows = 8;
  void tf.setBackend('cpu');
  tf.tidy(() => {
    const pictures = tf.tensor4d(randomInputs(network, rows, 0), [rows, ...network.inputShape]);
    const statistics = new Map<string, tf.Tensor>();
    const uniform = (_name: string, shape: readonly number[]) => tf.ones([...shape]);
    const pass = { uniform, statistics, frozen: new Set<string>() };
    forward(network, weightsToTensors(network, weights), { pictures, pending: null }, pass);
    for (const [name, value] of statistics) weights.set(name, tf.add(value, 0.1).dataSync<'float32'>());
  });
  return weights;
}

/** n seeded pictures in about [-2, 2]. */
export function randomInputs(network: Network, n: number, seed: number): Float32Array {
  const random = createRandom(seed, 'inputs');
  return Float32Array.from({ length: n * sizeOf(network.inputShape) }, () => random.normal());
}

/** A network's answers by the product's own forward pass on the JavaScript backend: what every written file must repeat. */
export async function referenceProbabilities(
  network: Network,
  weights: ReadonlyMap<string, Float32Array>,
  inputs: Float32Array,
  n: number,
): Promise<Float32Array> {
  return onJavaScript(() => {
    const pictures = tf.tensor4d(inputs, [n, ...network.inputShape]);
    const logits = forward(network, weightsToTensors(network, weights), { pictures, pending: null }, null);
    return activated(logits, network.head.activation);
  });
}

/** The same by TensorFlow.js' plain operations, one for each layer: what the forward pass must repeat. */
export async function plainProbabilities(
  network: Network,
  weights: ReadonlyMap<string, Float32Array>,
  inputs: Float32Array,
  n: number,
): Promise<Float32Array> {
  return onJavaScript(() => {
    const tensors = weightsToTensors(network, weights);
    const values = new Map<string, tf.Tensor>([[inputName, tf.tensor(inputs, [n, ...network.inputShape])]]);
    let last = values.get(inputName)!;
    for (const layer of network.layers) {
      const of = inputsOf(layer).map((name) => values.get(name) as tf.Tensor4D);
      last = plain(layer, of, (part) => tensors.get(`${layer.name}/${part}`)!);
      if ('activation' in layer) last = activated(last, layer.activation);
      values.set(layer.name, last);
    }
    return last;
  });
}

async function onJavaScript(compute: () => tf.Tensor): Promise<Float32Array> {
  await tf.setBackend('cpu');
  const result = tf.tidy(compute);
  const values = await result.data<'float32'>();
  result.dispose();
  return values;
}

function activated(tensor: tf.Tensor, activation: Activation): tf.Tensor {
  return activation === 'linear' ? tensor : tf[activation](tensor);
}

function plain(layer: Layer, inputs: tf.Tensor4D[], weight: (part: string) => tf.Tensor): tf.Tensor {
  const x = inputs[0]!;
  const [n, height, width] = x.shape;
  switch (layer.kind) {
    case 'conv2d': {
      const parts = tf.split<tf.Tensor4D>(x, layer.groups, 3);
      const kernels = tf.split<tf.Tensor4D>(weight('kernel'), layer.groups, 3);
      const linear = tf.concat<tf.Tensor4D>(
        parts.map((part, at) => tf.conv2d(part, kernels[at]!, [...layer.strides], layer.padding)),
        3,
      );
      return layer.bias ? tf.add(linear, weight('bias')) : linear;
    }
    case 'convTranspose2d': {
      const shape = [n, height * layer.strides[0], width * layer.strides[1], layer.filters] as const;
      const kernel = weight('kernel') as tf.Tensor4D;
      return tf.add(tf.conv2dTranspose(x, kernel, [...shape], [...layer.strides], 'same'), weight('bias'));
    }
    case 'zeroPad2d': {
      const { top, bottom, left, right } = layer.padding;
      const around = [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ] as [number, number][];
      return tf.pad(x, around);
    }
    case 'maxPool2d':
      return tf.maxPool(x, [...layer.poolSize], [...layer.strides], layer.padding);
    case 'averagePool2d':
      return tf.avgPool(x, [...layer.poolSize], [...layer.strides], layer.padding);
    case 'globalAveragePool2d':
      return tf.mean(x, [1, 2]);
    case 'adaptiveAveragePool2d':
      return windowMeans(windowMeans(x, 1, layer.outputSize[0]), 2, layer.outputSize[1]);
    case 'upsample2d':
      return tf.image.resizeBilinear(x, [height * layer.factor, width * layer.factor], false, true);
    case 'batchNormalization':
      return tf.batchNorm(
        x,
        weight('moving_mean') as tf.Tensor1D,
        weight('moving_variance') as tf.Tensor1D,
        weight('beta') as tf.Tensor1D,
        weight('gamma') as tf.Tensor1D,
        layer.epsilon,
      );
    case 'localResponseNormalization':
      return tf.localResponseNormalization(x, layer.depthRadius, layer.bias, layer.alpha, layer.beta);
    case 'add':
      return tf.addN(inputs);
    case 'concat':
      return tf.concat(inputs, x.rank - 1);
    case 'flatten':
      return tf.reshape(x, [n, -1]);
    case 'dense':
      return tf.add(tf.matMul(x, weight('kernel')), weight('bias'));
    case 'dropout':
      return x;
  }
}

function windowMeans(x: tf.Tensor, axis: 1 | 2, outputs: number): tf.Tensor {
  const length = x.shape[axis]!;
  const means = Array.from({ length: outputs }, (_, i) => {
    const { from, to } = adaptiveWindow(length, outputs, i);
    const begin = x.shape.map((_length, at) => (at === axis ? from : 0));
    const size = x.shape.map((whole, at) => (at === axis ? to - from : whole));
    return tf.mean(tf.slice(x, begin, size), axis, true);
  });
  return tf.concat(means, axis);
}

/** Largest absolute difference of two equally long arrays. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let largest = 0;
  for (let index = 0; index < a.length; index++) largest = Math.max(largest, Math.abs(a[index]! - b[index]!));
  return largest;
}
