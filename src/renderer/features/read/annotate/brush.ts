import type { MaskShape } from '../../../../contract/annotation.ts';
import {
  type Box,
  emptyMask,
  intersection,
  type Mask,
  maskFromRuns,
  maskOfPicture,
  paintDisc,
  shapeOfMask,
} from '../../../../core/masks.ts';
import type { Point } from '../../../viewer/camera.ts';
import type { Pixels } from '../../../viewer/pixels.ts';
import type { Meaning } from '../../../viewer/values.ts';
import { valueOf } from '../../../viewer/values.ts';

/** Samples, bounds included, that a brush acts on. */
interface SampleRange {
  readonly low: number;
  readonly high: number;
}

/** What a brush acts on: everything, values between two, or values like the one under it at the start. */
export type Threshold =
  | { readonly kind: 'none' }
  | { readonly kind: 'between'; readonly low: number; readonly high: number }
  | { readonly kind: 'like'; readonly tolerance: number };

/** The sample of a pixel by its place in the picture, row by row; of colours the mean of the three. */
export function sampleOf({ samples, channels }: Pixels, index: number): number {
  if (channels === 1) return samples[index]!;
  return (samples[3 * index]! + samples[3 * index + 1]! + samples[3 * index + 2]!) / 3;
}

/**
 * The samples that a brush acts on which starts on the sample `start`; null for all. Thresholds are in values, which
 * fall where samples rise if the slope is negative.
 */
export function sampleRange(threshold: Threshold, meaning: Meaning, start: number): SampleRange | null {
  if (threshold.kind === 'none') return null;
  const value = valueOf(meaning, start);
  const bounds =
    threshold.kind === 'between'
      ? [threshold.low, threshold.high]
      : [value - threshold.tolerance, value + threshold.tolerance];
  const [a, b] = bounds.map((bound) => (bound - meaning.intercept) / meaning.slope) as [number, number];
  // A bound that is a sample's own value must hold it, whatever its division leaves behind.
  const slack = 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
  return { low: Math.min(a, b) - slack, high: Math.max(a, b) + slack };
}

/** One stroke of a brush or an eraser. */
interface Stroke {
  /** Of the whole picture: changes while the stroke goes on. */
  readonly mask: Mask;
  /** Goes on to a place. Returns the pixels that may have changed. */
  to(at: Point): Box | null;
  /** What the stroke leaves; null for nothing. */
  end(): MaskShape | null;
}

/**
 * Begins a stroke on a mask that is there, or on nothing.
 *
 * @param radius in pixels of the picture
 * @param range samples that are painted or erased; null for all
 */
export function beginStroke(options: {
  readonly picture: Pixels;
  readonly on: MaskShape | null;
  readonly start: Point;
  readonly radius: number;
  readonly range: SampleRange | null;
  readonly paint: 'inside' | 'outside';
}): Stroke {
  const { picture, on, radius, range, paint } = options;
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  const mask = on === null ? emptyMask(whole) : maskOfPicture(maskFromRuns(on), whole);
  let last = options.start;

  return {
    mask,
    to(at) {
      const [from, to] = [[last.x, last.y] as const, [at.x, at.y] as const];
      last = at;
      return range === null
        ? paintDisc(mask, from, to, radius, paint)
        : paintWithin(mask, from, to, { picture, radius, range, paint });
    },
    end: () => shapeOfMask(mask),
  };
}

/** Paints or erases only pixels whose samples are in a range. */
function paintWithin(
  mask: Mask,
  from: readonly [number, number],
  to: readonly [number, number],
  {
    picture,
    radius,
    range,
    paint,
  }: { picture: Pixels; radius: number; range: SampleRange; paint: 'inside' | 'outside' },
): Box | null {
  const reach = Math.ceil(radius) + 1;
  const [left, top] = [Math.floor(Math.min(from[0], to[0])), Math.floor(Math.min(from[1], to[1]))];
  const box = intersection(mask, {
    x: left - reach,
    y: top - reach,
    width: Math.ceil(Math.max(from[0], to[0])) - left + 2 * reach,
    height: Math.ceil(Math.max(from[1], to[1])) - top + 2 * reach,
  });
  if (box === null) return null;
  const disc = emptyMask(box);
  const met = paintDisc(disc, from, to, radius);
  if (met === null) return null;
  const value = paint === 'inside' ? 1 : 0;
  for (let y = met.y; y < met.y + met.height; y += 1) {
    const row = (y - box.y) * box.width - box.x;
    for (let x = met.x; x < met.x + met.width; x += 1) {
      if (disc.data[row + x] === 0) continue;
      const at = y * mask.width + x;
      const sample = sampleOf(picture, at);
      if (sample >= range.low && sample <= range.high) mask.data[at] = value;
    }
  }
  return met;
}
