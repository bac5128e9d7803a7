import type { InputGeometry } from '../contract/decode.ts';
import { notJudged } from '../contract/learning-task.ts';
import { fittedPlace, fittedSize, nearestSamples, type PictureSize } from './input-geometry.ts';
import type { PixelSpacing } from './mask-distances.ts';
import type { Mask } from './masks.ts';

/** The pixels of one class, or some of them. */
export interface ClassMask {
  /** Of the class in the order of the classes. */
  readonly place: number;
  readonly mask: Mask;
}

/**
 * The class of every pixel of a network's input: 0 the background, else the place of the class + 1; bars beside the
 * picture are not judged. Fitted as the input cache fits pictures, by the nearest pixel, so that the mask lies on its
 * picture. Where classes overlap the later one stands.
 *
 * @returns size × size, rows top down
 */
export function fitMasks(
  masks: readonly ClassMask[],
  picture: PictureSize,
  geometry: InputGeometry,
): Uint8Array<ArrayBuffer> {
  const { size } = geometry;
  const inner = fittedSize(picture, geometry);
  const { left, top } = fittedPlace(inner, size);
  const columns = nearestSamples(picture.width, inner.width);
  const rows = nearestSamples(picture.height, inner.height);
  const fitted = new Uint8Array(size * size).fill(notJudged);
  for (let y = 0; y < inner.height; y += 1) {
    const start = (top + y) * size + left;
    fitted.fill(0, start, start + inner.width);
  }
  for (const { place, mask } of [...masks].sort((a, b) => a.place - b.place)) {
    for (let y = 0; y < inner.height; y += 1) {
      const row = rows[y]! - mask.y;
      if (row < 0 || row >= mask.height) continue;
      const start = (top + y) * size + left;
      for (let x = 0; x < inner.width; x += 1) {
        const column = columns[x]! - mask.x;
        if (column < 0 || column >= mask.width) continue;
        if (mask.data[row * mask.width + column] === 1) fitted[start + x] = place + 1;
      }
    }
  }
  return fitted;
}

/** From pixel to pixel of the input, by that of the picture. */
export function fittedSpacing(
  { row, column }: PixelSpacing,
  picture: PictureSize,
  geometry: InputGeometry,
): PixelSpacing {
  const inner = fittedSize(picture, geometry);
  return { row: (row * picture.height) / inner.height, column: (column * picture.width) / inner.width };
}
