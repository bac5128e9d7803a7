import { expect, test } from 'vitest';

import { decodeQuery } from '../../../../src/renderer/api/query-string.ts';
import { filterChips, filterOptions } from '../../../../src/renderer/features/images/filter-options.ts';

const classes = [
  { id: 'c1', name: 'NORMAL', position: 0, color: '#56b4e9', key: '1' },
  { id: 'c2', name: 'PNEUMONIA', position: 1, color: '#e69f00', key: '2' },
];
const names = {
  classes: new Map(classes.map((entry) => [entry.id, entry])),
  readers: new Map([['r1', 'Weber']]),
  unit: 'months',
};

test('a chip takes away its own filter and no other', () => {
  const query = decodeQuery({ class: 'c1,~', patient: '~,P7', text: 'left' });
  const chips = filterChips(query, names, '');
  expect(chips.map(({ text }) => text)).toEqual([
    '“left”',
    'NORMAL',
    'No label',
    'Patient unknown',
    'Patient P7',
  ]);
  expect(chips[1]!.without).toEqual({ classes: [null] });
  expect(chips[3]!.without).toEqual({ patients: ['P7'] });
});

test('a list takes its own order along when it goes: else nothing is left to sort by', () => {
  const query = { ...decodeQuery({ sort: 'given' }), images: ['a'] };
  expect(filterChips(query, names, 'Worst errors')[0]).toMatchObject({
    text: 'Worst errors',
    without: { images: null, sort: { by: 'added', descending: false } },
  });
  expect(filterChips(query, names, null)[0]!.text).toBe('A list that is no longer kept');
});

test('every class is offered, with 0 where no image has it', () => {
  const facets = {
    classes: [{ class: 'c2', n: 5 }],
    readers: [],
    status: [],
    parts: [],
    quality: [],
    fields: [],
    age: null,
    number: null,
  };
  expect(filterOptions(facets, classes, false).classes.map(({ label, n }) => [label, n])).toEqual([
    ['NORMAL', 0],
    ['PNEUMONIA', 5],
    ['No label', 0],
  ]);
});

// Would catch: images whose drawings a training of masks uses, and that are offered as “no label” only.
test('where shapes are drawn it is offered what is drawn on, and what nobody touched', () => {
  const offered = (draws: boolean): string[] =>
    filterOptions(null, classes, draws).status.map(({ label }) => label);
  expect(offered(true).slice(0, 3)).toEqual(['No label', 'Drawn on', 'Neither label nor drawing']);
  expect(offered(false)).not.toContain('Drawn on');
  expect(offered(true)).toHaveLength(offered(false).length + 2);
});

test('a value of a field is taken away alone, and a field without values is no filter', () => {
  const query = decodeQuery({ modality: 'CT,~', laterality: 'L' });
  const chips = filterChips(query, names, '');
  expect(chips.map(({ text }) => text)).toEqual(['Modality: CT', 'Modality: not known', 'Side: left']);
  expect(chips[0]!.without).toEqual({ fields: { modality: [null], laterality: ['L'] } });
  expect(chips[2]!.without).toEqual({ fields: { modality: ['CT', null] } });
});

test('ranges, series and collapsed cells are told among the filters: else images seem to be missing', () => {
  const query = decodeQuery({ age: '40..', number: '..12.5', series: 's1', study: 'a,b', per: 'series' });
  expect(filterChips(query, names, '').map(({ text }) => text)).toEqual([
    'Age from 40 years',
    'Number up to 12.5 months',
    '2 studies',
    'A series',
    'One of each series',
  ]);
});
