import { describe, expect, it } from 'vitest';

import { boneAgeRange, boneAgeSample, girlsAhead } from '../../../../src/core/sample/bone-age.ts';
import { filmSize } from '../../../../src/core/sample/field.ts';
import { drawHandBones } from '../../../../src/core/sample/hand/skeleton.ts';
import type { SampleImage } from '../../../../src/core/sample/template.ts';
import { createRandom } from '../../../../src/core/random.ts';
import {
  correlation,
  drawnInShares,
  firstOfEach,
  meanGrey,
  pixelHash,
} from '../../../support/sample-baselines.ts';

const films = [...boneAgeSample.draw(140, 1)];
const children = firstOfEach(films);

/** From which row on there is something brighter than air in the middle of the film: the longest finger's tip. */
function tipRow({ pixels }: SampleImage): number {
  const edge = filmSize;
  for (let row = 10; row < edge; row += 1) {
    let bright = 0;
    for (let column = 150; column < 360; column += 1) if (pixels[row * edge + column]! > 90) bright += 1;
    if (bright > 8) return row;
  }
  return edge;
}

describe('hand films', () => {
  it('keeps the pixels of generator version 1, so a published sample can be made again', () => {
    expect(boneAgeSample.generatorVersion).toBe(1);
    expect([films[0]!, films[9]!].map((film) => [film.file, pixelHash(film)])).toEqual([
      ['P0001/P0001-1.png', 'b65686a878f9f81e'],
      ['P0004/P0004-1.png', 'c07308a9a959337e'],
    ]);
  });

  it('draws the same in shares as in one go', () => {
    expect(drawnInShares(boneAgeSample, 12, 1, 3)).toEqual(
      [...boneAgeSample.draw(12, 1)].map((film) => [film.file, pixelHash(film)]),
    );
  });

  it('gives all films of a child the same whole number of months within the range, and no class', () => {
    const byChild = new Map(children.map((film) => [film.patient, film.number]));
    for (const { number, patient, className, file } of films) {
      expect(number).toBe(byChild.get(patient));
      expect(Number.isInteger(number)).toBe(true);
      expect(number).toBeGreaterThanOrEqual(boneAgeRange.lowest);
      expect(number).toBeLessThanOrEqual(boneAgeRange.highest);
      expect([className, file.split('/')[0]]).toEqual(['', patient]);
    }
    const months = children.map((film) => film.number!);
    expect(Math.min(...months)).toBeLessThan(40);
    expect(Math.max(...months)).toBeGreaterThan(190);
  });

  it('ripens: carpal bones only come and grow, plates only close', () => {
    const ages = Array.from({ length: 19 }, (_, i) => 12 + 12 * i);
    const hands = ages.map((months) => drawHandBones(months, createRandom(1, 'ripening')));
    const bones = hands.map((hand) => [hand.forearm, ...hand.fingers].flat());
    const carpals = hands.map((hand) => hand.carpals.reduce((sum, carpal) => sum + carpal.grown, 0));
    const closed = bones.map((of) => of.reduce((sum, bone) => sum + bone.plate.closure, 0));
    const widths = bones.map((of) => of.reduce((sum, bone) => sum + bone.plate.width, 0));
    for (const rising of [carpals, closed, widths])
      expect(rising.every((value, i) => i === 0 || value >= rising[i - 1]!)).toBe(true);
    expect(carpals[0]).toBeLessThan(1.5);
    expect(carpals.at(-1)).toBe(8);
    expect(closed[10]).toBe(0);
    expect(closed.at(-1)).toBeGreaterThan(0.9 * bones[0]!.length);
  });

  it('grows: the finger tips of older hands are nearer the upper edge', () => {
    const ripeness = children.map((film) => film.number! + (film.sex === 'F' ? girlsAhead : 0));
    expect(correlation(children.map(tipRow), ripeness)).toBeLessThan(-0.6);
  });

  it('is not told by the mean grey value', () => {
    const r = correlation(
      children.map(meanGrey),
      children.map((film) => film.number!),
    );
    expect(r ** 2).toBeLessThan(0.3);
  });
});
