import type { QualityFlag } from '../contract/image.ts';
import { hashBit, hashBits, isTelling, parseHashes } from './duplicates.ts';
import { itemsPerStep, type Steps } from './steps.ts';

/** What a picture is judged by. Grey values from 0 to 1 of the whole picture; null: not measured when it was imported. */
export interface QualityFacts {
  mean: number | null;
  deviation: number | null;
  /** Variance of the Laplacian of the picture fitted into 256 pixels. */
  sharpness: number | null;
  generated: boolean;
}

/** A mean of 10 of 255: almost nothing but background. Handwritten digits on black have 0.13, chest films 0.3 to 0.6. */
const darkBelow = 0.04;

/** A mean of 235 of 255: a film that was over-exposed or scanned empty. */
const brightAbove = 0.92;

/** A standard deviation of 10 grey levels of 255: window and level would have to stretch it before anything shows. */
const lowContrastBelow = 0.04;

/**
 * The Laplacian's variance as a share of the picture's own, which does not depend on contrast; white noise has 20 (the
 * sum of the kernel's squares). Generated films have 0.017 to 0.08 at 256 pixels; blurred by a Gaussian of 2 of these pixels
 * 0.0012 to 0.0021, of 3 and more 0.0007 to 0.0013, where 8-bit rounding alone leaves 0.0004. The measure is that of
 * Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.
 */
const blurredBelow = 0.0013;

/** What a picture's own measurements say against it, or that it was generated. */
export function qualityOf({ mean, deviation, sharpness, generated }: QualityFacts): QualityFlag[] {
  const flags: QualityFlag[] = [];
  if (mean !== null && mean < darkBelow) flags.push('dark');
  if (mean !== null && mean > brightAbove) flags.push('bright');
  const flat = deviation !== null && deviation < lowContrastBelow;
  if (flat) flags.push('lowContrast');
  // Where there is nothing to see there are no edges to miss.
  if (!flat && deviation !== null && sharpness !== null && sharpness < blurredBelow * deviation ** 2) {
    flags.push('blurred');
  }
  if (generated) flags.push('generated');
  return flags;
}

/** With fewer images nothing can be called usual. */
const leastUsual = 20;
/** Values that a median is taken of, at most. */
const mostSorted = 10_000;
/** A normal distribution's standard deviation by its median absolute deviation. */
const deviationOfMad = 1.4826;
/** Further than so many robust standard deviations is far. */
const farDeviations = 5;
/** What is nearer is never far: twice in each direction for the area, twice for the shape. */
const leastFarArea = Math.log(4);
const leastFarShape = Math.log(2);

/**
 * Images whose area or whose shape (longer / shorter edge) lies far from the median of all: by more than five robust standard
 * deviations of their logarithms, and by a factor of 4 (area) or 2 (shape) at least. None among fewer than 20.
 * @param aspects width / height
 * @returns 1 for each odd one
 */
export function* markOddSizes(areas: Float64Array, aspects: Float64Array): Steps<Uint8Array> {
  const odd = new Uint8Array(areas.length);
  if (areas.length < leastUsual) return odd;
  const farArea = yield* farFrom(areas, leastFarArea);
  // Upright or lying, a picture of the same edges has the same shape.
  const shapes = aspects.map((aspect) => Math.max(aspect, 1 / aspect));
  const farShape = yield* farFrom(shapes, leastFarShape);
  for (let index = 0; index < odd.length; index += 1)
    odd[index] = farArea(areas[index]!) || farShape(shapes[index]!) ? 1 : 0;
  return odd;
}

function* farFrom(values: Float64Array, least: number): Steps<(value: number) => boolean> {
  const logarithms = values.map(Math.log);
  const middle = medianOf(logarithms);
  yield undefined;
  const spread = medianOf(logarithms.map((value) => Math.abs(value - middle)));
  yield undefined;
  const far = Math.max(least, farDeviations * deviationOfMad * spread);
  return (value) => Math.abs(Math.log(value) - middle) >= far;
}

