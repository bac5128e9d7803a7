import * as tf from '@tensorflow/tfjs-core';

import { type Affine, affineOf, type Normalization, normalizationOf } from '../normalization.ts';
import type { DrawUniform } from '../uniform.ts';
import type { Augmentation } from './draw.ts';

/** Pixels; and how far its kernel reaches to either side, three deviations. */
const blurSigma = 1.5;
const blurReach = 4;

/** A normal float32 that even to the power of 0.1 is black. */
const smallest = 1e-37;

/** Pictures on their way into a network: N × size × size × channels, and the normalisation that they still lack. */
export interface NetworkInput {
  readonly pictures: tf.Tensor4D;
  /** Null: they are normalised. */
  readonly pending: Affine | null;
  /** N × features of the clinical table, for a network that reads it. */
  readonly table?: tf.Tensor2D;
}

/** The values that a network sees. */
export function normalisedPictures({ pictures, pending }: NetworkInput): tf.Tensor4D {
  if (pending === null) return pictures;
  const scaled: tf.Tensor4D = tf.mul(pictures, tf.tensor1d([...pending.scale]));
  return hasOffset(pending) ? tf.add(scaled, tf.tensor1d([...pending.offset])) : scaled;
}

/** Whether any channel is moved. */
export function hasOffset({ offset }: Affine): boolean {
  return offset.some((value) => value !== 0);
}

/**
 * The network's input from a training batch on the device. Values are not clipped: one above white is still a
 * value. Whatever works on values is linear but for gamma, so it joins the normalisation in one multiplication
 * and one addition; where nothing does, the normalisation is left to the network's first layer. A kind that is off
 * adds no operation. Called inside a tidy.
 *
 * @param pixels N × size × size × channels, float32 from 0 to 255
 * @param feeds those of `drawFeeds` as tensors; null, like the two after it, for no augmentation
 * @returns (value − mean) / deviation, the same shape; zero where a picture was cut out
 */
export function augmentedInput(
  pixels: tf.Tensor4D,
  feeds: ReadonlyMap<string, tf.Tensor> | null,
  uniform: DrawUniform | null,
  options: Augmentation | null,
  ofNetwork: Normalization,
): NetworkInput {
  const normalization = normalizationOf(ofNetwork, pixels.shape[3]);
  const pending = affineOf(normalization);
  if (feeds === null || uniform === null || options === null) return { pictures: pixels, pending };
  let x = pixels;
  const transforms = feeds.get('transforms');
  if (transforms) x = tf.image.transform(x, transforms as tf.Tensor2D, 'bilinear', options.fill);
  const exponent = feeds.get('exponent');
  if (exponent) x = power(x, exponent);
  if (options.noise === 0 && !withNormalisation.some((name) => feeds.has(name)))
    return { pictures: x, pending };
  x = normalised(x, feeds, normalization);
  if (options.noise > 0) x = tf.add(x, noise(x.shape, options.noise, uniform, normalization));
  const blur = feeds.get('blur');
  if (blur) x = mixed(x, blurred(x), blur);
  const [keptRows, keptColumns] = [feeds.get('keptRows'), feeds.get('keptColumns')];
  // The larger of the two is zero only where both are: inside the square.
  if (keptRows && keptColumns) x = tf.mul(x, tf.maximum(keptRows, keptColumns));
  const [partner, share] = [feeds.get('mixPartner'), feeds.get('mixShare')];
  if (partner && share) x = mixed(tf.gather(x, tf.cast(partner as tf.Tensor1D, 'int32')), x, share);
  return { pictures: x, pending: null };
}

/** Feeds that join the normalisation or come after it. */
const withNormalisation = [
  'gain',
  'lift',
  'colour',
  'blur',
  'keptRows',
  'keptColumns',
  'mixPartner',
  'mixShare',
];

/**
 * x to the power of the exponent, by logarithm: TensorFlow's own power takes six times as long on the CPU. The
 * smallest number keeps black from a logarithm that graphics cards may leave open.
 */
