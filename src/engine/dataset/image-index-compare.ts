import { usualDistance } from '../../contract/dataset.ts';
import { findNearDuplicates } from '../../core/duplicates.ts';
import { findInverted } from '../../core/quality.ts';
import { paced } from '../turns.ts';
import { qualityBit } from './image-index-columns.ts';
import type { Loading } from './image-index-load.ts';

const portion = 2000;

/** Marks images that nearly equal another one and those that are inverted, and no others; takes seconds for many. */
export async function loadComparisons({ columns, repository, pace }: Loading): Promise<true> {
  const { count, rows, means, flags } = columns;
  const pictures: { pixelSha256: string; differenceHash: string | null; mean: number | null }[] = [];
  for (let ordinal = 0; ordinal < count; ordinal += portion) {
    await pace();
    for (const [, pixelSha256, differenceHash] of repository.likenesses(
      rows.subarray(ordinal, Math.min(ordinal + portion, count)),
    )) {
      const mean = means[pictures.length]!;
      pictures.push({ pixelSha256, differenceHash, mean: Number.isNaN(mean) ? null : mean });
    }
  }
  const near = await paced(findNearDuplicates(pictures, usualDistance), pace);
  const inverted = await paced(findInverted(pictures), pace);
  const nearBit = qualityBit('nearDuplicate');
  const invertedBit = qualityBit('inverted');
  for (let ordinal = 0; ordinal < count; ordinal++) flags[ordinal]! &= ~(nearBit | invertedBit);
  for (const ordinal of near) flags[ordinal]! |= nearBit;
  for (const ordinal of inverted) flags[ordinal]! |= invertedBit;
  return true;
}
