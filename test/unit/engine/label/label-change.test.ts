import { afterEach, beforeEach, expect, it } from 'vitest';

import type { LabelSchema } from '../../../../src/contract/project.ts';
import { mergeWord, resolveChange } from '../../../../src/engine/label/label-change.ts';
import { changeLabels } from '../../../../src/engine/project/labels.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

it('keeps what a change leaves out', () => {
  const word = { class: 'a', unsure: true as const, comment: 'left' };
  expect(mergeWord(word, { class: 'b' })).toEqual({ class: 'b', unsure: true, comment: 'left' });
  expect(mergeWord(word, { unsure: false })).toEqual({ class: 'a', comment: 'left' });
  expect(mergeWord(word, { comment: ' right ' })).toEqual({ class: 'a', unsure: true, comment: 'right' });
  expect(mergeWord(word, { bookmarked: true })).toEqual({ ...word, bookmarked: true });
});

it('lets a class end a skip, and a skip end a class with its doubt', () => {
  expect(mergeWord({ skipped: true, comment: 'c' }, { class: 'a' })).toEqual({ class: 'a', comment: 'c' });
  expect(mergeWord({ class: 'a', unsure: true }, { skipped: true })).toEqual({ skipped: true });
  expect(mergeWord({ skipped: true }, { classes: { set: [] } })).toEqual({ classes: [] });
  expect(mergeWord({ skipped: true }, { class: null })).toEqual({ skipped: true });
});

it('keeps a bookmark through labels and skips', () => {
  const marked = mergeWord(null, { bookmarked: true });
  expect(mergeWord(marked, { number: 3 })).toEqual({ number: 3, bookmarked: true });
  expect(mergeWord(marked, { skipped: true })).toEqual({ skipped: true, bookmarked: true });
  expect(mergeWord({ number: 3, bookmarked: true }, { number: null })).toEqual(marked);
  expect(mergeWord(marked, { bookmarked: false })).toBeNull();
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
  const added = mergeWord(mergeWord(null, { classes: { add: ['b'], remove: [] } }), {
    classes: { add: ['a'], remove: ['b'] },
  });
  expect(added).toEqual({ classes: ['a'] });
});

it('gives one label: another kind of it goes, a single class counts as a set of one, merged ones as their heir', () => {
  expect(mergeWord({ class: 'a' }, { number: 4 })).toEqual({ number: 4 });
  expect(mergeWord({ number: 4, comment: 'c' }, { classes: { set: ['b', 'a', 'b'] } })).toEqual({
    classes: ['a', 'b'],
    comment: 'c',
  });
  expect(mergeWord({ class: 'a' }, { classes: { add: ['b'], remove: [] } })).toEqual({ classes: ['a', 'b'] });
  const heirs = new Map([['old', 'new']]);
  expect(mergeWord({ classes: ['old', 'x'] }, { classes: { add: [], remove: ['new'] } }, heirs)).toEqual({
    classes: ['x'],
  });
});

let project: ImageProject;
beforeEach(async () => {
  project = await openImageProject();
});
afterEach(() => project.close());

const become = (labels: Partial<LabelSchema>): void => {
  const usual: LabelSchema = { kind: 'single', level: 'image', number: null, shapes: [] };
  changeLabels(project.session, { ...usual, ...labels }, 'Ada');
};
const refused = (change: Parameters<typeof resolveChange>[1]): string => {
  try {
    return `taken: ${JSON.stringify(resolveChange(project.session, change))}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

it('takes numbers within the range and with as many decimals as the project has, and says what they are', () => {
  become({ kind: 'number', number: { unit: 'months', low: 0, high: 240, decimals: 1 } });
  expect(refused({ number: 84.5 })).toBe('taken: {"number":84.5}');
  expect(refused({ number: 240.1 })).toBe('240.1 is outside of the range: 0–240 months.');
  expect(refused({ number: 84.55 })).toBe('Numbers have up to 1 decimal here, and 84.55 has more.');
  expect(refused({ class: 'opacity' })).toBe('One class is no label of this project: a label is a number.');
  become({ kind: 'number', number: { unit: '', low: 1, high: null, decimals: 0 } });
  expect(refused({ number: 0 })).toBe('0 is outside of the range: from 1.');
  expect(refused({ number: 1.5 })).toBe('Numbers are whole here, and 1.5 has more.');
});

it('takes sets of classes by name or id, and none that is there and not there at once', () => {
  become({ kind: 'multi' });
  const id = project.classId('opacity');
  expect(resolveChange(project.session, { classes: { add: ['OPACITY'], remove: [] } })).toEqual({
    classes: { add: [id], remove: [] },
  });
  expect(refused({ classes: { add: ['opacity'], remove: [id] } })).toBe(
    '"opacity" cannot be added and taken away at once.',
  );
  expect(refused({ classes: { set: ['fracture'] } })).toBe('There is no class "fracture".');
  expect(refused({ number: 1 })).toBe('A number is no label of this project: a label is a set of classes.');
  expect(refused({ classes: { set: [] }, skipped: true })).toBe(
    'An image cannot be skipped and have a label at once.',
  );
  become({ kind: 'ordinal' });
  expect(refused({ classes: { set: [] } })).toBe(
    'A set of classes is no label of this project: a label is one grade.',
  );
  expect(refused({})).toBe('The change says nothing.');
});
