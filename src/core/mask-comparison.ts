import type { MaskOutcome } from '../contract/evaluation.ts';
import { hausdorff95, type PixelSpacing } from './mask-distances.ts';

/** Value of a pixel of the truth that is not judged. */
export const notJudged = 255;

/** What was drawn and what was predicted: one byte a pixel, row by row, 0 background, else the class's place + 1. */
export interface MaskPair {
  readonly width: number;
  readonly height: number;
  /** `notJudged` where nothing counts; in the prediction that value is of no class. */
  readonly truth: Uint8Array;
  readonly predicted: Uint8Array;
  /** In mm; null where it is not known: distances are in pixels then. */
  readonly spacing: PixelSpacing | null;
}

export type { MaskOutcome };

/** One class in one image. Dice and IoU are null when it is absent, the distance unless it is in both. */
export interface MaskComparison {
  readonly outcome: MaskOutcome;
  /** Pixels. */
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly dice: number | null;
  readonly iou: number | null;
  /** Hausdorff 95, see `hausdorff95`. */
  readonly hd95: number | null;
}

/**
 * Each of so many classes in one image. A class drawn or predicted only has Dice and IoU 0 and no distance. Pixels that
 * are not judged belong to no class on either side, so a region that reaches into them ends there.
 *
 * @throws RangeError when a mask does not have the picture's size
 */
export function compareMasks(pair: MaskPair, classes: number): MaskComparison[] {
  const { width, height, truth, predicted } = pair;
  for (const { length } of [truth, predicted])
    if (length !== width * height)
      throw new RangeError(`A mask of ${length} pixels for a picture of ${width} × ${height}`);
  return Array.from({ length: classes }, (_, place) => compareClass(pair, place + 1));
}

function compareClass(pair: MaskPair, value: number): MaskComparison {
  const { width, height, truth, predicted } = pair;
  let [truePositives, falsePositives, falseNegatives] = [0, 0, 0];
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      if (truth[at] === notJudged) continue;
      const isTrue = truth[at] === value;
      const isPredicted = predicted[at] === value;
      if (!isTrue && !isPredicted) continue;
      if (isTrue && isPredicted) truePositives++;
      else if (isTrue) falseNegatives++;
      else falsePositives++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  const box = { left, top, width: right - left + 1, height: bottom - top + 1 };
  const counts = { truePositives, falsePositives, falseNegatives };
  const isInBoth = truePositives + falseNegatives > 0 && truePositives + falsePositives > 0;
  return comparisonOf(counts, isInBoth ? distanceWithin(pair, value, box) : null);
}

/** What counts of pixels and the distance come to. @param hd95 null unless the class is in both */
export function comparisonOf(
  counts: Pick<MaskComparison, 'truePositives' | 'falsePositives' | 'falseNegatives'>,
  hd95: number | null,
): MaskComparison {
  const { truePositives, falsePositives, falseNegatives } = counts;
  const wrong = falsePositives + falseNegatives;
  const all = truePositives + wrong;
  const isDrawn = truePositives + falseNegatives > 0;
  const isPredicted = truePositives + falsePositives > 0;
  return {
    outcome: isDrawn ? (isPredicted ? 'both' : 'missed') : isPredicted ? 'false' : 'absent',
    ...{ truePositives, falsePositives, falseNegatives },
    dice: all === 0 ? null : (2 * truePositives) / (2 * truePositives + wrong),
    iou: all === 0 ? null : truePositives / all,
    hd95,
  };
}

interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Of the regions cut out to a box that holds both, so that nothing further is gone through. */
function distanceWithin(
  pair: MaskPair,
  value: number,
  { left, top, width, height }: PixelBox,
): number | null {
  const cut = (mask: Uint8Array) => {
    const inside = new Uint8Array(width * height);
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0, from = (top + y) * pair.width + left; x < width; x++, at++, from++)
        if (mask[from] === value && pair.truth[from] !== notJudged) inside[at] = 1;
    return { width, height, inside };
  };
  return hausdorff95(cut(pair.truth), cut(pair.predicted), pair.spacing ?? { row: 1, column: 1 });
}
