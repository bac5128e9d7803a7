import { expect, it } from 'vitest';

import { classKeySchema, colorSchema } from '../../../src/contract/project.ts';
import {
  classKeys,
  classPalette,
  nextColor,
  nextKey,
  usualClassKeys,
  paletteColor,
} from '../../../src/core/class-palette.ts';

type Row = readonly [number, number, number];
/** Machado, Oliveira and Fernandes, 2009, severity 1: normal, protanopia, deuteranopia, tritanopia. */
const sights: readonly (readonly [Row, Row, Row])[] = [
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
];

function linear(color: string): Row {
  const channel = (at: number): number => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

const times = (row: Row, [r, g, b]: Row): number =>
  Math.min(1, Math.max(0, row[0] * r + row[1] * g + row[2] * b));

/** CIELAB, D65. */
function lab(color: Row): Row {
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f(times([0.4124, 0.3576, 0.1805], color) / 0.95047);
  const y = f(times([0.2126, 0.7152, 0.0722], color));
  const z = f(times([0.0193, 0.1192, 0.9505], color) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

it('keeps any two of the twelve colours apart in every kind of sight', () => {
  for (const sight of sights) {
    const seen = classPalette.map((color) => {
      const [r, g, b] = sight.map((row) => times(row, linear(color)));
      return lab([r!, g!, b!]);
    });
    seen.forEach((a, i) => {
      for (const b of seen.slice(0, i))
        expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(15);
    });
  }
});

it('gives what the contract takes, and repeats colours but no keys', () => {
  for (const color of classPalette) expect(colorSchema.safeParse(color).success).toBe(true);
  for (const key of classKeys) expect(classKeySchema.safeParse(key).success).toBe(true);
  expect(new Set(classKeys).size).toBe(classKeys.length);
  expect(paletteColor(12)).toBe(classPalette[0]);
  expect(nextColor(classPalette.map((color) => ({ color })))).toBe(classPalette[0]);
  expect(nextColor([{ color: '#56B4E9' }])).toBe(classPalette[1]);
  expect(nextKey([{ key: '1' }, { key: null }, { key: '3' }])).toBe('2');
  expect(usualClassKeys.filter((key) => !classKeys.includes(key))).toEqual([]);
  expect(nextKey(usualClassKeys.map((key) => ({ key })))).toBeNull();
});
