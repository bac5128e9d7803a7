import * as tf from '@tensorflow/tfjs-core';

import { hasOffset, type NetworkInput, normalisedPictures } from './augmentation/apply.ts';
import { batchNormalization, normalizingFactors } from './batch-normalization.ts';
import {
  type Activation,
  headLayer,
  inputName,
  inputsOf,
  type Layer,
  type Network,
  tableName,
} from './network.ts';
import {
  added,
  averagePool,
  biasOfOffset,
  channelsOf,
  concatenated,
  convolution,
  type ConvolutionOptions,
  dense,
  flatten,
  globalAveragePool,
  localResponseNormalization,
  maxPool,
  separable,
  summedOverInputs,
  timesConstant,
  transposedConvolution,
  zeroPad,
} from './operations.ts';
import type { DrawUniform } from './uniform.ts';
import { adaptiveWindows } from './windows.ts';

/** What a training's forward pass has beside a prediction's. */
export interface TrainingPass {
  /** What dropout masks are drawn with. */
  readonly uniform: DrawUniform;
  /**
   * Takes the batch's mean and variance of every batch normalisation, by the name of the running value; none where a
   * channel has one value only.
   */
  readonly statistics: Map<string, tf.Tensor>;
  /** Layers that are as in a prediction: batch normalisation takes its running values, and no gradient goes to them. */
  readonly frozen: ReadonlySet<string>;
}

/**
 * Interprets a network.
 *
 * @param input N × height × width × channels; one channel where the network has more: they are equal
 * @param weights tensors by weight name
 * @param training null for prediction, where dropout does nothing and batch normalisation takes its running values
 * @returns logits, N × outputs or N × height × width × outputs: the head's activation is left to the loss, which needs
 *   the logits to be stable
 */
export function forward(
  network: Network,
  weights: ReadonlyMap<string, tf.Tensor>,
  input: NetworkInput,
  training: TrainingPass | null,
): tf.Tensor {
  const values = new Map<string, tf.Tensor>();
  const head = headLayer(network);
  const folded = training ? new Map<string, BatchNormalization>() : foldedNormalizations(network);
  // Layers before the first weight are no trainable function: nothing there needs a gradient.
  const trainable = new Set<string>();
  for (const layer of network.layers) {
    if (values.has(layer.name)) continue;
    const inputGradient = inputsOf(layer).some((name) => trainable.has(name));
    const learns = kindsWithWeights.has(layer.kind) && !training?.frozen.has(layer.name);
    if (inputGradient || learns) trainable.add(layer.name);
    if (inputsOf(layer).includes(tableName)) values.set(tableName, input.table!);
    if (inputsOf(layer).includes(inputName) && layer.kind !== 'conv2d' && !values.has(inputName))
      values.set(inputName, repeated(normalisedPictures(input), network.inputShape[2]));
    const shown = layer === head ? { ...layer, activation: 'linear' as const } : layer;
    const normalization = folded.get(layer.name);
    const value =
      shown.kind === 'conv2d'
        ? convolved(shown, normalization ?? null, { weights, values, input, inputGradient })
        : evaluate(
            shown,
            inputsOf(layer).map((name) => values.get(name)!),
            { weights, inputGradient, training },
          );
    values.set(layer.name, value);
    if (normalization) values.set(normalization.name, value);
  }
  return values.get(head.name)!;
}

type Convolution = Extract<Layer, { kind: 'conv2d' }>;
type BatchNormalization = Extract<Layer, { kind: 'batchNormalization' }>;

const kindsWithWeights: ReadonlySet<Layer['kind']> = new Set([
  'conv2d',
  'convTranspose2d',
  'dense',
  'batchNormalization',
] as const);

/**
 * Batch normalisations that a prediction takes into the convolution before them, by its name: with fixed mean and
 * variance they are numbers of the kernel's size instead of the picture's.
 */
