import { createHash } from 'node:crypto';

import type { SampleImage, SampleTemplate } from '../../src/core/sample/template.ts';

/** The first 16 hexadecimal digits of the pixels' SHA-256. */
export function pixelHash(image: SampleImage): string {
  return createHash('sha256').update(image.pixels).digest('hex').slice(0, 16);
}

export function meanGrey(image: SampleImage): number {
  let sum = 0;
  for (const value of image.pixels) sum += value;
  return sum / image.pixels.length;
}

/** How well a score tells two groups apart, whichever is the higher: 0.5 not at all, 1 wholly. */
export function separation(first: readonly number[], second: readonly number[]): number {
  let wins = 0;
  for (const a of first) for (const b of second) wins += a > b ? 1 : a === b ? 0.5 : 0;
  const auc = wins / (first.length * second.length);
  return Math.max(auc, 1 - auc);
}

/** Pearson's correlation. */
export function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const sum = (of: (i: number) => number): number => xs.reduce((total, _, i) => total + of(i), 0);
  const covariance = sum((i) => (xs[i]! - mx) * (ys[i]! - my));
  return covariance / Math.sqrt(sum((i) => (xs[i]! - mx) ** 2) * sum((i) => (ys[i]! - my) ** 2));
}

/** One picture of each patient: the first. */
export function firstOfEach(images: readonly SampleImage[]): SampleImage[] {
  return images.filter((image, i) => images.findIndex((other) => other.patient === image.patient) === i);
}

/** Files and hashes of a sample drawn in `of` shares, one after the other. */
export function drawnInShares(
  template: SampleTemplate,
  images: number,
  seed: number,
  of: number,
): string[][] {
  return Array.from({ length: of }, (_, index) => [...template.draw(images, seed, { index, of })])
    .flat()
    .map((image) => [image.file, pixelHash(image)]);
}
