import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

import { createRandom } from '../../../../src/core/random.ts';
import { type Network, inputName, sizeOf, weightSpecs } from '../../../../src/nn/network.ts';

/** Seeded weights large enough that every layer matters in the answer: He-scaled kernels, biases off zero. */
export function randomWeights(network: Network, seed: number): Map<string, Float32Array> {
  return new Map(
    weightSpecs(network).map(({ name, shape, role, fanIn }) => {
      const random = createRandom(seed, name);
      const deviation = role === 'kernel' ? Math.sqrt(2 / fanIn) : 0.1;
      return [name, Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal())];
    }),
  );
}

/** n seeded pictures in about [-2, 2]. */
export function randomInputs(network: Network, n: number, seed: number): Float32Array {
  const random = createRandom(seed, 'inputs');
  return Float32Array.from({ length: n * sizeOf(network.inputShape) }, () => random.normal());
}

/** Probabilities by TensorFlow.js' plain operations on its JavaScript backend: what every written file must repeat. */
export async function referenceProbabilities(
  network: Network,
  weights: ReadonlyMap<string, Float32Array>,
  inputs: Float32Array,
  n: number,
): Promise<Float32Array> {
  await tf.setBackend('cpu');
  const shapes = new Map(weightSpecs(network).map(({ name, shape }) => [name, shape]));
  const weight = (name: string): tf.Tensor => tf.tensor(weights.get(name)!, [...shapes.get(name)!]);
  const activated = (tensor: tf.Tensor, activation: string): tf.Tensor =>
    activation === 'relu' ? tf.relu(tensor) : activation === 'softmax' ? tf.softmax(tensor) : tensor;
  const result = tf.tidy(() => {
    const tensors = new Map<string, tf.Tensor>([[inputName, tf.tensor(inputs, [n, ...network.inputShape])]]);
    let last = tensors.get(inputName)!;
    for (const layer of network.layers) {
      const input = tensors.get(layer.input)!;
      if (layer.kind === 'conv2d') {
        const kernel = weight(`${layer.name}/kernel`) as tf.Tensor4D;
        const linear = tf.conv2d(input as tf.Tensor4D, kernel, [...layer.strides], layer.padding);
        last = activated(tf.add(linear, weight(`${layer.name}/bias`)), layer.activation);
      } else if (layer.kind === 'maxPool2d') {
        last = tf.maxPool(input as tf.Tensor4D, [...layer.poolSize], [...layer.strides], layer.padding);
      } else if (layer.kind === 'flatten') {
        last = tf.reshape(input, [n, -1]);
      } else if (layer.kind === 'dense') {
        const linear = tf.matMul(input, weight(`${layer.name}/kernel`));
        last = activated(tf.add(linear, weight(`${layer.name}/bias`)), layer.activation);
      } else {
        last = input;
      }
      tensors.set(layer.name, last);
    }
    return last;
  });
  const probabilities = await result.data<'float32'>();
  result.dispose();
  return probabilities;
}

/** Largest absolute difference of two equally long arrays. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let largest = 0;
  for (let index = 0; index < a.length; index++) largest = Math.max(largest, Math.abs(a[index]! - b[index]!));
  return largest;
}

/**
 * A network that no product list has, to reach what the listed ones leave out: unequal edges, windows of even size,
 * strides that leave an odd or an even remainder, `same` pooling, a linear layer.
 */
export function paddingNetwork(height: number, width: number, padding: 'same' | 'valid'): Network {
  return {
    id: `padding-${height}x${width}-${padding}`,
    inputShape: [height, width, 3],
    classes: 3,
    layers: [
      {
        kind: 'conv2d',
        name: 'conv1',
        input: 'image',
        filters: 4,
        kernelSize: [4, 3],
        strides: [2, 3],
        padding,
        activation: 'linear',
      },
      { kind: 'maxPool2d', name: 'pool1', input: 'conv1', poolSize: [2, 3], strides: [2, 1], padding },
      {
        kind: 'conv2d',
        name: 'conv2',
        input: 'pool1',
        filters: 5,
        kernelSize: [2, 1],
        strides: [1, 2],
        padding,
        activation: 'relu',
      },
      { kind: 'flatten', name: 'flatten', input: 'conv2' },
      { kind: 'dense', name: 'hidden', input: 'flatten', units: 6, activation: 'linear' },
      { kind: 'dropout', name: 'dropped', input: 'hidden', rate: 0.5 },
      { kind: 'dense', name: 'head', input: 'dropped', units: 3, activation: 'softmax' },
    ],
  };
}
