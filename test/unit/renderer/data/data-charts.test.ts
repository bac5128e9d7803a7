import { describe, expect, it, test } from 'vitest';

import {
  classChart,
  groupChart,
  groupQuery,
  patientChart,
  splitChart,
} from '../../../../src/renderer/features/data/data-charts.ts';
import { keysInOrder, keySwap, movedTo } from '../../../../src/renderer/features/data/use-classes.ts';
import { versionChanges } from '../../../../src/renderer/features/data/version-words.ts';

test('a chart and its table hold the same figures', () => {
  const byClass = [
    { class: 'NORMAL', images: 30, patients: 10, drawn: 0 },
    { class: null, images: 0, patients: 0, drawn: 0 },
  ];
  expect(classChart({ byClass }).table.rows).toEqual([['NORMAL', 30, 10]]);
  // Would catch: a project of masks whose classes seem to have no image at all.
  const ofMasks = classChart({ byClass: [{ class: 'TUMOUR', images: 0, patients: 0, drawn: 12 }] });
  expect(ofMasks.table).toEqual({
    columns: ['Class', 'Images labelled', 'Patients', 'Images drawn on'],
    rows: [['TUMOUR', 0, 0, 12]],
  });
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

test('a key that another class has is swapped: else a class is left without one', () => {
  expect(keySwap(classes, 'a', '2')).toEqual([
    { class: 'a', key: '2' },
    { class: 'b', key: '1' },
  ]);
  expect(keySwap(classes, 'a', 'x')).toEqual([{ class: 'a', key: 'x' }]);
  expect(keySwap(classes, 'a', null)).toEqual([{ class: 'a', key: null }]);
  expect(keySwap(classes, 'a', '1')).toEqual([{ class: 'a', key: '1' }]);
});

test('keys follow the order of the classes, and end where there are no more', () => {
  const many = Array.from({ length: 40 }, (_, at) => ({ ...classes[0]!, id: String(at) }));
  const keys = keysInOrder(many, ['1', '2', '3', 'q']).map(({ key }) => key);
  expect(keys.slice(0, 5)).toEqual(['1', '2', '3', 'q', null]);
  expect(keys.at(-1)).toBeNull();
  expect(new Set(keys.filter((key) => key !== null)).size).toBe(keys.filter((key) => key !== null).length);
});

describe('images by a value', () => {
  const rows = [
    {
      value: 'CT',
      images: 5,
      patients: 2,
      byClass: [
        { class: 'A', n: 3 },
        { class: null, n: 2 },
      ],
    },
    { value: null, images: 1, patients: 1, byClass: [{ class: 'B', n: 1 }] },
  ];

  it('have a bar a value, divided by class in the order of the project', () => {
    const { name, drawn } = groupChart('modality', rows, classes);
    expect(name).toBe('modality');
    expect(drawn.table).toEqual({
      columns: ['Value', 'Images', 'Patients', 'A', 'B', 'No label'],
      rows: [
        ['CT', 5, 2, 3, 0, 2],
        ['not known', 1, 1, 0, 1, 0],
      ],
    });
  });

  it('are opened by a click on a part of a bar, or the wrong images would be shown', () => {
    expect(groupQuery('modality', rows, classes, { seriesIndex: 2, dataIndex: 0 })).toEqual({
      classes: [null],
      fields: { modality: ['CT'] },
    });
    expect(groupQuery('sex', rows, classes, { seriesIndex: 1, dataIndex: 1 })).toEqual({
      classes: ['b'],
      fields: { sex: [null] },
    });
  });

  it('of an age reach to the end of the decade, and unknown ages cannot be asked for', () => {
    const ages = ['40–49', '100+', null].map((value) => ({ ...rows[0]!, value }));
    const query = (dataIndex: number) => groupQuery('age', ages, classes, { seriesIndex: 0, dataIndex });
    expect(query(0)?.age).toEqual({ low: 40, high: 49.999 });
    expect(query(1)?.age).toEqual({ low: 100, high: null });
    expect(query(2)).toBeNull();
  });
});

test('a comparison leaves out what did not happen, and names an absent label', () => {
  const nothing = { n: 0, images: [] };
  const changes = versionChanges({
    same: false,
    added: nothing,
    removed: { n: 2, images: ['x', 'y'] },
    moved: [],
    redrawn: null,
    relabelled: [{ from: null, to: 'NORMAL', n: 1, images: ['z'] }],
  });
  expect(changes.map(({ text, n }) => [text, n])).toEqual([
    ['Label no label became NORMAL', 1],
    ['Left the dataset', 2],
  ]);
});
