import { describe, expect, it } from 'vitest';

import { augmentationStudySample } from '../../../../src/core/sample/augmentation-study.ts';
import type { SampleImage } from '../../../../src/core/sample/template.ts';
import {
  drawnInShares,
  firstOfEach,
  meanGrey,
  pixelHash,
  separation,
} from '../../../support/sample-baselines.ts';

const films = [...augmentationStudySample.draw(90, 1)];

describe('films of hands in any position', () => {
  it('keeps the pixels of generator version 1, so a published sample can be made again', () => {
    expect(augmentationStudySample.generatorVersion).toBe(1);
    expect([films[0]!, films[9]!].map((film) => [film.file, pixelHash(film)])).toEqual([
      ['younger/P0001/P0001-1.png', 'cc52b6532ab2250a'],
      ['younger/P0004/P0004-1.png', '68cb55a9bdacc209'],
    ]);
  });

  it('draws the same in shares as in one go', () => {
    expect(drawnInShares(augmentationStudySample, 12, 1, 3)).toEqual(
      [...augmentationStudySample.draw(12, 1)].map((film) => [film.file, pixelHash(film)]),
    );
  });

  it('lets films of one patient differ in exposure, as the augmentation is to', () => {
    const levels = new Map<string, number[]>();
    for (const film of films) levels.set(film.patient, [...(levels.get(film.patient) ?? []), meanGrey(film)]);
    const spans = [...levels.values()].map((of) => Math.max(...of) - Math.min(...of));
    expect(spans.reduce((a, b) => a + b, 0) / spans.length).toBeGreaterThan(10);
  });

  it('is told neither by the mean grey value nor by how large the hand is', () => {
    const patients = firstOfEach(films);
    const [younger, older] = augmentationStudySample.classes.map((name) =>
      patients.filter((film) => film.className === name),
    );
    expect(separation(younger!.map(meanGrey), older!.map(meanGrey))).toBeLessThan(0.7);
    /** Pixels well above the film's own median, which is air. */
    const area = ({ pixels }: SampleImage): number => {
      const median = [...pixels].sort((a, b) => a - b)[pixels.length >> 1]!;
      return pixels.filter((value) => value > median + 25).length;
    };
    expect(separation(younger!.map(area), older!.map(area))).toBeLessThan(0.7);
  });
});
