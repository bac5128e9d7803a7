import { describe, expect, it } from 'vitest';

import { createRandom } from '../../../../src/core/random.ts';
import {
  type Admission,
  drawAdmission,
  multimodalSample,
  outcomeWeights,
} from '../../../../src/core/sample/multimodal.ts';
import {
  drawnInShares,
  firstOfEach,
  meanGrey,
  pixelHash,
  separation,
} from '../../../support/sample-baselines.ts';

const films = [...multimodalSample.draw(120, 1)];
const admissions = (outcome: 'recovered' | 'deteriorated'): Admission[] =>
  Array.from({ length: 1500 }, (_, i) =>
    drawAdmission(outcome, i % 2 ? 'F' : 'M', createRandom(2, outcome, i)),
  );
const [recovered, deteriorated] = [admissions('recovered'), admissions('deteriorated')];

describe('films with a clinical table', () => {
  it('keeps the pixels of generator version 1, so a published sample can be made again', () => {
    expect(multimodalSample.generatorVersion).toBe(1);
    expect([films[0]!, films[9]!].map((film) => [film.file, pixelHash(film)])).toEqual([
      ['deteriorated/P0001/P0001-1.png', 'd92efbd3cc9cc67f'],
      ['recovered/P0004/P0004-1.png', '8ede9632bb9a56c3'],
    ]);
  });

  it('draws the same in shares as in one go', () => {
    expect(drawnInShares(multimodalSample, 12, 1, 3)).toEqual(
      [...multimodalSample.draw(12, 1)].map((film) => [film.file, pixelHash(film)]),
    );
  });

  it('has one record a patient, of every column, with age and sex as the films have them', () => {
    const byPatient = new Map(films.map((film) => [film.patient, film.record]));
    for (const { record, patient, ageYears, sex } of films) {
      expect(record).toEqual(byPatient.get(patient));
      expect(Object.keys(record!)).toEqual([
        'age (years)',
        'sex',
        'temperature (°C)',
        'crp (mg/l)',
        'oxygen saturation (%)',
        'smoker',
        'prior admissions',
      ]);
      expect([record!['age (years)'], record!['sex']]).toEqual([ageYears, sex]);
    }
  });

  it('has values that a body can have, and 5 to 10 % of the measured cells missing', () => {
    const records = [...recovered, ...deteriorated].map((admission) => admission.record);
    const ranges: [string, number, number][] = [
      ['age (years)', 24, 92],
      ['temperature (°C)', 34.5, 41],
      ['crp (mg/l)', 1, 220],
      ['oxygen saturation (%)', 84, 100],
      ['prior admissions', 0, 5],
    ];
    for (const [column, low, high] of ranges) {
      const values = records.map((record) => record[column]).filter((value) => value !== null) as number[];
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
    }
    const cells = records.flatMap((record) => Object.values(record).slice(2));
    const missing = cells.filter((cell) => cell === null).length / cells.length;
    expect(missing).toBeGreaterThan(0.05);
    expect(missing).toBeLessThan(0.1);
  });

  it('tells more by film and table together than by either: the bounds that the generator states', () => {
    const { image, table } = outcomeWeights;
    const bound = (of: (admission: Admission) => number): number =>
      separation(recovered.map(of), deteriorated.map(of));
    for (const [stated, of] of [
      [0.83, (admission: Admission) => admission.finding],
      [0.8, (admission: Admission) => admission.score],
      [0.97, (admission: Admission) => image * admission.finding + table * admission.score],
    ] as const)
      expect(Math.abs(bound(of) - stated)).toBeLessThan(0.015);
  });

  it('keeps film and table apart: over both outcomes the finding says nothing of the score', () => {
    const all = [...recovered, ...deteriorated];
    const product = all.reduce((sum, { finding, score }) => sum + finding * score, 0) / all.length;
    expect(Math.abs(product)).toBeLessThan(0.08);
    const square = all.reduce((sum, { score }) => sum + score * score, 0) / all.length;
    expect(square).toBeGreaterThan(0.85);
    expect(square).toBeLessThan(1.15);
  });

  it('is not told by the mean grey value', () => {
    const [first, second] = multimodalSample.classes.map((name) =>
      firstOfEach(films)
        .filter((film) => film.className === name)
        .map(meanGrey),
    );
    expect(separation(first!, second!)).toBeLessThan(0.7);
  });
});