/** Of many values of every n-th: what is usual shows in them as well. */
function medianOf(values: Float64Array): number {
  const step = Math.ceil(values.length / mostSorted);
  const some = step === 1 ? values.slice() : values.filter((_, index) => index % step === 0);
  return some.sort()[some.length >> 1]!;
}

/** What tells whether a picture is a negative of what is usual. */
export interface Shading {
  /** 64 hex digits: of 16 rows of 16, whether a place is darker than its right neighbour. Null: unknown. */
  readonly differenceHash: string | null;
  /** Grey value from 0 to 1. */
  readonly mean: number | null;
}

const hashColumns = 16;
/** Places where so many pictures get brighter to the right, or so few: what they have in common. */
const commonShare = 0.7;
const leastCommonPlaces = 32;
/** Generated chest films have 0.4 to 1 (median 0.9), their negatives −1 to −0.5; what is unlike them lies around 0. */
const leastUsualScore = 0.5;
const invertedBelow = -0.35;
/** A usual mean so near the middle of the grey values says nothing of a negative's. */
const tellingMean = 0.1;

/**
 * Pictures that get darker where most of the project's pictures get brighter, and the other way round: negatives, as
 * of a film that was saved without regard to MONOCHROME1. Only where most pictures are alike, as films of one view are.
 *
 * The places of the difference hash where at least 70 % of the pictures get brighter to the right and those where at
 * most 30 % do are compared: a picture's score is the share of the former where it gets brighter less that of the
 * latter. One below −0.35 in a project whose median is above 0.5 is inverted. A mirrored picture looks the same where
 * what is common is not symmetric, so there, and wherever the usual mean is far from the middle, the picture's mean
 * has to lie on the other side of the middle as well.
 * @returns positions of the inverted ones, ascending
 */
export function* findInverted(pictures: readonly Shading[]): Steps<number[]> {
  const known = pictures.flatMap(({ differenceHash }, index) =>
    differenceHash !== null && isTelling(differenceHash) ? [{ differenceHash, index }] : [],
  );
  if (known.length < leastUsual) return [];
  yield undefined;
  const words = yield* parseHashes(known.map(({ differenceHash }) => differenceHash));
  const rises = new Float64Array(hashBits);
  for (let index = 0; index < known.length; index += 1) {
    for (let bit = 0; bit < hashBits; bit += 1) rises[bit]! += hashBit(words, index, bit) / known.length;
    if (index % itemsPerStep === 0) yield undefined;
  }
  const places = Array.from(rises.keys());
  const brighter = places.filter((bit) => rises[bit]! >= commonShare);
  const darker = places.filter((bit) => rises[bit]! <= 1 - commonShare);
  if (brighter.length < leastCommonPlaces || darker.length < leastCommonPlaces) return [];
  const shareOf = (index: number, of: readonly number[]): number => {
    let n = 0;
    for (const bit of of) n += hashBit(words, index, bit);
    return n / of.length;
  };
  const scores = new Float64Array(known.length);
  for (let index = 0; index < known.length; index += 1) {
    scores[index] = shareOf(index, brighter) - shareOf(index, darker);
    if (index % itemsPerStep === 0) yield undefined;
  }
  if (medianOf(scores) < leastUsualScore) return [];
  yield undefined;
  const usualMean = medianOf(Float64Array.from(pictures.flatMap(({ mean }) => mean ?? [])));
  const meanTells = Math.abs(usualMean - 0.5) > tellingMean;
  const mirrored = brighter.filter((bit) => rises[mirrorOf(bit)]! >= commonShare).length;
  const isSymmetric = mirrored < brighter.length / 2;
  if (!isSymmetric && !meanTells) return [];
  return known
    .filter((_, at) => scores[at]! < invertedBelow)
    .map(({ index }) => index)
    .filter((index) => {
      const { mean } = pictures[index]!;
      return !meanTells || (mean !== null && mean > 0.5 !== usualMean > 0.5);
    });
}

/** The place of a bit in a mirrored picture, where what got brighter gets darker. */
const mirrorOf = (bit: number): number => bit - (bit % hashColumns) + hashColumns - 1 - (bit % hashColumns);
