import type { InputGeometry } from '../contract/decode.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import { pictureEdge } from './tiles.ts';
import { inputWindow } from './value-windows.ts';

/**
 * How a recipe's pictures stand in the input cache, whole where tiles are cut from them.
 *
 * @param channels may be 1 where the network sees three
 */
export function inputGeometry(
  input: ResolvedRecipe['input'],
  channels: InputGeometry['channels'] = input.channels,
): InputGeometry {
  const { fit, kernel } = input;
  const window = inputWindow(input);
  return { size: pictureEdge(input), channels, fit, kernel, ...(window !== undefined && { window }) };
}

/** Pixels of a picture. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Size of the picture inside a padded square: the longer edge fills it, the other is rounded half up. */
export function fittedSize({ width, height }: PictureSize, { size, fit }: InputGeometry): PictureSize {
  if (fit === 'stretch') return { width: size, height: size };
  const longer = Math.max(width, height);
  const scaled = (edge: number): number => Math.max(1, Math.floor((edge * size * 2 + longer) / (2 * longer)));
  return { width: scaled(width), height: scaled(height) };
}

/** Where the upper left pixel of a fitted picture comes to lie: in the middle, the odd pixel right and below. */
export function fittedPlace({ width, height }: PictureSize, size: number): { left: number; top: number } {
  return { left: Math.floor((size - width) / 2), top: Math.floor((size - height) / 2) };
}

/**
 * Which sample of an edge each sample of another takes. As Pillow's `NEAREST`, of which this is a copy to the last
 * bit: the middles of the new samples are added up in double precision, and what rounding makes of a middle between
 * two samples decides.
 */
export function nearestSamples(from: number, to: number): Int32Array {
  const step = from / to;
  const nearest = new Int32Array(to);
  for (let i = 0, middle = step * 0.5; i < to; i += 1, middle += step) nearest[i] = middle;
  return nearest;
}
