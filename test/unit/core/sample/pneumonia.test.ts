import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { dealPatients } from '../../../../src/core/sample/cohort.ts';
import { filmSize } from '../../../../src/core/sample/field.ts';
import { pneumoniaSample } from '../../../../src/core/sample/pneumonia.ts';
import type { SampleImage } from '../../../../src/core/sample/template.ts';

const classes = pneumoniaSample.classes;
const films = [...pneumoniaSample.draw(14, 1)];

function sha256(image: SampleImage): string {
  return createHash('sha256').update(image.pixels).digest('hex').slice(0, 16);
}

/** Mean of 16 × 16 blocks: what a film looks like from afar. */
function fromAfar(image: SampleImage): number[] {
  const block = filmSize / 16;
  const sums = new Array<number>(256).fill(0);
  image.pixels.forEach((value, at) => {
    const row = Math.floor(at / filmSize / block);
    sums[row * 16 + Math.floor((at % filmSize) / block)]! += value / (block * block);
  });
  return sums;
}

function distance(a: number[], b: number[]): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
}

describe('pneumonia films', () => {
  it('keeps the pixels of generator version 1, so a published sample can be made again', () => {
    expect(pneumoniaSample.generatorVersion).toBe(1);
    expect([films[0]!, films[3]!, films[7]!, films[12]!].map((film) => [film.file, sha256(film)])).toEqual([
      ['NORMAL/P0001/P0001-1.png', '10f4b8461d21af95'],
      ['PNEUMONIA/P0002/P0002-2.png', '01728380533bba80'],
      ['PNEUMONIA/P0003/P0003-2.png', '341b456021febe54'],
      ['NORMAL/P0004/P0004-4.png', '1eb2e990efdf06f0'],
    ]);
  });

  it('draws other films for another seed', () => {
    const [other] = pneumoniaSample.draw(8, 2);
    expect(films.map(sha256)).not.toContain(sha256(other!));
  });

  it('draws no film twice', () => {
    expect(new Set(films.map(sha256)).size).toBe(films.length);
  });

  it('is neither black nor burnt out, nor without lungs', () => {
    for (const { pixels } of films) {
      const sorted = pixels.slice().sort();
      expect(sorted[Math.floor(0.05 * sorted.length)]).toBeLessThan(70);
      expect(sorted[Math.floor(0.95 * sorted.length)]).toBeGreaterThan(150);
      expect(sorted[Math.floor(0.7 * sorted.length)]).toBeLessThan(250);
    }
  });

  it('gives a patient a look of their own: two films of one differ less than films of two', () => {
    const looks = films.map((film) => ({ patient: film.patient, look: fromAfar(film) }));
    const pairs = looks.flatMap((a, i) =>
      looks.slice(i + 1).map((b) => ({ same: a.patient === b.patient, distance: distance(a.look, b.look) })),
    );
    const mean = (same: boolean): number => {
      const chosen = pairs.filter((pair) => pair.same === same);
      return chosen.reduce((sum, pair) => sum + pair.distance, 0) / chosen.length;
    };
    expect(mean(true)).toBeLessThan(0.6 * mean(false));
  });

  it('files each film under its class and its patient', () => {
    for (const { file, className, patient, ageYears, sex } of films) {
      expect(file).toMatch(new RegExp(`^${className}/${patient}/${patient}-[1-5]\\.png$`));
      expect(ageYears).toBeGreaterThan(17);
      expect(['F', 'M']).toContain(sex);
    }
  });
});

describe('dealing films to patients', () => {
  it.each([8, 9, 11, 13, 200, 601, 1000])('deals exactly %i films, two to five each', (images) => {
    const patients = dealPatients(images, classes, 3);
    expect(patients.reduce((sum, patient) => sum + patient.films, 0)).toBe(images);
    for (const patient of patients) {
      expect(patient.films).toBeGreaterThanOrEqual(2);
      expect(patient.films).toBeLessThanOrEqual(5);
    }
    expect(new Set(patients.map((patient) => patient.key)).size).toBe(patients.length);
  });

  it('gives each class as many patients, give or take one, and none of the even or odd numbers to one class', () => {
    const patients = dealPatients(600, classes, 1);
    const ill = patients.filter((patient) => patient.className === 'PNEUMONIA');
    expect(Math.abs(patients.length - 2 * ill.length)).toBeLessThanOrEqual(1);
    const odd = ill.filter((patient) => patient.number % 2 === 1).length / ill.length;
    expect(odd).toBeGreaterThan(0.3);
    expect(odd).toBeLessThan(0.7);
  });
});