function foldedNormalizations({ layers }: Network): Map<string, BatchNormalization> {
  const readers = new Map<string, number>();
  for (const name of layers.flatMap(inputsOf)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const plain = new Set(
    layers.flatMap((layer) =>
      layer.kind === 'conv2d' && !layer.bias && layer.activation === 'linear' && readers.get(layer.name) === 1
        ? [layer.name]
        : [],
    ),
  );
  return new Map(
    layers.flatMap((layer) =>
      layer.kind === 'batchNormalization' && plain.has(layer.input) ? [[layer.input, layer] as const] : [],
    ),
  );
}

function evaluate(
  layer: Exclude<Layer, Convolution>,
  inputs: readonly tf.Tensor[],
  of: { weights: ReadonlyMap<string, tf.Tensor>; inputGradient: boolean; training: TrainingPass | null },
): tf.Tensor {
  const { weights, inputGradient, training } = of;
  const x = inputs[0]!;
  switch (layer.kind) {
    case 'convTranspose2d':
      return transposedConvolution(
        x as tf.Tensor4D,
        kernelOf(layer, weights) as tf.Tensor4D,
        biasOf(layer, weights),
        { strides: layer.strides, relu: isRelu(layer) },
      );
    case 'dense':
      return dense(x as tf.Tensor2D, kernelOf(layer, weights) as tf.Tensor2D, biasOf(layer, weights), {
        relu: isRelu(layer),
        inputGradient,
      });
    case 'zeroPad2d':
      return zeroPad(x as tf.Tensor4D, layer.padding);
    case 'maxPool2d':
      return maxPool(x as tf.Tensor4D, layer.poolSize, layer.strides, layer.padding);
    case 'averagePool2d':
      return averagePool(x as tf.Tensor4D, layer.poolSize, layer.strides, layer.padding);
    case 'globalAveragePool2d':
      return globalAveragePool(x as tf.Tensor4D);
    case 'adaptiveAveragePool2d': {
      const along = (axis: 0 | 1): tf.Tensor2D => {
        const [length, outputs] = [x.shape[axis + 1]!, layer.outputSize[axis]];
        return tf.tensor2d(adaptiveWindows(length, outputs), [outputs, length]);
      };
      return separable(x as tf.Tensor4D, along(0), along(1));
    }
    case 'upsample2d': {
      const along = (axis: 0 | 1): tf.Tensor2D => bilinearWeights(x.shape[axis + 1]!, layer.factor);
      const enlarged = separable(x as tf.Tensor4D, along(0), along(1));
      return isRelu(layer) ? added([enlarged], true) : enlarged;
    }
    case 'batchNormalization':
      return normalized(layer, x, weights, training?.frozen.has(layer.name) ? null : training);
    case 'localResponseNormalization':
      return localResponseNormalization(x as tf.Tensor4D, layer);
    case 'add':
      return added(inputs, isRelu(layer));
    case 'concat':
      return concatenated(inputs);
    case 'flatten':
      return flatten(x);
    case 'dropout':
      if (training === null || layer.rate === 0) return x;
      return timesConstant(x, dropoutMask(training.uniform(`dropout/${layer.name}`, x.shape), layer.rate));
  }
}

/** Whether a hidden layer ends in ReLU. @throws Error for activations that only heads have */
function isRelu({ name, activation }: { name: string; activation: Activation }): boolean {
  if (activation !== 'relu' && activation !== 'linear')
    throw new Error(`Layer ${name} has ${activation}, which only a network's last layer has`);
  return activation === 'relu';
}

function normalized(
  layer: BatchNormalization,
  x: tf.Tensor,
  weights: ReadonlyMap<string, tf.Tensor>,
  training: TrainingPass | null,
): tf.Tensor {
  const relu = isRelu(layer);
  if (!training) {
    const { scale, offset } = fixedFactors(layer, weights);
    const moved = tf.add(tf.mul(x, scale), offset);
    return relu ? tf.relu(moved) : moved;
  }
  const gamma = tensorOf(`${layer.name}/gamma`, weights) as tf.Tensor1D;
  const beta = tensorOf(`${layer.name}/beta`, weights) as tf.Tensor1D;
  const { y, mean, variance } = batchNormalization(x, gamma, beta, { epsilon: layer.epsilon, relu });
  // A channel of one value alone has no variance to follow.
  if (x.size > x.shape.at(-1)!)
    training.statistics.set(`${layer.name}/moving_mean`, mean).set(`${layer.name}/moving_variance`, variance);
  return y;
}

function fixedFactors(
  { name, epsilon }: BatchNormalization,
  weights: ReadonlyMap<string, tf.Tensor>,
): ReturnType<typeof normalizingFactors> {
  const of = (part: string): tf.Tensor => tensorOf(`${name}/${part}`, weights);
  return normalizingFactors(
    {
      gamma: of('gamma'),
      beta: of('beta'),
      mean: of('moving_mean'),
      variance: of('moving_variance'),
    },
    epsilon,
  );
}

/**
 * A convolution, with the normalisation that was folded into it. The one that reads the pictures takes over what they
 * lack: equal channels times a kernel are one of them times the kernel's sum; a scale is the kernel's; an offset is the
 * bias', where no padding has zeros that it would not apply to.
 */
function convolved(
  layer: Convolution,
  folded: BatchNormalization | null,
  of: {
    weights: ReadonlyMap<string, tf.Tensor>;
    values: ReadonlyMap<string, tf.Tensor>;
    input: NetworkInput;
    inputGradient: boolean;
  },
): tf.Tensor4D {
  const { weights, input } = of;
  let kernel = kernelOf(layer, weights) as tf.Tensor4D;
  let bias = layer.bias ? biasOf(layer, weights) : null;
  if (folded) {
    const { scale, offset } = fixedFactors(folded, weights);
    [kernel, bias] = [tf.mul(kernel, scale), offset];
  }
  const { strides, padding } = layer;
  const options = { strides, padding, relu: isRelu(folded ?? layer), inputGradient: of.inputGradient };
  if (layer.input !== inputName)
    return grouped(of.values.get(layer.input) as tf.Tensor4D, kernel, bias, layer.groups, options);
  if (input.pictures.shape[3] < kernel.shape[2]) kernel = summedOverInputs(kernel);
  const { pending } = input;
  const moved = pending !== null && hasOffset(pending);
  const joins = pending !== null && !(moved && (layer.padding === 'same' || bias === null));
  if (joins) {
    if (moved) bias = biasOfOffset(bias!, kernel, pending.offset);
    kernel = timesConstant(kernel, tf.tensor(pending.scale, [1, 1, pending.scale.length, 1])) as tf.Tensor4D;
  }
  return grouped(joins ? input.pictures : normalisedPictures(input), kernel, bias, layer.groups, options);
}

/** A convolution whose channels and filters are parted into groups, which tfjs does one by one. */
function grouped(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D | null,
  groups: number,
  options: ConvolutionOptions,
): tf.Tensor4D {
  if (groups === 1) return convolution(x, kernel, bias, options);
  const [channels, filters] = [kernel.shape[2], kernel.shape[3] / groups];
  return concatenated(
    Array.from({ length: groups }, (_, group) =>
      convolution(
        channelsOf(x, group * channels, channels),
        channelsOf(kernel, group * filters, filters),
        bias && channelsOf(bias, group * filters, filters),
        options,
      ),
    ),
  ) as tf.Tensor4D;
}

/** Bilinear weights between pixels' centres; beyond the last centre the last pixel. @returns length · factor × length */
function bilinearWeights(length: number, factor: number): tf.Tensor2D {
  return tf.tensor2d(
    Array.from({ length: length * factor }, (_, i) => {
      const centre = (i + 0.5) / factor - 0.5;
      const below = Math.floor(centre);
      const row = new Array<number>(length).fill(0);
      row[Math.max(below, 0)]! += 1 - (centre - below);
      row[Math.min(below + 1, length - 1)]! += centre - below;
      return row;
    }),
  );
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
