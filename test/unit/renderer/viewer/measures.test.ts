import { describe, expect, it } from 'vitest';

import {
  angleAt,
  insidePicture,
  lengthOf,
  lengthWords,
  sampleWords,
  withPoint,
} from '../../../../src/renderer/viewer/measures.ts';
import type { Spacing } from '../../../../src/renderer/viewer/viewer-context.ts';

/** Rows are 2 mm apart, columns 0.5 mm. */
const spacing: Spacing = { row: 2, column: 0.5, at: 'patient' };
const origin = { x: 10, y: 10 };

describe('a length', () => {
  it('is measured in millimetres along rows and columns of their own spacing', () => {
    expect(lengthOf(origin, { x: 18, y: 10 }, spacing)).toBe(4);
    expect(lengthOf(origin, { x: 10, y: 18 }, spacing)).toBe(16);
    expect(lengthOf(origin, { x: 16, y: 12 }, spacing)).toBe(5);
  });

  it('says what it is', () => {
    expect(lengthWords(origin, { x: 16, y: 12 }, spacing)).toBe('5.0 mm');
    expect(lengthWords(origin, { x: 16, y: 12 }, { ...spacing, at: 'detector' })).toBe(
      '5.0 mm at the detector',
    );
    expect(lengthWords(origin, { x: 13, y: 14 }, null)).toBe('5.0 px');
  });
});

describe('an angle', () => {
  it('is that between its arms, whichever comes first', () => {
    const [right, down] = [
      { x: 20, y: 10 },
      { x: 10, y: 40 },
    ];
    expect(angleAt(right, origin, down, null)).toBeCloseTo(90);
    expect(angleAt(down, origin, right, null)).toBeCloseTo(90);
    expect(angleAt(right, origin, { x: 0, y: 10 }, null)).toBeCloseTo(180);
    expect(angleAt(right, origin, { x: 12, y: 12 }, null)).toBeCloseTo(45);
  });

  it('is the one in the patient where pixels are not square', () => {
    // 8 columns and 2 rows are 4 mm each.
    expect(angleAt({ x: 20, y: 10 }, origin, { x: 18, y: 12 }, spacing)).toBeCloseTo(45);
  });

  it('of no length is 0, not nothing', () => {
    expect(angleAt(origin, origin, origin, null)).toBe(0);
  });
});

it('values are told with their unit, colours by name', () => {
  const meaning = { slope: 1, intercept: -1024, unit: 'HU' };
  expect(sampleWords({ x: 0, y: 0, samples: [1069], values: [45], unit: 'HU' }, meaning)).toBe('45 HU');
  expect(
    sampleWords(
      { x: 0, y: 0, samples: [1, 2, 3], values: [1, 2, 3], unit: '' },
      { slope: 1, intercept: 0, unit: '' },
    ),
  ).toBe('R 1 G 2 B 3');
  expect(sampleWords(null, meaning)).toBe('');
});

it('points stay in the picture, and move one at a time', () => {
  expect(insidePicture({ x: -3, y: 99 }, { width: 50, height: 40 })).toEqual({ x: 0, y: 40 });
  const ruler = { id: 1, kind: 'ruler', points: [origin, { x: 1, y: 1 }] } as const;
  expect(withPoint(ruler, 1, { x: 5, y: 6 }).points).toEqual([origin, { x: 5, y: 6 }]);
});
