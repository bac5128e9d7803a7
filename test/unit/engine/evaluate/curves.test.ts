import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { curvesSchema, type Evaluation, type EvaluationCurves } from '../../../../src/contract/run.ts';
import { pageOfCases } from '../../../../src/engine/evaluate/cases.ts';
import { cachedCurves, evaluationCurves } from '../../../../src/engine/evaluate/curves.ts';
import type { JudgedRow } from '../../../../src/engine/evaluate/levels.ts';

/** Truth and probability of the positive class, one patient each. */
const scored: [number, number][] = [
  [1, 0.95],
  [1, 0.8],
  [0, 0.8],
  [1, 0.4],
  [0, 0.3],
  [0, 0.05],
];

const rows = scored.map(([truth, p], i): JudgedRow => ({
  image: `image-${i}`,
  images: [`image-${i}`],
  patient: `p${i}`,
  truth,
  probabilities: [1 - p, p],
}));

const evaluation: Evaluation = {
  run: 'r',
  split: 'test',
  task: 'multiClass',
  level: 'image',
  pooling: null,
  unit: null,
  n: 6,
  patients: 6,
  testOpenings: 1,
  classes: ['well', 'sick'],
  positive: 'sick',
  operatingPoint: { threshold: 0.5, rule: 'by hand' },
  confusion: [],
  metrics: {},
  warnings: [],
  splitBy: 'patient',
  generated: false,
};

describe('the curves of an evaluation', () => {
  it('are those of the positive class, with the threshold of each point, as counted by hand', async () => {
    const curves = curvesSchema.parse(await evaluationCurves(evaluation, rows));
    expect(curves.classes).toHaveLength(1);
    const [sick] = curves.classes;
    expect(sick).toMatchObject({ name: 'sick', positives: 3, negatives: 3 });
    expect(sick!.roc).toEqual([
      { x: 0, y: 0, threshold: null },
      { x: 0, y: 1 / 3, threshold: 0.95 },
      { x: 1 / 3, y: 2 / 3, threshold: 0.8 },
      { x: 1 / 3, y: 1, threshold: 0.4 },
      { x: 1, y: 1, threshold: 0.05 },
    ]);
    expect(sick!.precisionRecall!.map(({ x, y }) => [x, y])).toEqual([
      [0, 1],
      [1 / 3, 1],
      [2 / 3, 2 / 3],
      [1, 0.75],
      [1, 0.6],
      [1, 0.5],
    ]);
    // Twenty bins of 0.05: 0.95 in the last, 0.8 in the seventeenth.
    expect(sick!.histogram.positives[19]).toBe(1);
    expect([sick!.histogram.positives[16], sick!.histogram.negatives[16]]).toEqual([1, 1]);
    expect(sick!.histogram.negatives).toHaveLength(20);
    // From 0.5 on: two of three sick, one of three well.
    expect(curves.operatingPoint).toEqual({
      threshold: 0.5,
      sensitivity: 2 / 3,
      specificity: 2 / 3,
      precision: 2 / 3,
    });
    expect(curves.reliability.reduce((sum, { n }) => sum + n, 0)).toBe(6);
    expect(curves.reliability.every(({ tooFew }) => tooFew)).toBe(true);
    expect(sick!.rocBand).toHaveLength(51);
  });

  it('have no precision where nothing is called positive', async () => {
    const none = { ...evaluation, operatingPoint: { threshold: 0.99, rule: 'by hand' } };
    const { operatingPoint } = await evaluationCurves(none, rows);
    expect(operatingPoint).toMatchObject({ sensitivity: 0, specificity: 1, precision: null });
  });

  it('are read from their file until weights or threshold are others, or the file is damaged', async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-curves-')), 'predictions');
    mkdirSync(folder);
    const file = path.join(folder, 'curves-test.json');
    const judged = { weightsSha256: 'ab', rows };
    await cachedCurves(evaluation, judged, file, true);
    const marked = JSON.parse(readFileSync(file, 'utf8')) as { curves: EvaluationCurves };
    marked.curves.classes[0]!.positives = 77;
    writeFileSync(file, JSON.stringify(marked));
    const positives = async (of: Evaluation): Promise<number> =>
      (await cachedCurves(of, judged, file, false)).classes[0]!.positives;
    expect(await positives(evaluation)).toBe(77);
    expect(await positives({ ...evaluation, operatingPoint: { threshold: 0.6, rule: '' } })).toBe(3);
    writeFileSync(file, '{"version":2');
    expect(await positives(evaluation)).toBe(3);
  });
});

describe('the cases of an evaluation', () => {
  const every = { errorsOnly: false, order: 'worst', offset: 0, limit: 100 } as const;
  const numbers = (request: Parameters<typeof pageOfCases>[2]): number[] =>
    pageOfCases(rows, evaluation, request).page.map(({ image }) => Number(image.slice(6)));

  it('come worst first, best first, or nearest to the decision first', () => {
    expect(numbers({ ...every })).toEqual([2, 3, 4, 1, 0, 5]);
    expect(numbers({ ...every, order: 'best' })).toEqual([0, 5, 1, 4, 3, 2]);
    expect(numbers({ ...every, order: 'unsure' })).toEqual([3, 4, 1, 2, 0, 5]);
  });

  it('are those of one cell of the confusion matrix, decided at the operating point', () => {
    expect(numbers({ ...every, truth: 1, decided: 0 })).toEqual([3]);
    expect(numbers({ ...every, errorsOnly: true })).toEqual([2, 3]);
    expect(numbers({ ...every, truth: 0, decided: 0 })).toEqual([4, 5]);
  });

  it('page without losing or repeating one, and count all', () => {
    const pages = [0, 2, 4].map((offset) => pageOfCases(rows, evaluation, { ...every, offset, limit: 2 }));
    expect(pages.map(({ total }) => total)).toEqual([6, 6, 6]);
    expect(new Set(pages.flatMap(({ page }) => page.map(({ image }) => image))).size).toBe(6);
  });

  it('of more than two classes are unsure where the two best are close', () => {
    const three = [
      { image: 'a', images: ['a'], patient: '1', truth: 0, probabilities: [0.4, 0.39, 0.21] },
      { image: 'b', images: ['b'], patient: '2', truth: 0, probabilities: [0.5, 0.1, 0.4] },
    ];
    const ofThree = { ...evaluation, classes: ['a', 'b', 'c'], positive: null, operatingPoint: null };
    const { page } = pageOfCases(three, ofThree, { ...every, order: 'unsure' });
    expect(page.map(({ image }) => image)).toEqual(['a', 'b']);
  });
});
