import { describe, expect, it } from 'vitest';

import { type Evaluation, evaluationSchema } from '../../../../src/contract/evaluation.ts';
import type { Predictions } from '../../../../src/contract/run-folder.ts';
import { type EvaluateRequest, evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { type MadeUpTask, madeUpTaskRun } from '../../../support/made-up-tasks.ts';

function requestFor(task: MadeUpTask, more: Partial<EvaluateRequest> = {}, patients = 240): EvaluateRequest {
  const { manifest, validation, test } = madeUpTaskRun(task, { patients });
  return { run: manifest.run, predictions: test, validation, manifest, testOpenings: 1, ...more };
}

const valueOf = ({ metrics }: Evaluation, name: string): number => metrics[name]!.value!;
const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
type Row = Predictions['rows'][number];

describe('an evaluation of numbers', () => {
  it('has the errors that a sum over its rows gives, and those of the training mean beside them', async () => {
    const request = requestFor('regression');
    const evaluation = await evaluateRun(request);
    const errors = request.predictions.rows.map(
      ({ truth, probabilities }) => probabilities[0]! - (truth as number),
    );
    const truths = request.predictions.rows.map(({ truth }) => truth as number);
    const squares = meanOf(errors.map((error) => error ** 2));
    const variance = meanOf(truths.map((truth) => (truth - meanOf(truths)) ** 2));
    expect(valueOf(evaluation, 'mae')).toBeCloseTo(meanOf(errors.map(Math.abs)), 9);
    expect(valueOf(evaluation, 'rmse')).toBeCloseTo(Math.sqrt(squares), 9);
    expect(valueOf(evaluation, 'r2')).toBeCloseTo(1 - squares / variance, 9);
    expect(valueOf(evaluation, 'bias')).toBeCloseTo(meanOf(errors), 9);
    const trainingMean = meanOf(request.manifest.rows.train.map(({ label }) => label as number));
    expect(evaluation.baseline!.value).toBeCloseTo(trainingMean, 9);
    expect(evaluation.baseline!.metrics['mae']!.value).toBeCloseTo(
      meanOf(truths.map((truth) => Math.abs(trainingMean - truth))),
      9,
    );
    expect(evaluation).toMatchObject({ task: 'regression', unit: 'months', classes: [], confusion: [] });
    expect(evaluation.calibration).toBeNull();
    expect(evaluation.metrics['mae']!.method).toContain(`bootstrap of ${evaluation.patients} patients`);
  });

  it('refuses predictions that are no number, which would make every figure one', async () => {
    const request = requestFor('regression');
    const [first, ...others] = request.predictions.rows;
    const rows = [{ ...first!, probabilities: [NaN] }, ...others];
    await expect(
      evaluateRun({ ...request, predictions: { ...request.predictions, rows } }),
    ).rejects.toMatchObject({
      code: 'badCheckpoint',
    });
  });

  it('says how many true numbers lie beyond those that were learned', async () => {
    const request = requestFor('regression');
    const { manifest, predictions } = request;
    const learned = manifest.rows.train.map(({ label }) => label as number);
    const truths = [Math.min(...learned) - 1, Math.max(...learned) + 1, Math.max(...learned)];
    const place = <R extends object>(rows: R[], key: 'label' | 'truth'): R[] =>
      rows.map((row, index) => ({ ...row, [key]: truths[index] ?? learned[0]! }));
    const { warnings } = await evaluateRun({
      ...request,
      manifest: { ...manifest, rows: { ...manifest.rows, test: place(manifest.rows.test, 'label') } },
      predictions: { ...predictions, rows: place(predictions.rows, 'truth') },
    });
    expect(warnings.join()).toMatch(
      /2 test images have a number beyond those of the training part \(.* months\)/,
    );
  });

  it('has no positive class: asking for one is refused by its name', async () => {
    await expect(evaluateRun(requestFor('regression', { positive: 'sick' }))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('"sick"') as string,
    });
  });
});

