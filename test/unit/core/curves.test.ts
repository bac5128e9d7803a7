import { describe, expect, it } from 'vitest';

import { auc } from '../../../src/core/auc.ts';
import { confidenceHistogramOf, drawCurves, histogramOf } from '../../../src/core/curves.ts';
import fixture from '../../fixtures/two-scores.json' with { type: 'json' };

describe('curves', () => {
  it('go from corner to corner and let rows of one score in together', () => {
    const rows = [0.9, 0.7, 0.7, 0.7, 0.2].map((p, i) => ({
      truth: [1, 1, 0, 1, 0][i]!,
      probabilities: [1 - p, p],
    }));
    const [curve] = drawCurves(rows, ['a', 'b'], 'b').classes;
    expect(curve!.roc).toEqual([
      { x: 0, y: 0, threshold: null },
      { x: 0, y: 1 / 3, threshold: 0.9 },
      { x: 0.5, y: 1, threshold: 0.7 },
      { x: 1, y: 1, threshold: 0.2 },
    ]);
    expect(curve!.precisionRecall).toEqual([
      { x: 0, y: 1, threshold: null },
      { x: 1 / 3, y: 1, threshold: 0.9 },
      { x: 1, y: 0.75, threshold: 0.7 },
      { x: 1, y: 0.6, threshold: 0.2 },
    ]);
  });

  it('are null for a class without positive or without negative rows', () => {
    const rows = [{ truth: 0, probabilities: [0.6, 0.3, 0.1] }];
    const { classes } = drawCurves(rows, ['a', 'b', 'c'], null);
    expect(classes.map(({ roc }) => roc)).toEqual([null, null, null]);
    expect(classes[1]!.precisionRecall).toBeNull();
  });

  it('hold the area that is printed beside them', () => {
    const { y, s1 } = fixture;
    const rows = s1.map((score, row) => {
      const p = 1 / (1 + Math.exp(-score));
      return { truth: y[row]!, probabilities: [1 - p, p] };
    });
    const roc = drawCurves(rows, ['a', 'b'], 'b').classes[0]!.roc!;
    let area = 0;
    for (let i = 1; i < roc.length; i++) {
      area += ((roc[i]!.x - roc[i - 1]!.x) * (roc[i]!.y + roc[i - 1]!.y)) / 2;
    }
    expect(area).toBeCloseTo(auc(s1, y), 12);
  });
});

it('histograms count every row once, a probability of 1 in the last bin', () => {
  const rows = [
    { truth: 1, probabilities: [0, 1, 0] },
    { truth: 0, probabilities: [0.1, 0.6, 0.3] },
    { truth: 2, probabilities: [0.2, 0.2, 0.6] },
  ];
  expect(histogramOf(rows, 1, 2)).toEqual({ hits: [0, 1], others: [1, 1] });
  expect(confidenceHistogramOf(rows, 2)).toEqual({ hits: [0, 2], others: [0, 1] });
});
