import { describe, expect, it } from 'vitest';

import { filmSize } from '../../../../src/core/sample/field.ts';
import { burnText, fittingHeight } from '../../../../src/core/sample/lettering.ts';
import { pneumoniaSample } from '../../../../src/core/sample/pneumonia.ts';
import { privacySample } from '../../../../src/core/sample/privacy.ts';
import { drawnInShares, pixelHash } from '../../../support/sample-baselines.ts';

const films = [...privacySample.draw(60, 1)];
const bare = [...pneumoniaSample.draw(60, 1)];
const isMarked = (film: (typeof films)[number]): boolean =>
  Object.values(film.record!).some((value) => value !== null);

describe('films with a name burned in', () => {
  it('keeps the pixels of generator version 1, so a published sample can be made again', () => {
    expect(privacySample.generatorVersion).toBe(1);
    expect([films[0]!, films[9]!].map((film) => [film.file, pixelHash(film)])).toEqual([
      ['NORMAL/P0001/P0001-1.png', '6ad80096d223d9ad'],
      ['NORMAL/P0004/P0004-1.png', 'd20d43909b38fe22'],
    ]);
  });

  it('draws the same in shares as in one go', () => {
    expect(drawnInShares(privacySample, 12, 1, 3)).toEqual(
      [...privacySample.draw(12, 1)].map((film) => [film.file, pixelHash(film)]),
    );
  });

  it('writes on a film if and only if its record says so, and leaves the rest of it as it is', () => {
    films.forEach((film, i) => {
      const changed = film.pixels.filter((value, at) => value !== bare[i]!.pixels[at]).length;
      expect(changed > 0).toBe(isMarked(film));
      expect(changed).toBeLessThan(0.25 * film.pixels.length);
    });
    const marked = films.filter(isMarked).length / films.length;
    expect(marked).toBeGreaterThan(0.55);
    expect(marked).toBeLessThan(0.95);
  });

  it('has the same record on all films of a patient, in forms that can be read', () => {
    const byPatient = new Map(films.map((film) => [film.patient, film.record]));
    for (const { record, patient, ageYears } of films) {
      expect(record).toEqual(byPatient.get(patient));
      const { name, hospital_number: number, birth_date: birth } = record!;
      if (name !== null) expect(name).toMatch(/^[A-Z]+, [A-Z]+$/);
      if (number !== null) expect(number).toMatch(/^\d{8}$/);
      if (birth !== null) expect(birth).toContain(String(2024 - ageYears));
    }
  });

  it('writes letters of at least 14 pixels, white on black, in different corners', () => {
    const corners = new Set<number>();
    films.filter(isMarked).forEach((film) => {
      const i = films.indexOf(film);
      const rows = new Set<number>();
      let columns = 0;
      film.pixels.forEach((value, at) => {
        if (value === bare[i]!.pixels[at]) return;
        rows.add(Math.floor(at / filmSize));
        columns += (at % filmSize) - filmSize / 2;
      });
      const top = Math.min(...rows) < filmSize / 2 ? 0 : 2;
      corners.add(top + (columns < 0 ? 0 : 1));
      expect(rows.size).toBeGreaterThan(2 * 14);
    });
    expect(corners.size).toBe(4);
  });
});

describe('burned-in lettering', () => {
  it('knows every sign that names, numbers and dates are written with', () => {
    const pixels = new Uint8Array(filmSize * filmSize).fill(100);
    for (const sign of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.,:/') {
      const block = { lines: [sign], height: 20, corner: [0, 0], inset: [5, 5] } as const;
      expect(() => burnText(pixels, block)).not.toThrow();
      expect(pixels.includes(255)).toBe(true);
      pixels.fill(100);
    }
  });

  it('keeps the longest line inside the film at the height that fits it', () => {
    const lines = ['NAME: HOFFMANN, CHRISTOPHER'];
    const pixels = new Uint8Array(filmSize * filmSize).fill(100);
    burnText(pixels, { lines, height: fittingHeight(lines, filmSize), corner: [0, 0], inset: [0, 0] });
    const lastColumn = Array.from({ length: filmSize }, (_, row) => pixels[row * filmSize + filmSize - 1]!);
    expect(lastColumn.includes(255)).toBe(false);
    expect(lastColumn.includes(0)).toBe(true);
  });
});
