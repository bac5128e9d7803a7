import { describe, expect, it } from 'vitest';

import type { Predictions } from '../../../../src/contract/run-folder.ts';
import { applyTemperature, fitTemperature } from '../../../../src/engine/evaluate/calibration.ts';
import { classRows } from '../../../../src/engine/evaluate/class-rows.ts';
import { type EvaluateRequest, evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { type MadeUpOptions, madeUpRun } from '../../../support/run-facts.ts';

function requestFor(options: MadeUpOptions = {}, more: Partial<EvaluateRequest> = {}): EvaluateRequest {
  const { manifest, validation, test } = madeUpRun(options);
  return { run: manifest.run, predictions: test, validation, manifest, testOpenings: 1, ...more };
}

/** The same rows with every probability of the second class moved. */
function withScores(
  predictions: Predictions,
  score: (row: Predictions['rows'][number]) => number,
): Predictions {
  return {
    ...predictions,
    rows: predictions.rows.map((row) => ({ ...row, probabilities: [1 - score(row), score(row)] })),
  };
}

describe('operating point', () => {
  it('comes from validation: other test predictions do not move it', async () => {
    const request = requestFor();
    const usual = await evaluateRun(request);
    const flipped = withScores(request.predictions, (row) => 1 - row.probabilities[1]!);
    const other = await evaluateRun({ ...request, predictions: flipped });
    expect(other.operatingPoint).toEqual(usual.operatingPoint);
    expect(other.metrics['accuracy']!.value).not.toBe(usual.metrics['accuracy']!.value);
    const moved = withScores(request.validation, (row) => row.probabilities[1]! * 0.1);
    expect((await evaluateRun({ ...request, validation: moved })).operatingPoint!.threshold).toBeLessThan(
      0.1,
    );
  });

  it('is a half, with a warning, when validation is too small to choose on', async () => {
    const request = requestFor({ patients: 40, filmsPerPatient: 1 });
    const evaluation = await evaluateRun(request);
    expect(evaluation.operatingPoint!.threshold).toBe(0.5);
    expect(evaluation.warnings.join()).toMatch(/operating point is 0\.5: validation holds \d positive/);
    // What was not chosen there does not flatter.
    const { warnings } = await evaluateRun({ ...request, predictions: request.validation });
    expect(warnings).toContain(
      'Validation figures: the epoch was chosen on these very images, so they flatter.',
    );
  });
});

describe('evaluateRun', () => {
  it('decides by the operating point, so that the confusion matrix and the rates agree with it', async () => {
    const request = requestFor();
    const { operatingPoint, confusion, metrics, positive } = await evaluateRun(request);
    const rows = request.predictions.rows;
    const hits = rows.filter(
      (row) => row.truth === 1 && row.probabilities[1]! >= operatingPoint!.threshold,
    ).length;
    expect(positive).toBe('PNEUMONIA');
    expect(confusion[1]![1]).toBe(hits);
    expect(metrics['sensitivity']!.value).toBeCloseTo(
      hits / rows.filter((row) => row.truth === 1).length,
      12,
    );
    expect(metrics['auc']!.method).toMatch(/patient/);
  });

  it('turns the matrix of meaning, not its order, when the other class is positive', async () => {
    const last = await evaluateRun(requestFor());
    const first = await evaluateRun(requestFor({}, { positive: 'normal' }));
    expect(first.positive).toBe('NORMAL');
    expect(first.metrics['auc']!.value).toBeCloseTo(last.metrics['auc']!.value!, 6);
    expect(first.classes).toEqual(last.classes);
  });

  it('refuses a positive class that is none', async () => {
    await expect(evaluateRun(requestFor({}, { positive: 'TB' }))).rejects.toMatchObject({
      code: 'unknownClass',
      hint: expect.stringContaining('NORMAL, PNEUMONIA') as string,
    });
  });

  it('refuses predictions of other weights and of other rows', async () => {
    const request = requestFor();
    const otherWeights = { ...request.validation, weightsSha256: '00'.repeat(32) };
    const fewer = { ...request.predictions, rows: request.predictions.rows.slice(1) };
    await expect(evaluateRun({ ...request, validation: otherWeights })).rejects.toMatchObject({
      code: 'badCheckpoint',
    });
    await expect(evaluateRun({ ...request, predictions: fewer })).rejects.toMatchObject({
      code: 'badCheckpoint',
    });
  });

  it('refuses a split by patient in which a patient lies in two parts', async () => {
    const request = requestFor();
    const test = request.manifest.rows.test.map((row, i) =>
      i === 0 ? { ...row, patient: 'patient-0' } : row,
    );
    const manifest = { ...request.manifest, rows: { ...request.manifest.rows, test } };
    await expect(evaluateRun({ ...request, manifest })).rejects.toMatchObject({ code: 'splitLeak' });
    const byImage = { ...manifest, splitBy: 'image' as const };
    expect((await evaluateRun({ ...request, manifest: byImage })).splitBy).toBe('image');
  });

  it('refuses a part without images', async () => {
    const request = requestFor();
    const manifest = { ...request.manifest, rows: { ...request.manifest.rows, test: [] } };
    await expect(evaluateRun({ ...request, manifest })).rejects.toMatchObject({ code: 'emptySplit' });
  });

  it('warns of what makes figures less than they seem', async () => {
    const inflated = await evaluateRun(requestFor({ splitBy: 'image', patients: 100 }, { testOpenings: 3 }));
    const text = inflated.warnings.join('\n');
    expect(text).toContain('Split by image: figures may be inflated.');
    expect(text).toContain('Generated pictures');
    expect(text).toContain('opened 3 times');
    expect(text).toContain('Only 22 patients');
    const request = requestFor({ generated: false });
    const onValidation = await evaluateRun({ ...request, predictions: request.validation });
    expect(onValidation.warnings).toContain(
      'Validation figures: the epoch and the operating point were chosen on these very images, so they flatter.',
    );
    expect((await evaluateRun(request)).warnings).toEqual([]);
  });

  it('names a class that the part lacks or has from one patient only', async () => {
    const request = requestFor({ classes: ['a', 'b', 'c'], patients: 33, filmsPerPatient: 12 });
    const rows = request.manifest.rows.test.map((row) => ({
      ...row,
      label: row.label === 2 ? 1 : row.label,
    }));
    const one = rows.map((row) => (row.label === 0 ? { ...row, patient: 'patient-30' } : row));
    const evaluation = await evaluateRun({
      ...request,
      manifest: { ...request.manifest, rows: { ...request.manifest.rows, test: one } },
      predictions: {
        ...request.predictions,
        rows: request.predictions.rows.map((row, i) => ({
          ...row,
          truth: one[i]!.label,
          patient: one[i]!.patient,
        })),
      },
    });
    expect(evaluation.warnings).toContain('No test image is of class "c".');
    expect(evaluation.warnings.join()).toContain('All test images of class "a" come from one patient.');
    expect(evaluation.operatingPoint).toBeNull();
    expect(Object.keys(evaluation.perClass!)).toEqual(['a', 'b', 'c']);
  });

  it('gives the same figures, intervals included, for the same predictions', async () => {
    expect(await evaluateRun(requestFor())).toEqual(await evaluateRun(requestFor()));
  });

  it('ends when it is cancelled', async () => {
    await expect(
      evaluateRun(requestFor({ patients: 2000 }, { signal: AbortSignal.abort() })),
    ).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

describe('temperature', () => {
  it('finds the factor by which probabilities were sharpened', () => {
    const rows = classRows(madeUpRun({ patients: 3000 }).validation.rows);
    const base = fitTemperature(rows);
    const sharpened = rows.map((row) => ({
      ...row,
      probabilities: applyTemperature(row.probabilities, 1 / 3),
    }));
    const found = fitTemperature(sharpened);
    expect(found.temperature! / base.temperature!).toBeCloseTo(3, 3);
    expect(found.lossAfter!).toBeCloseTo(base.lossAfter!, 6);
    expect(found.lossAfter!).toBeLessThan(found.lossBefore!);
  });

  it('is not made up where validation cannot fix it', () => {
    const right = Array.from({ length: 50 }, (_, i) => ({
      truth: i % 2,
      probabilities: i % 2 ? [0.1, 0.9] : [0.9, 0.1],
    }));
    expect(fitTemperature(right)).toMatchObject({
      temperature: null,
      note: expect.stringContaining('sharpening') as string,
    });
    expect(fitTemperature(right.slice(0, 12)).temperature).toBeNull();
    expect(fitTemperature(right.slice(0, 12)).note).toBe('validation holds 12 images, fewer than 30');
    expect(fitTemperature(right.slice(0, 12), 'patient').note).toContain('12 patients');
    expect(fitTemperature([])).toMatchObject({ temperature: null, lossBefore: null });
  });

  it('takes a probability of 0 for the truth as a large loss, not as an infinite one', () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ truth: i === 0 ? 0 : 1, probabilities: [0, 1] }));
    const { lossBefore, temperature } = fitTemperature(rows);
    expect(Number.isFinite(lossBefore)).toBe(true);
    expect(temperature).toBeGreaterThan(1);
  });
});
