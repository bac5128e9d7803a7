import { expect, it } from 'vitest';

import { mergeWord } from '../../../../src/engine/label/label-change.ts';

it('keeps what a change leaves out', () => {
  const word = { class: 'a', unsure: true as const, comment: 'left' };
  expect(mergeWord(word, { class: 'b' })).toEqual({ class: 'b', unsure: true, comment: 'left' });
  expect(mergeWord(word, { unsure: false })).toEqual({ class: 'a', comment: 'left' });
  expect(mergeWord(word, { comment: ' right ' })).toEqual({ class: 'a', unsure: true, comment: 'right' });
});

it('lets a class end a skip, and a skip end a class with its doubt', () => {
  expect(mergeWord({ skipped: true, comment: 'c' }, { class: 'a' })).toEqual({ class: 'a', comment: 'c' });
  expect(mergeWord({ class: 'a', unsure: true }, { skipped: true })).toEqual({ skipped: true });
});

it('is no word once nothing is left of it', () => {
  expect(mergeWord({ class: 'a', unsure: true }, { class: null })).toBeNull();
  expect(mergeWord({ comment: 'c' }, { comment: '' })).toBeNull();
  expect(mergeWord({ skipped: true }, { skipped: false })).toBeNull();
  expect(mergeWord(null, { comment: null })).toBeNull();
});

it('stores equal words as equal texts, in whatever order they came about', () => {
  const oneWay = mergeWord(mergeWord({ comment: 'c' }, { unsure: true }), { class: 'a' });
  const otherWay = mergeWord(mergeWord({ class: 'a' }, { comment: 'c' }), { unsure: true });
  expect(JSON.stringify(oneWay)).toBe(JSON.stringify(otherWay));
});
