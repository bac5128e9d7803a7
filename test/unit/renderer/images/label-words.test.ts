import { expect, test } from 'vitest';

import type { ViewRow } from '../../../../src/contract/dataset.ts';
import { changedRow } from '../../../../src/renderer/features/images/label-words.ts';
import { countRows, windowsOver } from '../../../../src/renderer/features/images/use-selection-counts.ts';

const row: ViewRow = {
  image: 'i',
  fileName: 'a.png',
  patient: null,
  width: 1,
  height: 1,
  class: 'c1',
  unsure: true,
  part: null,
  flags: [],
  mine: { class: 'NORMAL', number: null, unsure: true, skipped: false, comment: 'see' },
};

test('a class keeps mark and comment, and takes a skip away', () => {
  const skipped = { ...row, mine: { ...row.mine!, class: null, skipped: true } };
  expect(changedRow(skipped, { class: 'c2' }, 'EFFUSION')).toMatchObject({
    class: 'c2',
    unsure: true,
    mine: { class: 'EFFUSION', skipped: false, comment: 'see' },
  });
});

test('skipping and unlabelling take the class away: else the screen shows a label that is gone', () => {
  expect(changedRow(row, { skipped: true }, null)).toMatchObject({
    class: null,
    unsure: false,
    mine: { class: null, skipped: true, unsure: false },
  });
  expect(changedRow(row, { class: null }, null)).toMatchObject({ class: null, mine: { class: null } });
});

test('a comment changes no label', () => {
  const changed = changedRow(row, { comment: '' }, null);
  expect(changed).toEqual({ ...row, mine: { ...row.mine, comment: null } });
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
