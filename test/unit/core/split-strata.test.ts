import { expect, it } from 'vitest';

import { makeSplit, type SplitRow } from '../../../src/core/split.ts';
import { lacksDrawing, type MemberLabel, strataOf } from '../../../src/core/split-strata.ts';

const classes = ['a', 'b', 'c'].map((name) => ({ id: `id ${name}`, name }));
const none: MemberLabel = { classId: null, classes: null, number: null };
const single = (name: string): MemberLabel => ({ ...none, classId: `id ${name}` });
const multi = (...names: string[]): MemberLabel => ({ ...none, classes: names.map((name) => `id ${name}`) });
const number = (value: number): MemberLabel => ({ ...none, number: value });

it('deals one class by it, and leaves out what is not in use', () => {
  const { names, of } = strataOf('ordinal', classes, []);
  expect(names).toEqual(['a', 'b', 'c']);
  expect(of(single('b'))).toEqual({ label: 1, labels: [1] });
  expect(of(single('gone')).label).toBeNull();
  expect(of(none).label).toBeNull();
});

it('deals several classes by the rarest, and counts each', () => {
  const labels = [multi('a', 'b'), multi('a'), multi('a', 'c'), multi('b', 'a'), multi()];
  const { names, of } = strataOf('multi', classes, labels);
  expect(names).toEqual(['a', 'b', 'c']);
  expect(of(labels[0]!)).toEqual({ label: 1, labels: [0, 1] });
  expect(of(labels[2]!)).toEqual({ label: 2, labels: [0, 2] });
  // Too few without any class to be dealt by themselves.
  expect(of(multi())).toEqual({ label: 0, labels: [] });
  expect(of(none).label).toBeNull();
  const many = strataOf('multi', classes, [...labels, ...Array.from({ length: 20 }, () => multi())]);
  expect(many.of(multi())).toEqual({ label: 3, labels: [3] });
  expect(many.names).toEqual(['a', 'b', 'c', 'none of the classes']);
});

it('deals numbers by ranges of about equally many, equal numbers together', () => {
  const labels = Array.from({ length: 100 }, (_, at) => number(at));
  const { names, of } = strataOf('number', classes, labels);
  expect(names).toEqual(['0–19', '20–39', '40–59', '60–79', '80–99']);
  expect([0, 19, 20, 99, -5, 200].map((value) => of(number(value)).label)).toEqual([0, 0, 1, 4, 0, 4]);
  expect(
    strataOf('number', classes, [...labels.slice(0, 10), ...labels.slice(0, 90).map(() => number(3.5))])
      .names,
  ).toEqual(['0–3', '3.5–9']);
  expect(strataOf('number', classes, []).names).toEqual([]);
});

it('brings every class of a multi-label dataset into every part and counts images in each of theirs', () => {
  const labels = Array.from({ length: 120 }, (_, at) =>
    at % 12 === 0 ? multi('a', 'c') : at % 3 === 0 ? multi('a', 'b') : multi('a'),
  );
  const { names, of } = strataOf('multi', classes, labels);
  const rows = labels.map((label, at): SplitRow => ({
    ...{ image: `${at}`, key: `${at}`, patient: `P${at}`, pixelHash: `${at}`, importedPart: null },
    ...of(label),
  }));
  const { byClass, counts } = makeSplit(rows, names, {
    ...{ train: null, val: null, test: null, seed: 1, folds: null, by: 'patient', reset: false },
  });
  expect(byClass['a']).toEqual(counts);
  for (const name of ['b', 'c'])
    for (const part of ['train', 'val', 'test'] as const) expect(byClass[name]![part]).toBeGreaterThan(0);
  expect(byClass['c']!.train + byClass['c']!.val + byClass['c']!.test).toBe(10);
});

it('deals what has no label by the rarest class that is drawn on it, whatever labels are', () => {
  const drawn = (...names: string[]): MemberLabel => ({
    ...none,
    drawn: { classes: names.map((name) => `id ${name}`), readers: 1 },
  });
  for (const kind of ['single', 'multi'] as const) {
    const { of } = strataOf(kind, classes, [drawn('a', 'b'), drawn('a'), drawn('a')]);
    expect(of(drawn('a', 'b'))).toEqual({ label: 1, labels: [0, 1] });
    expect(of(none).label).toBeNull();
  }
  // A set of classes and a drawing of another one: the image shows both.
  const both = { ...multi('c'), drawn: drawn('a').drawn };
  expect(strataOf('multi', classes, [both, drawn('a')]).of(both)).toEqual({ label: 2, labels: [2, 0] });
  const { names, of } = strataOf('number', classes, [number(1), number(2), drawn('a')]);
  expect(names.at(-1)).toBe('drawn on only');
  expect(of(drawn('a')).label).toBe(names.length - 1);
});

it('splits images of one class alone where it is drawn, and refuses them where it is a label', () => {
  const row = (index: number, isDrawn: boolean): SplitRow => ({
    ...{ image: `${index}`, key: `${index}`, patient: `${index}`, pixelHash: `${index}`, label: 0 },
    ...{ isDrawn, importedPart: null },
  });
  const rows = (isDrawn: boolean) => Array.from({ length: 12 }, (_, index) => row(index, isDrawn));
  const options = {
    by: 'patient',
    seed: 1,
    train: 0.5,
    val: 0.25,
    test: 0.25,
    folds: null,
    reset: false,
  } as const;
  expect(makeSplit(rows(true), ['a'], options).counts).toEqual({ train: 6, val: 3, test: 3 });
  expect(() => makeSplit(rows(false), ['a'], options)).toThrow('at least two classes');
});

it('finds images whose label names a class that is drawn on others and not on them', () => {
  const lacks = (label: MemberLabel): boolean => lacksDrawing(label, new Set(['id a']));
  const drawn = (...names: string[]) => ({
    drawn: { classes: names.map((name) => `id ${name}`), readers: 1 },
  });
  expect(lacks(single('a'))).toBe(true);
  expect(lacks({ ...multi('a', 'b'), ...drawn('b') })).toBe(true);
  expect(lacks({ ...single('a'), ...drawn('a') })).toBe(false);
  // These say only that somebody looked.
  for (const label of [none, single('b'), multi(), number(3)]) expect(lacks(label)).toBe(false);
});
