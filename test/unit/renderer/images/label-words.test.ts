import { expect, test } from 'vitest';

import type { ViewRow } from '../../../../src/contract/image.ts';
import { changedRow, perChoices, rowText } from '../../../../src/renderer/features/images/label-words.ts';
import { countRows, windowsOver } from '../../../../src/renderer/features/images/use-selection-counts.ts';

const row: ViewRow = {
  image: 'i',
  fileName: 'a.png',
  patient: null,
  width: 1,
  height: 1,
  class: 'c1',
  classes: null,
  number: null,
  unsure: true,
  annotated: false,
  part: null,
  series: null,
  modality: null,
  flags: [],
  mine: {
    class: 'NORMAL',
    classes: null,
    number: null,
    unsure: true,
    skipped: false,
    bookmarked: false,
    comment: 'see',
  },
};
const ids: Record<string, string> = { NORMAL: 'c1', EFFUSION: 'c2' };
const idOf = (name: string): string => ids[name]!;

test('a class keeps mark and comment, and takes a skip away', () => {
  const skipped = { ...row, mine: { ...row.mine!, class: null, skipped: true } };
  expect(changedRow(skipped, { class: 'EFFUSION' }, idOf)).toMatchObject({
    class: 'c2',
    unsure: true,
    mine: { class: 'EFFUSION', skipped: false, comment: 'see' },
  });
});

test('skipping and unlabelling take the class away: else the screen shows a label that is gone', () => {
  expect(changedRow(row, { skipped: true }, idOf)).toMatchObject({
    class: null,
    unsure: false,
    mine: { class: null, skipped: true, unsure: false },
  });
  expect(changedRow(row, { class: null }, idOf)).toMatchObject({ class: null, mine: { class: null } });
});

test('a comment and a bookmark change no label', () => {
  expect(changedRow(row, { comment: '' }, idOf)).toEqual({ ...row, mine: { ...row.mine, comment: null } });
  expect(changedRow(row, { bookmarked: true }, idOf)).toMatchObject({
    class: 'c1',
    mine: { bookmarked: true },
  });
});

test('sets of classes and numbers become the label of record at once', () => {
  expect(changedRow(row, { classes: { add: ['EFFUSION'] } }, idOf)).toMatchObject({
    class: null,
    classes: ['c1', 'c2'],
  });
  expect(changedRow(row, { classes: { set: [] } }, idOf)).toMatchObject({
    classes: [],
    mine: { classes: [] },
  });
  expect(changedRow(row, { number: 12.5 }, idOf)).toMatchObject({ number: 12.5, class: null });
});

test('a label stands in words where there is no room for chips', () => {
  const classes = new Map(
    ['NORMAL', 'EFFUSION'].map((name, position) => [
      ids[name]!,
      { id: ids[name]!, name, position, color: '#56b4e9', key: null },
    ]),
  );
  const text = (changes: Partial<ViewRow>): string => rowText({ ...row, ...changes }, classes, 'months');
  expect(text({})).toBe('NORMAL');
  expect(text({ class: null, classes: ['c1', 'c2'] })).toBe('NORMAL, EFFUSION');
  expect(text({ class: null, classes: [] })).toBe('none of them');
  expect(text({ class: null, number: 0 })).toBe('0 months');
  expect(text({ class: null, mine: { ...row.mine!, skipped: true } })).toBe('skipped');
  expect(text({ class: null })).toBe('unlabelled');
  expect(text({ class: null, annotated: true })).toBe('drawn on');
});

test('an image without a patient is a group of its own in the counts', () => {
  const rows = ['a', 'b', 'c'].map((image, at) => ({ ...row, image, patient: at < 2 ? 'P1' : null }));
  expect(countRows(rows)).toMatchObject({ images: 3, patients: 2, unsure: 3 });
});

test('scattered selections are read in few windows: else 5,000 single clicks are 5,000 requests', () => {
  const scattered = Array.from({ length: 300 }, (_, at) => [at * 3, at * 3 + 1] as const);
  expect(windowsOver(scattered, 5000, 500)).toEqual([
    [0, 499],
    [501, 898],
  ]);
  expect(windowsOver([[0, 100_000]], 1200, 500)).toEqual([
    [0, 500],
    [500, 1000],
    [1000, 1200],
  ]);
});

test('cells stand for patients where some are known, for series and studies where there are series', () => {
  const offered = (hasSeries: boolean, hasPatients: boolean) =>
    perChoices({ hasSeries, hasPatients }, 'image').map(({ value }) => value);
  expect(offered(false, false)).toEqual(['image']);
  expect(offered(false, true)).toEqual(['image', 'patient']);
  expect(offered(true, true)).toEqual(['image', 'series', 'study', 'patient']);
  const now = perChoices({ hasSeries: false, hasPatients: false }, 'study');
  expect(now.map(({ value }) => value)).toEqual(['image', 'study']);
});
