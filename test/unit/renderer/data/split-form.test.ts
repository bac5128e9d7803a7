import { expect, test } from 'vitest';

import { splitInput, splitParts } from '../../../../src/contract/split.ts';
import {
  formFault,
  percentOf,
  toSplitInput,
  usualForm,
} from '../../../../src/renderer/features/data/split-form.ts';

test('the form as it opens asks for what the engine would choose itself', () => {
  expect(formFault(usualForm())).toBe('');
  expect(toSplitInput('p', usualForm(), true)).toEqual(splitInput.parse({ project: 'p', dryRun: true }));
});

test('percents become shares, and folds count only with cross-validation', () => {
  const form = { ...usualForm(), trainPercent: 80, valPercent: 10, testPercent: 10, folds: 3 };
  expect(toSplitInput('p', form, false)).toMatchObject({ train: 0.8, val: 0.1, test: 0.1, folds: null });
  expect(toSplitInput('p', { ...form, crossValidate: true }, false).folds).toBe(3);
});

test.each([
  [{ trainPercent: 80, valPercent: 30 }, 'The shares make 110 %, more than 100 %.'],
  [{ trainPercent: 80, valPercent: 10, testPercent: 20 }, 'The shares make 110 %. They have to make 100 %.'],
  [{ trainPercent: 120 }, 'A share lies between 0 and 100 %.'],
  [{ seed: null }, 'The seed is a whole number from 0 to 4,294,967,295.'],
  [{ crossValidate: true, folds: 1 }, 'There are 2 to 100 folds.'],
])('%j is told before the engine is asked', (change, fault) => {
  expect(formFault({ ...usualForm(), ...change })).toBe(fault);
});

test('shares that are left out are the engine’s to take', () => {
  const form = { ...usualForm(), valPercent: 30 };
  expect(formFault(form)).toBe('');
  expect(toSplitInput('p', form, true)).toMatchObject({ train: null, val: 0.3, test: null });
});

test('an empty share is said as the split has it', () => {
  const counts = { train: 76, val: 9, test: 35 };
  expect(splitParts.map((part) => percentOf(counts, part))).toEqual(['63.3', '7.5', '29.2']);
  expect(percentOf({ train: 0, val: 0, test: 0 }, 'val')).toBe('');
});

test('thirds that a person rounds make 100 %', () => {
  expect(formFault({ ...usualForm(), trainPercent: 33.33, valPercent: 33.33, testPercent: 33.34 })).toBe('');
});
