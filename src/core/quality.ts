import type { QualityFlag } from '../contract/dataset.ts';

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
