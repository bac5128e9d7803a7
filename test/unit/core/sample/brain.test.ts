import { describe, expect, it } from 'vitest';

import { brainSample } from '../../../../src/core/sample/brain.ts';
import type { SampleImage } from '../../../../src/core/sample/template.ts';
import {
  drawnInShares,
  firstOfEach,
  meanGrey,
  pixelHash,
  separation,
} from '../../../support/sample-baselines.ts';

const slices = [...brainSample.draw(210, 1)];
const people = firstOfEach(slices);
const [healthy, impaired, ill] = brainSample.classes.map((name) =>
  people.filter((slice) => slice.className === name),
) as [SampleImage[], SampleImage[], SampleImage[]];

/** Share of dark pixels among those of the middle of the brain, where the ventricles are, against their median. */
function fluidInTheMiddle({ pixels, width }: SampleImage): number {
  const middle: number[] = [];
  for (let row = 75; row < 140; row += 1)
    for (let column = 88; column < 168; column += 1) middle.push(pixels[row * width + column]!);
  const sorted = [...middle].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  return middle.filter((value) => value < 0.45 * median).length / middle.length;
}

describe('brain slices', () => {
  it('keeps the pixels of generator version 2, so a published sample can be made again', () => {
    expect(brainSample.generatorVersion).toBe(2);
    expect([slices[0]!, slices[9]!].map((slice) => [slice.file, pixelHash(slice)])).toEqual([
      ['healthy/P0001/P0001-1.png', 'a388bee411991e7c'],
      ["Alzheimer's/P0004/P0004-1.png", 'cb6982a61676ef67'],
    ]);
  });

  it('draws the same in shares as in one go', () => {
    expect(drawnInShares(brainSample, 12, 1, 3)).toEqual(
      [...brainSample.draw(12, 1)].map((slice) => [slice.file, pixelHash(slice)]),
    );
  });

  it('has more fluid in the middle from stage to stage, with overlap', () => {
    const of = (group: SampleImage[]): number[] => group.map(fluidInTheMiddle);
    const [first, second, third] = [of(healthy), of(impaired), of(ill)] as const;
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(second)).toBeGreaterThan(mean(first));
    expect(mean(third)).toBeGreaterThan(mean(second));
    expect(separation(first, third)).toBeGreaterThan(0.8);
    expect(separation(first, second)).toBeLessThan(0.97);
    expect(separation(second, third)).toBeLessThan(0.97);
  });

  it('is not told by the mean grey value', () => {
    expect(separation(healthy.map(meanGrey), ill.map(meanGrey))).toBeLessThan(0.7);
    expect(separation(healthy.map(meanGrey), impaired.map(meanGrey))).toBeLessThan(0.7);
  });

  it('is not told by age: stages are drawn from the same years', () => {
    const ages = (group: SampleImage[]): number[] => group.map((slice) => slice.ageYears);
    expect(separation(ages(healthy), ages(ill))).toBeLessThan(0.7);
  });

  it('files each slice under its stage and its patient', () => {
    for (const { file, className, patient } of slices)
      expect(file).toBe(`${className}/${patient}/${file.slice(file.lastIndexOf('/') + 1)}`);
  });
});