describe('an evaluation of several labels', () => {
  it('gives each label from its own threshold on, chosen on validation', async () => {
    const request = requestFor('multiLabel');
    const evaluation = await evaluateRun(request);
    const thresholds = evaluation.classes.map((name) => evaluation.thresholds![name]!.threshold);
    expect(new Set(thresholds).size).toBe(3);
    const right = (row: Row, label: number): boolean =>
      row.probabilities[label]! >= thresholds[label]! === (row.truth as number[]).includes(label);
    const { rows } = request.predictions;
    const decisions = rows.flatMap((row) => thresholds.map((_, label) => right(row, label)));
    expect(valueOf(evaluation, 'hammingLoss')).toBeCloseTo(1 - meanOf(decisions.map(Number)), 9);
    const all = rows.map((row) => Number(thresholds.every((_, label) => right(row, label))));
    expect(valueOf(evaluation, 'exactMatch')).toBeCloseTo(meanOf(all), 9);
    const shown = rows.filter(({ truth }) => (truth as number[]).includes(1));
    expect(evaluation.perClass!['nodule']!['sensitivity']!.value).toBeCloseTo(
      meanOf(shown.map((row) => Number(right(row, 1)))),
      9,
    );
    // Other test predictions must not move them.
    const flipped = rows.map((row) => ({ ...row, probabilities: row.probabilities.map((p) => 1 - p) }));
    const other = await evaluateRun({ ...request, predictions: { ...request.predictions, rows: flipped } });
    expect(other.thresholds).toEqual(evaluation.thresholds);
    expect(evaluation).toMatchObject({
      positive: null,
      operatingPoint: null,
      calibration: null,
      confusion: [],
    });
  });

  it('says which labels no image shows and which could not be given a threshold', async () => {
    const request = requestFor('multiLabel', {}, 40);
    const without = (predictions: Predictions): Predictions['rows'] =>
      predictions.rows.map((row) => ({
        ...row,
        truth: (row.truth as number[]).filter((label) => label !== 0),
      }));
    const { manifest, predictions, validation } = request;
    const rows = Object.fromEntries(
      Object.entries(manifest.rows).map(([part, ofPart]) => [
        part,
        ofPart.map((row) => ({ ...row, label: (row.label as number[]).filter((label) => label !== 0) })),
      ]),
    ) as typeof manifest.rows;
    const { warnings } = await evaluateRun({
      ...request,
      manifest: { ...manifest, rows },
      predictions: { ...predictions, rows: without(predictions) },
      validation: { ...validation, rows: without(validation) },
    });
    expect(warnings).toContain('No test image shows class "effusion".');
    expect(warnings.join()).toMatch(/The threshold of "effusion" is 0\.5: validation holds 0 positive/);
  });
});

describe('an evaluation of grades', () => {
  it('counts how many grades off a decision is, beside the confusion matrix', async () => {
    const request = requestFor('ordinal');
    const evaluation = await evaluateRun(request);
    const off = request.predictions.rows.map(({ truth, probabilities }) =>
      Math.abs(probabilities.indexOf(Math.max(...probabilities)) - (truth as number)),
    );
    expect(valueOf(evaluation, 'gradeError')).toBeCloseTo(meanOf(off), 9);
    expect(valueOf(evaluation, 'withinOne')).toBeCloseTo(meanOf(off.map((n) => Number(n <= 1))), 9);
    expect(valueOf(evaluation, 'accuracy')).toBeCloseTo(meanOf(off.map((n) => Number(n === 0))), 9);
    expect(evaluation.confusion.flat().reduce((a, b) => a + b, 0)).toBe(off.length);
    expect(evaluation.calibration!.temperature).toBeGreaterThan(0);
    expect(evaluation).toMatchObject({ task: 'ordinal', positive: null, operatingPoint: null });
  });
});

describe('an evaluation of masks', () => {
  it('leaves images without a class out of it and counts those that miss it as 0', async () => {
    const request = requestFor('segmentation');
    const evaluation = await evaluateRun(request);
    const diceOf = (label: number): number[] =>
      request.predictions.rows.flatMap(({ regions }) => {
        const { truePositives: hits, falsePositives, falseNegatives } = regions![label]!;
        const all = 2 * hits + falsePositives + falseNegatives;
        return all === 0 ? [] : [(2 * hits) / all];
      });
    const [tumour, oedema] = [meanOf(diceOf(0)), meanOf(diceOf(1))];
    expect(evaluation.perClass!['tumour']!['dice']!.value).toBeCloseTo(tumour, 9);
    expect(valueOf(evaluation, 'dice')).toBeCloseTo((tumour + oedema) / 2, 9);
    const { both, missed, absent } = evaluation.outcomes!['tumour']!;
    const drawn = request.predictions.rows.filter(
      ({ regions }) => regions![0]!.truePositives + regions![0]!.falseNegatives > 0,
    );
    expect(both + missed).toBe(drawn.length);
    expect(diceOf(0)).toHaveLength(evaluation.n - absent);
    expect(evaluation).toMatchObject({ unit: 'mm', confusion: [], calibration: null });
  });

  it('refuses rows without regions, which older predictions of another task are', async () => {
    const request = requestFor('segmentation');
    const rows = request.predictions.rows.map(({ regions: _, ...row }) => row);
    await expect(
      evaluateRun({ ...request, predictions: { ...request.predictions, rows } }),
    ).rejects.toMatchObject({
      code: 'badCheckpoint',
    });
  });
});

describe('one sigmoid for two classes', () => {
  it('is judged as two outputs are: by the threshold that validation gave', async () => {
    const request = requestFor('binary');
    const evaluation = await evaluateRun(request);
    const two = { ...request.manifest, task: { kind: 'multiClass' as const, classes: ['well', 'sick'] } };
    expect(await evaluateRun({ ...request, manifest: two })).toEqual({ ...evaluation, task: 'multiClass' });
    expect(evaluation.positive).toBe('sick');
  });
});

it('an evaluation from before there were several tasks reads as one of images and classes', () => {
  const { task, level, pooling, unit } = evaluationSchema.parse({
    ...{ run: 'r', split: 'test', n: 1, patients: 1, testOpenings: 1, classes: ['a', 'b'], positive: 'b' },
    ...{
      operatingPoint: null,
      confusion: [],
      metrics: {},
      warnings: [],
      splitBy: 'patient',
      generated: false,
    },
  });
  expect({ task, level, pooling, unit }).toEqual({
    task: 'multiClass',
    level: 'image',
    pooling: null,
    unit: null,
  });
});