function power(x: tf.Tensor4D, exponent: tf.Tensor): tf.Tensor4D {
  return tf.exp(tf.mul(tf.log(tf.maximum(x, smallest)), exponent));
}

/** Contrast, brightness, colour and normalisation: x · gain + offset, each small, a picture and channel. */
function normalised(
  x: tf.Tensor4D,
  feeds: ReadonlyMap<string, tf.Tensor>,
  normalization: Normalization,
): tf.Tensor4D {
  const { mean, deviation } = normalization;
  const pending = affineOf(normalization);
  const [gain, lift, colour] = [feeds.get('gain'), feeds.get('lift'), feeds.get('colour')];
  if (!gain && !lift && !colour) return normalisedPictures({ pictures: x, pending });
  const factors = gain ? tf.div(gain, tf.tensor1d([...deviation])) : tf.tensor1d([...pending.scale]);
  const scaled: tf.Tensor4D = tf.mul(x, factors);
  const added = [lift && tf.mul(tf.mean(x, [1, 2, 3], true), lift), colour].filter(
    (one): one is tf.Tensor => one !== undefined,
  );
  const centred = hasOffset(pending);
  if (added.length === 0) return centred ? tf.add(scaled, tf.tensor1d([...pending.offset])) : scaled;
  if (centred) added.push(tf.tensor1d(mean.map((value) => -value)));
  const offset = added.reduce((sum, one) => tf.add(sum, one));
  return tf.add(scaled, tf.div(offset, tf.tensor1d([...deviation])));
}

/**
 * Gaussian noise by Box and Muller (1958). Cosine and sine of one angle are two independent numbers, so half as
 * many are drawn; the deviation enters before the root, where it costs nothing.
 *
 * @param deviation of pixel/255
 */
function noise(
  shape: [number, number, number, number],
  deviation: number,
  uniform: DrawUniform,
  normalization: Normalization,
): tf.Tensor4D {
  const [rows, height, width, channels] = shape;
  const pixels = height * width;
  const half = Math.ceil(pixels / 2);
  const scale = tf.tensor1d(normalization.deviation.map((value) => -2 * (deviation / value) ** 2));
  const drawn = (stream: string): tf.Tensor3D => uniform(stream, [rows, half, channels]) as tf.Tensor3D;
  const radius: tf.Tensor3D = tf.sqrt(tf.mul(tf.log(tf.sub(1, drawn('noise/radius'))), scale));
  const angle = tf.mul(drawn('noise/angle'), 2 * Math.PI);
  const cosines: tf.Tensor3D = tf.mul(radius, tf.cos(angle));
  const sines: tf.Tensor3D = tf.mul(radius, tf.sin(angle));
  const rest = pixels % 2 === 0 ? sines : tf.slice(sines, [0, 0, 0], [rows, pixels - half, channels]);
  return tf.reshape(tf.concat([cosines, rest], 1), shape);
}

/** A Gaussian, one direction after the other; the border is mirrored, so that it stays as bright as it was. */
function blurred(x: tf.Tensor4D): tf.Tensor4D {
  const channels = x.shape[3];
  const taps = Array.from({ length: 2 * blurReach + 1 }, (_, i) =>
    Math.exp(-((i - blurReach) ** 2) / (2 * blurSigma ** 2)),
  );
  const sum = taps.reduce((total, tap) => total + tap, 0);
  const weights = taps.flatMap((tap) => new Array<number>(channels).fill(tap / sum));
  const across = tf.tensor4d(weights, [1, taps.length, channels, 1]);
  const down = tf.tensor4d(weights, [taps.length, 1, channels, 1]);
  const edge: [number, number] = [blurReach, blurReach];
  const wide = tf.mirrorPad(x, [[0, 0], edge, edge, [0, 0]], 'reflect');
  return tf.depthwiseConv2d(tf.depthwiseConv2d(wide, down, 1, 'valid'), across, 1, 'valid');
}

/** one · (1 − share) + other · share */
function mixed(one: tf.Tensor4D, other: tf.Tensor4D, share: tf.Tensor): tf.Tensor4D {
  return tf.add(one, tf.mul(tf.sub(other, one), share));
}
