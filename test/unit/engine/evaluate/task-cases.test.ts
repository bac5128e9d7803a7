import { describe, expect, it } from 'vitest';

import { type CaseRequest, curvesSchema, type Evaluation } from '../../../../src/contract/evaluation.ts';
import { taskOf } from '../../../../src/contract/learning-task.ts';
import { type DecidedCase, pageOfCases } from '../../../../src/engine/evaluate/cases.ts';
import { evaluationCurves } from '../../../../src/engine/evaluate/curves.ts';
import { evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { type JudgedRow, judgedRows } from '../../../../src/engine/evaluate/levels.ts';
import { type MadeUpTask, madeUpTaskRun } from '../../../support/made-up-tasks.ts';

async function made(
  task: MadeUpTask,
  level: 'image' | 'patient' = 'image',
): Promise<{ evaluation: Evaluation; rows: JudgedRow[] }> {
  const { manifest, validation, test: predictions } = madeUpTaskRun(task);
  const request = { run: manifest.run, predictions, validation, manifest, testOpenings: 1, level };
  const evaluation = await evaluateRun(request);
  const { pooling } = evaluation;
  return { evaluation, rows: judgedRows(predictions, taskOf(manifest), { level, pooling, positive: null }) };
}

const every: CaseRequest = { errorsOnly: false, order: 'worst', offset: 0, limit: 500 };
const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

describe('the cases of a task', () => {
  it('numbers: the largest error first, whatever its sign', async () => {
    const { evaluation, rows } = await made('regression');
    const sizes = (order: 'worst' | 'best'): number[] =>
      pageOfCases(rows, evaluation, { ...every, order }).page.map((one) =>
        one.kind === 'number' ? Math.abs(one.predicted - one.truth) : NaN,
      );
    expect(sizes('best')).toEqual(ascending(sizes('best')));
    expect(sizes('worst')).toEqual(sizes('best').reverse());
    expect(sizes('worst')).toHaveLength(evaluation.n);
    expect(() => pageOfCases(rows, evaluation, { ...every, order: 'unsure' })).toThrow(/no probability/);
  });

  it('several labels: a wrong one is an error, and a cell is what shows a label without being given it', async () => {
    const { evaluation, rows } = await made('multiLabel');
    const pageFor = (request: Partial<CaseRequest>): DecidedCase[] =>
      pageOfCases(rows, evaluation, { ...every, ...request }).page;
    const wrong = pageFor({ errorsOnly: true });
    expect(wrong.length / rows.length).toBeCloseTo(1 - evaluation.metrics['exactMatch']!.value!, 12);
    const shown = pageFor({ truth: 1 });
    const given = pageFor({ truth: 1, decided: 1 });
    expect(given.length / shown.length).toBeCloseTo(
      evaluation.perClass!['nodule']!['sensitivity']!.value!,
      12,
    );
    const losses = pageFor({}).map((one) => (one.kind === 'labels' ? one.loss : NaN));
    expect(losses.reverse()).toEqual(ascending(losses));
    const first = pageFor({ order: 'unsure', limit: 1 })[0]!;
    const doubt = (row: Pick<JudgedRow, 'probabilities'>): number =>
      Math.min(
        ...evaluation.classes.map((name, label) =>
          Math.abs(row.probabilities[label]! - evaluation.thresholds![name]!.threshold),
        ),
      );
    expect(first.kind === 'labels' && doubt(first)).toBe(Math.min(...rows.map(doubt)));
  });

  it('masks: the least Dice first, and a bar of the histogram holds what it counts', async () => {
    const { evaluation, rows } = await made('segmentation');
    const curves = curvesSchema.parse(await evaluationCurves(evaluation, rows));
    const [tumour] = curves.masks!;
    const { both, missed, false: added } = evaluation.outcomes!['tumour']!;
    expect(tumour!.dice.reduce((a, b) => a + b, 0)).toBe(both + missed + added);
    const bar = { class: 0, from: 0, to: 0.05 };
    expect(pageOfCases(rows, evaluation, { ...every, dice: bar }).total).toBe(tumour!.dice[0]);
    const dice = pageOfCases(rows, evaluation, every).page.map((one) =>
      one.kind === 'masks' ? (one.dice ?? 1) : NaN,
    );
    expect(dice).toEqual(ascending(dice));
  });

  it('patients: one case each, with all their images, found by any of them', async () => {
    const { evaluation, rows } = await made('regression', 'patient');
    const { page, total } = pageOfCases(rows, evaluation, every);
    expect(total).toBe(evaluation.patients);
    expect(page.flatMap(({ images }) => images)).toHaveLength(evaluation.images!);
    const { images } = page[3]!;
    const found = pageOfCases(rows, evaluation, { ...every, image: images[1]! });
    expect(found.page.map((one) => one.images)).toEqual([images]);
  });
});

describe('the curves of a task', () => {
  it('numbers: every case is a point, and the largest errors are drawn of too many', async () => {
    const { evaluation, rows } = await made('regression');
    const { numbers, classes } = curvesSchema.parse(await evaluationCurves(evaluation, rows));
    expect(classes).toEqual([]);
    expect(numbers!.points).toHaveLength(rows.length);
    const many = Array.from({ length: 5000 }, (_, index): JudgedRow => ({
      ...rows[index % rows.length]!,
      image: `i${index}`,
      truth: 100,
      probabilities: [index === 4321 ? 170 : 100 + (index % 7)],
    }));
    const thinned = (await evaluationCurves(evaluation, many)).numbers!;
    expect(thinned.n).toBe(5000);
    expect(thinned.points).toHaveLength(2000);
    expect(new Set(thinned.points.map(({ image }) => image)).size).toBe(2000);
    expect(thinned.points[0]!.image).toBe('i4321');
  });

  it('several labels: each with and without, decided where its own threshold is', async () => {
    const { evaluation, rows } = await made('multiLabel');
    const curves = curvesSchema.parse(await evaluationCurves(evaluation, rows));
    expect(curves.classes.map(({ name }) => name)).toEqual(evaluation.classes);
    for (const { name, positives, operatingPoint, roc } of curves.classes) {
      const metrics = evaluation.perClass![name]!;
      expect(operatingPoint!.sensitivity).toBeCloseTo(metrics['sensitivity']!.value!, 12);
      expect(operatingPoint!.specificity).toBeCloseTo(metrics['specificity']!.value!, 12);
      expect(positives / rows.length).toBeCloseTo(metrics['prevalence']!.value!, 12);
      // By trapezoids between all its corners the curve has the AUC that stands beside it.
      const area = roc!
        .slice(1)
        .reduce((sum, { x, y }, at) => sum + ((x - roc![at]!.x) * (y + roc![at]!.y)) / 2, 0);
      expect(area).toBeCloseTo(metrics['auc']!.value!, 9);
    }
    expect(curves.reliability.reduce((sum, { n }) => sum + n, 0)).toBe(rows.length * 3);
    expect(curves.operatingPoint).toBeNull();
  });
});
