import { expect, it } from 'vitest';

import { sizeWords } from '../../../../src/renderer/features/read/annotate/shape-words.ts';

const spacing = { row: 0.5, column: 0.25, at: 'patient' } as const;
const square = {
  kind: 'polygon',
  points: [
    [0, 0],
    [40, 0],
    [40, 20],
    [0, 20],
  ] as [number, number][],
} as const;

it('sizes are millimetres where their number is known, along rows and columns each', () => {
  const box = { kind: 'box', x: 0, y: 0, width: 40, height: 1200 } as const;
  expect(sizeWords(box, spacing)).toBe('10.0 × 600 mm');
  expect(sizeWords(box, { ...spacing, at: 'detector' })).toBe('10.0 × 600 mm at the detector');
  expect(sizeWords(box, null)).toBe('40 × 1,200 px');
});

it('areas are those inside', () => {
  expect(sizeWords({ ...square, points: [...square.points] }, spacing)).toBe('100 mm²');
  expect(sizeWords({ ...square, points: square.points.toReversed() }, null)).toBe('800 px²');
  expect(sizeWords({ kind: 'mask', x: 0, y: 0, width: 3, height: 3, runs: [0, 4, 1, 4] }, spacing)).toBe(
    '1.00 mm²',
  );
});

it('a point has a place', () => {
  expect(sizeWords({ kind: 'point', x: 12.4, y: 7 }, spacing)).toBe('at 12, 7');
});
