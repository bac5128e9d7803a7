import { describe, expect, it } from 'vitest';

import { mriSegmentationSample } from '../../../../src/core/sample/mri-segmentation.ts';
import type { SampleImage, SampleMask } from '../../../../src/core/sample/template.ts';
import { correlation, drawnInShares, meanGrey, pixelHash } from '../../../support/sample-baselines.ts';

const slices = [...mriSegmentationSample.draw(60, 1)];

function maskOf(slice: SampleImage, className: string): SampleMask | undefined {
  return slice.masks?.find((mask) => mask.className === className);
}

function pixelsOf(mask: SampleMask | undefined): number {
  return mask === undefined ? 0 : mask.data.reduce((sum, value) => sum + value, 0);
}

/** What can be reached from the picture's edge over air and scalp without crossing dark bone twice: not the head. */
function airAround({ pixels, width, height }: SampleImage): Uint8Array {
  const air = new Uint8Array(width * height);
  const queue = [0, width - 1, width * (height - 1), width * height - 1];
  while (queue.length > 0) {
    const at = queue.pop()!;
    if (air[at] === 1 || pixels[at]! > 40) continue;
    air[at] = 1;
    const column = at % width;
    if (column > 0) queue.push(at - 1);
    if (column < width - 1) queue.push(at + 1);
    if (at >= width) queue.push(at - width);
    if (at < width * (height - 1)) queue.push(at + width);
  }
  return air;
}

describe('MR slices with a tumour', () => {
  it('keeps the pixels of generator version 1, so a published sample can be made again', () => {
    expect(mriSegmentationSample.generatorVersion).toBe(1);
    expect([slices[0]!, slices[9]!].map((slice) => [slice.file, pixelHash(slice)])).toEqual([
      ['P0001/P0001-1.png', '57802cf31d9adfd4'],
      ['P0004/P0004-1.png', '9ac4b227027ef0f6'],
    ]);
  });

  it('draws the same in shares as in one go', () => {
    expect(drawnInShares(mriSegmentationSample, 60, 1, 4)).toEqual(
      slices.map((slice) => [slice.file, pixelHash(slice)]),
    );
  });

  it('has masks of 0 and 1 that never overlap and never are empty', () => {
    for (const slice of slices) {
      for (const mask of slice.masks!) {
        expect(mask.data).toHaveLength(slice.width * slice.height);
        expect(mask.data.every((value) => value <= 1)).toBe(true);
        expect(pixelsOf(mask)).toBeGreaterThan(0);
      }
      const [tumour, oedema] = [maskOf(slice, 'tumour'), maskOf(slice, 'oedema')];
      if (tumour && oedema)
        expect(tumour.data.some((value, at) => value === 1 && oedema.data[at] === 1)).toBe(false);
    }
  });

  it('keeps every mask well inside the head: 10 pixels from the air around it', () => {
    for (const slice of slices) {
      const air = airAround(slice);
      for (const mask of slice.masks!) {
        mask.data.forEach((value, at) => {
          if (value === 0) return;
          for (const step of [-10, 10, -10 * slice.width, 10 * slice.width]) expect(air[at + step]).toBe(0);
        });
      }
    }
  });

  it('has slices and patients without a tumour, and oedema around most tumours', () => {
    const withTumour = slices.filter((slice) => maskOf(slice, 'tumour'));
    expect(withTumour.length).toBeGreaterThan(0.5 * slices.length);
    expect(withTumour.length).toBeLessThan(0.95 * slices.length);
    const ill = new Set(slices.filter((slice) => slice.masks!.length > 0).map((slice) => slice.patient));
    expect(ill.size).toBeLessThan(new Set(slices.map((slice) => slice.patient)).size);
    const around = withTumour.filter((slice) => maskOf(slice, 'oedema')).length;
    expect(around).toBeGreaterThan(0.9 * withTumour.length);
  });

  it('does not tell the size of the tumour by the mean grey value', () => {
    const sizes = slices.map(
      (slice) => pixelsOf(maskOf(slice, 'tumour')) + pixelsOf(maskOf(slice, 'oedema')),
    );
    expect(correlation(slices.map(meanGrey), sizes) ** 2).toBeLessThan(0.15);
  });

  it('cannot be segmented by one threshold: the best one reaches a Dice of less than a half', () => {
    const thresholds = Array.from({ length: 50 }, (_, i) => 5 * i);
    const dice = thresholds.map((threshold) => {
      let [both, marked, true_] = [0, 0, 0];
      for (const slice of slices) {
        const truth = maskOf(slice, 'tumour')?.data;
        slice.pixels.forEach((value, at) => {
          const isBright = value > threshold;
          if (isBright) marked += 1;
          if (truth?.[at] === 1) true_ += 1;
          if (isBright && truth?.[at] === 1) both += 1;
        });
      }
      return (2 * both) / (marked + true_);
    });
    expect(Math.max(...dice)).toBeLessThan(0.5);
  });

  it('lies as its neighbours do: slices of one patient have neither class nor number', () => {
    for (const { file, className, patient, number } of slices) {
      expect(file).toMatch(new RegExp(`^${patient}/${patient}-[1-5]\\.png$`));
      expect(className).toBe('');
      expect(number).toBeUndefined();
    }
  });
});
