import { expect, it } from 'vitest';

import { qualityOf } from '../../../src/core/quality.ts';

const film = { mean: 0.45, deviation: 0.2, sharpness: 0.0005, generated: false };

it('says nothing of an ordinary film, nor of one that was imported before it was measured', () => {
  expect(qualityOf(film)).toEqual([]);
  expect(qualityOf({ mean: null, deviation: null, sharpness: null, generated: false })).toEqual([]);
});

it('does not call handwritten digits on black dark', () => {
  expect(qualityOf({ mean: 0.13, deviation: 0.31, sharpness: 0.08, generated: false })).toEqual([]);
});

it('calls a picture blurred by its own contrast, so that a pale sharp one is not, and an empty one is not either', () => {
  expect(qualityOf({ ...film, sharpness: 0.00002 })).toEqual(['blurred']);
  expect(qualityOf({ ...film, deviation: 0.05, sharpness: 0.00003 })).toEqual([]);
  expect(qualityOf({ ...film, deviation: 0, sharpness: 0 })).toEqual(['lowContrast']);
});

it('finds dark, bright and generated pictures', () => {
  expect(qualityOf({ ...film, mean: 0.01, generated: true })).toEqual(['dark', 'generated']);
  expect(qualityOf({ ...film, mean: 0.99 })).toEqual(['bright']);
});
