import { describe, expect, it } from 'vitest';

import {
  count,
  counted,
  duration,
  durationRange,
  labelledBefore,
  listed,
  percent,
  readable,
  runStatusWord,
  share,
  shownPath,
} from '../../../src/core/words.ts';

describe('shares', () => {
  it('never print as 0 or 1 what is neither: enough digits near the ends', () => {
    expect([0.99996, 0.9997, 1, 0.9999999, 0.934].map((value) => share(value, 2))).toEqual([
      '0.99996',
      '0.9997',
      '1.00',
      '>0.999999',
      '0.93',
    ]);
    expect([0, 0.0004, 0.00000004, -0.00001, -0.2].map((value) => share(value))).toEqual([
      '0.000',
      '0.0004',
      '<0.000001',
      '-0.00001',
      '-0.200',
    ]);
  });

  it('in percent too: one error in ten thousand is not 100 %', () => {
    expect([0.9999, 1, 0.5, 0].map(percent)).toEqual(['99.99 %', '100.0 %', '50.0 %', '0.0 %']);
  });
});

it('numbers and nouns', () => {
  expect([counted(2, 'study'), counted(2, 'series'), counted(2, 'day')]).toEqual([
    '2 studies',
    '2 series',
    '2 days',
  ]);
  expect([counted(1, 'class'), counted(2, 'class'), counted(3, 'epoch'), counted(12_345, 'image')]).toEqual([
    '1 class',
    '2 classes',
    '3 epochs',
    '12,345 images',
  ]);
  expect(count(1_234_567.4)).toBe('1,234,567');
});

it.each([
  [0.84, '0.8 s'],
  [45, '45 s'],
  [720, '12 min'],
  [3900, '1 h 5 min'],
  [Infinity, '?'],
])('%d seconds', (seconds, expected) => expect(duration(seconds)).toBe(expected));

it('lists end with "and", and of many names say how many more', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((names) => listed(names))).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
  expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});

it('a range of durations names the unit once where both ends share it', () => {
  expect(durationRange({ low: 180, high: 260 })).toBe('3–4 min');
  expect(durationRange({ low: 55, high: 130 })).toBe('55 s – 2 min');
  expect(durationRange({ low: 0, high: 67 })).toBe('up to 67 s');
  expect(durationRange({ low: 44.9, high: 45.2 })).toBe('45 s');
  expect(durationRange({ low: 3900, high: 7500 })).toBe('1 h 5 min – 2 h 5 min');
});

it('shows a copy that the project holds by its name, and what steers text as a mark', () => {
  expect(shownPath('96/9661490a7b0c1d2e/P0005-1.png')).toBe('P0005-1.png');
  for (const path of ['96/1.png', 'ab/9661490a7b0c1d2e/1.png', 'train/A/1.png'])
    expect(shownPath(path)).toBe(path);
  expect(readable('a\u202egnp.exe\u0007 שלום')).toBe('a\ufffdgnp.exe\ufffd שלום');
});

it('calls a run that a person ended stopped, on the command line as on the screen', () => {
  expect([runStatusWord('cancelled'), runStatusWord('queued')]).toEqual(['stopped', 'waiting']);
});

it('what blinding does not cover is told with its count', () => {
  expect(labelledBefore(0, 'image')).toBe('');
  expect(labelledBefore(1, 'study')).toMatch(/^1 of these studies carries a label of its readers already/);
  expect(labelledBefore(1200, 'image')).toMatch(/^1,200 of these images carry labels of its readers/);
});
