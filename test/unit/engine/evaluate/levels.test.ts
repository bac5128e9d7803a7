import { describe, expect, it } from 'vitest';

import type { EvaluationLevel, PoolingRule } from '../../../../src/contract/evaluation.ts';
import type { Predictions } from '../../../../src/contract/run-folder.ts';
import { type EvaluateRequest, evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { refuseUnpoolable } from '../../../../src/engine/evaluate/levels.ts';
import { type MadeUpTask, madeUpTaskRun } from '../../../support/made-up-tasks.ts';

function requestFor(task: MadeUpTask, level: EvaluationLevel, pooling?: PoolingRule): EvaluateRequest {
  const { manifest, validation, test } = madeUpTaskRun(task);
  return { run: manifest.run, predictions: test, validation, manifest, testOpenings: 1, level, pooling };
}

type Row = Predictions['rows'][number];
function patientsOf({ rows }: Predictions): Row[][] {
  return [...Map.groupBy(rows, ({ patient }) => patient).values()];
}
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('patients judged by their images', () => {
  it('are decided by the pooled probability, from a threshold that pooled validation gave', async () => {
    const byRule = { mean, max: (values: number[]) => Math.max(...values) };
    for (const rule of ['mean', 'max'] as const) {
      const request = requestFor('binary', 'patient', rule);
      const evaluation = await evaluateRun(request);
      const { threshold } = evaluation.operatingPoint!;
      const rightly = patientsOf(request.predictions).map((images) => {
        const pooled = byRule[rule](images.map(({ probabilities }) => probabilities[1]!));
        return Number(Number(pooled >= threshold) === images[0]!.truth);
      });
      expect(evaluation.metrics['accuracy']!.value).toBeCloseTo(mean(rightly), 12);
      expect(evaluation).toMatchObject({
        level: 'patient',
        pooling: rule,
        n: rightly.length,
        patients: rightly.length,
      });
      expect(evaluation.images).toBe(request.predictions.rows.length);
      // One row a patient: the interval that holds for independent cases.
      expect(evaluation.metrics['accuracy']!.method).toContain('Wilson');
      const { operatingPoint } = await evaluateRun(requestFor('binary', 'image'));
      expect(threshold).not.toBe(operatingPoint!.threshold);
    }
  });

  it('have the mean of their numbers', async () => {
    const request = requestFor('regression', 'patient');
    const { metrics } = await evaluateRun(request);
    const errors = patientsOf(request.predictions).map((images) =>
      Math.abs(mean(images.map(({ probabilities }) => probabilities[0]!)) - (images[0]!.truth as number)),
    );
    expect(metrics['mae']!.value).toBeCloseTo(mean(errors), 9);
  });

  it('and studies too, of which a patient can have several', async () => {
    const { n, patients, pooling } = await evaluateRun(requestFor('ordinal', 'study'));
    expect(n).toBe(2 * patients);
    expect(pooling).toBe('mean');
  });
});

describe('what cannot be pooled is refused with a sentence', () => {
  const refusal = async (request: EvaluateRequest): Promise<string> => {
    const error = (await evaluateRun(request).catch((caught: unknown) => caught)) as {
      code: string;
      message: string;
    };
    expect(error.code).toBe('usage');
    return error.message;
  };

  it('masks, numbers by another rule than the mean, noisy-or of four grades, images by any rule', async () => {
    expect(await refusal(requestFor('segmentation', 'patient'))).toMatch(/Masks are judged image by image/);
    expect(await refusal(requestFor('regression', 'study', 'max'))).toMatch(/by their mean, not by max/);
    expect(await refusal(requestFor('ordinal', 'patient', 'noisyOr'))).toMatch(/these are 4 classes/);
    expect(await refusal(requestFor('binary', 'image', 'max'))).toMatch(/nothing is pooled by max/);
  });

  it('images of no known study, counted', async () => {
    const request = requestFor('binary', 'study');
    const rows = request.validation.rows.map((row, index) => (index < 2 ? { ...row, study: null } : row));
    expect(await refusal({ ...request, validation: { ...request.validation, rows } })).toBe(
      `2 of ${rows.length} validation images are of no known study, so studies cannot be judged.`,
    );
  });

  it('studies of two patients', async () => {
    const request = requestFor('binary', 'study');
    const [first, ...others] = request.validation.rows;
    const twin = others.find(({ study }) => study === first!.study)!;
    const rows = request.validation.rows.map((row) => (row === twin ? { ...row, patient: 'another' } : row));
    expect(await refusal({ ...request, validation: { ...request.validation, rows } })).toMatch(
      new RegExp(`such as ${first!.image} and ${twin.image}: one answer cannot be right`),
    );
  });

  it('patients whose images differ in what is true, by names, before the test part is opened', () => {
    const { manifest } = madeUpTaskRun('multiLabel');
    const test = manifest.rows.test.map((row, index) => (index === 1 ? { ...row, label: [0, 1, 2] } : row));
    const [first, second] = test;
    expect(first!.label).not.toEqual(second!.label);
    const differing = { ...manifest, rows: { ...manifest.rows, test } };
    const ask = (level: EvaluationLevel, split: 'val' | 'test') => () =>
      refuseUnpoolable(differing, level, split, (image) => `${image}.dcm`);
    expect(ask('patient', 'test')).toThrow(
      `1 patient of the test part has images that differ in what is true, such as ${first!.image}.dcm and ${second!.image}.dcm`,
    );
    // What is not asked for does not stand in the way.
    expect(ask('patient', 'val')).not.toThrow();
    expect(ask('image', 'test')).not.toThrow();
  });
});
