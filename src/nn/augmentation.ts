import * as tf from '@tensorflow/tfjs-core';

import type { Recipe } from '../contract/recipe.ts';
import { createRandom } from '../core/random.ts';

export type Augmentation = Recipe['augmentation'];

/** One picture's draw. Lengths in pixels. */
export interface AugmentationDraw {
  readonly rotationRadians: number;
  readonly shiftX: number;
  readonly shiftY: number;
  /** Tangent of the angle. */
  readonly shear: number;
  /** Above 1 enlarges. */
  readonly zoomX: number;
  readonly zoomY: number;
  readonly flip: boolean;
  /** Factor on pixel values. */
  readonly brightness: number;
}

/**
 * The draw of picture `index` of the batch of `step`: a pure function, so a resumed run sees the same pictures.
 * Every number is drawn whether used or not: switching one kind off leaves the others as they were.
 */
export function drawAugmentation(
  options: Augmentation,
  size: number,
  seed: number,
  step: number,
  index: number,
): AugmentationDraw {
  const random = createRandom(seed, 'augmentation', step, index);
  const between = (limit: number): number => (2 * random.uniform() - 1) * limit;
  return {
    rotationRadians: between((options.rotationDegrees * Math.PI) / 180),
    shiftX: between(options.widthShift * size),
    shiftY: between(options.heightShift * size),
    shear: Math.tan(between((options.shearDegrees * Math.PI) / 180)),
    zoomX: 1 + between(options.zoom),
    zoomY: 1 + between(options.zoom),
    flip: random.uniform() < 0.5 && options.horizontalFlip,
    brightness: 1 + between(options.brightness),
  };
}

/**
 * Rotation · shear · zoom · flip about the picture's centre, then shift, as the eight numbers
 * (a0 a1 a2 b0 b1 b2 0 0) that TensorFlow's ImageProjectiveTransformV3 takes: output (x, y) reads input
 * (a0 x + a1 y + a2, b0 x + b1 y + b2). One interpolation for all five.
 */
export function projectiveTransform(draw: AugmentationDraw, size: number): number[] {
  const cos = Math.cos(draw.rotationRadians);
  const sin = Math.sin(draw.rotationRadians);
  const across = (draw.flip ? -1 : 1) / draw.zoomX;
  const down = 1 / draw.zoomY;
  const a0 = cos * across;
  const a1 = (cos * draw.shear - sin) * down;
  const b0 = sin * across;
  const b1 = (sin * draw.shear + cos) * down;
  const centre = (size - 1) / 2;
  const x = centre + draw.shiftX;
  const y = centre + draw.shiftY;
  return [a0, a1, centre - a0 * x - a1 * y, b0, b1, centre - b0 * x - b1 * y, 0, 0];
}

/** Whether any setting moves pixels; brightness alone needs no interpolation. */
export function movesPixels(options: Augmentation): boolean {
  const { rotationDegrees, widthShift, heightShift, shearDegrees, zoom, horizontalFlip } = options;
  return rotationDegrees + widthShift + heightShift + shearDegrees + zoom > 0 || horizontalFlip;
}

/** Per channel, of pixel/255. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * A training batch on the device: moved, brightened (without clipping: a value above white is still
 * a value), then normalised: (brightness · pixel/255 − mean) / deviation.
 *
 * @param pixels N × size × size × channels, uint8
 * @param draws one a picture, or null for none
 * @returns the same shape, float32
 */
export function augmentedInput(
  pixels: Uint8Array,
  shape: readonly [number, number, number, number],
  draws: readonly AugmentationDraw[] | null,
  options: Augmentation,
  normalization: Normalization,
): tf.Tensor4D {
  const [rows, size, , channels] = shape;
  return tf.tidy(() => {
    let x = tf.tensor4d(new Float32Array(pixels), [...shape]);
    if (draws && movesPixels(options)) {
      const transforms = tf.tensor2d(
        draws.flatMap((draw) => projectiveTransform(draw, size)),
        [rows, 8],
      );
      x = tf.image.transform(x, transforms, 'bilinear', options.fill);
    }
    const factors = new Float32Array(rows * channels);
    for (let i = 0; i < factors.length; i++) {
      const brightness = draws?.[Math.floor(i / channels)]?.brightness ?? 1;
      factors[i] = brightness / (255 * normalization.deviation[i % channels]!);
    }
    const offsets = normalization.mean.map((mean, channel) => -mean / normalization.deviation[channel]!);
    return tf.add(tf.mul(x, tf.tensor4d(factors, [rows, 1, 1, channels])), tf.tensor1d(offsets));
  });
}
