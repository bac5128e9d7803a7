import { expect, test } from 'vitest';

import { classChart, patientChart, splitChart } from '../../../../src/renderer/features/data/data-charts.ts';
import { keyConflict, movedTo } from '../../../../src/renderer/features/data/use-classes.ts';
import { versionChanges } from '../../../../src/renderer/features/data/version-words.ts';

test('a chart and its table hold the same figures', () => {
  const byClass = [
    { class: 'NORMAL', images: 30, patients: 10 },
    { class: null, images: 0, patients: 0 },
  ];
  expect(classChart({ byClass }).table.rows).toEqual([['NORMAL', 30, 10]]);
  const split = splitChart({ byClass: { NORMAL: { train: 7, val: 2, test: 1 } } });
  expect(split.table.rows).toEqual([['NORMAL', 7, 2, 1]]);
  expect(split.option.series).toMatchObject([{ data: [7] }, { data: [2] }, { data: [1] }]);
});

test('rare high numbers of images share a bar, and no patient is lost', () => {
  const imagesPerPatient = Array.from({ length: 20 }, (_, at) => ({ images: 20 - at, patients: 2 }));
  const { option, table } = patientChart({ imagesPerPatient });
  const [series] = option.series as { data: number[] }[];
  expect(series!.data).toHaveLength(13);
  expect(series!.data.reduce((sum, n) => sum + n, 0)).toBe(40);
  expect(table.rows).toHaveLength(20);
});

const classes = ['a', 'b', 'c'].map((id, position) => ({
  id,
  name: id.toUpperCase(),
  position,
  color: '#000000',
  key: String(position + 1),
}));

test('moving a class keeps every other in its order', () => {
  expect(movedTo(classes, 0, 2)).toEqual(['b', 'c', 'a']);
  expect(movedTo(classes, 2, 0)).toEqual(['c', 'a', 'b']);
});

test('a key of another class is told by that class; its own and none are free', () => {
  expect(keyConflict(classes, 'a', '2')).toBe('2 labels B already');
  expect(keyConflict(classes, 'a', '1')).toBe('');
  expect(keyConflict(classes, 'a', null)).toBe('');
});

test('a comparison leaves out what did not happen, and names an absent label', () => {
  const nothing = { n: 0, images: [] };
  const changes = versionChanges({
    same: false,
    added: nothing,
    removed: { n: 2, images: ['x', 'y'] },
    moved: [],
    relabelled: [{ from: null, to: 'NORMAL', n: 1, images: ['z'] }],
  });
  expect(changes.map(({ text, n }) => [text, n])).toEqual([
    ['Label no label became NORMAL', 1],
    ['Left the dataset', 2],
  ]);
});
