import { describe, expect, it } from 'vitest';

import type { EvaluationLevel } from '../../../../src/contract/evaluation.ts';
import { taskOf } from '../../../../src/contract/learning-task.ts';
import type { Predictions } from '../../../../src/contract/run-folder.ts';
import { isLowerBetter, namedMetrics } from '../../../../src/core/metric-names.ts';
import { estimatesOf } from '../../../../src/core/resample.ts';
import { createRandom } from '../../../../src/core/random.ts';
import { finish } from '../../../../src/core/steps.ts';
import { type ComparedSide, refuseIncomparable } from '../../../../src/engine/evaluate/comparable.ts';
import { comparedFigures, comparedNames } from '../../../../src/engine/evaluate/compared-figures.ts';
import { compareInSteps } from '../../../../src/engine/evaluate/compare.ts';
import { evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { judgedRows } from '../../../../src/engine/evaluate/levels.ts';
import { type MadeUpTask, madeUpTaskRun } from '../../../support/made-up-tasks.ts';
import { type MadeUpRun, madeUpRun } from '../../../support/run-facts.ts';

type Rows = Predictions['rows'];

async function side(
  { manifest, validation, test }: MadeUpRun,
  {
    run = 'a',
    level = 'image',
    change = (rows) => rows,
  }: { run?: string; level?: EvaluationLevel; change?: (rows: Rows) => Rows } = {},
): Promise<ComparedSide> {
  const predictions = { ...test, rows: change(test.rows) };
  const evaluation = await evaluateRun({
    ...{ run, manifest, validation, level, testOpenings: 1 },
    // Rows in another order are of another manifest.
    ...{
      predictions,
      manifest: { ...manifest, rows: { ...manifest.rows, test: inOrder(manifest, predictions) } },
    },
  });
  const task = taskOf(manifest);
  const { pooling, positive, classes } = evaluation;
  const place = positive === null ? null : classes.indexOf(positive);
  const rows = judgedRows(predictions, task, { level, pooling, positive: place });
  const size = manifest.inputs.geometry.size;
  return { run, called: `"${run}"`, task, evaluation, rows, manifest, size };
}

function inOrder({ rows }: MadeUpRun['manifest'], predictions: Predictions) {
  const byImage = new Map(rows.test.map((row) => [row.image, row]));
  return predictions.rows.map(({ image }) => byImage.get(image)!);
}

/** Answers with more noise in them, the other way round in the list. */
function worse(rows: Rows): Rows {
  const random = createRandom(5, 'worse');
  return rows
    .map((row) => ({
      ...row,
      probabilities: spoilt(row.probabilities, random),
      ...(row.regions && {
        regions: row.regions.map((region) => ({
          ...region,
          falsePositives: region.falsePositives + (region.truePositives > 0 ? 150 : 0),
        })),
      }),
      ...(row.pixels && { pixels: { ...row.pixels, right: Math.floor(row.pixels.right * 0.9) } }),
    }))
    .toReversed();
}

function spoilt(probabilities: number[], random: ReturnType<typeof createRandom>): number[] {
  if (probabilities.length === 1) return [probabilities[0]! + 25 * random.normal()];
  const powers = probabilities.map((p) => Math.max(1e-6, p) ** 0.5 * Math.exp(1.2 * random.normal()));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => Math.min(1, power / sum));
}

const tasks = ['multiLabel', 'ordinal', 'regression', 'segmentation', 'binary'] as const;
const runs: [string, () => MadeUpRun][] = [
  ['three classes', () => madeUpRun({ classes: ['a', 'b', 'c'] })],
  ...tasks.map((name: MadeUpTask): [string, () => MadeUpRun] => [name, () => madeUpTaskRun(name)]),
];

describe.each(runs)('two runs of %s', (_, make) => {
  it('have figures that are those of their evaluations, and differences between them', async () => {
    const first = await side(make());
    const second = await side(make(), { run: 'b', change: worse });
    const names = comparedNames([first.evaluation, second.evaluation]);
    expect(names.length).toBeGreaterThan(4);
    expect(namedMetrics(first.evaluation.metrics).map(({ key }) => key)).toEqual(
      expect.arrayContaining(names),
    );
    for (const one of [first, second]) {
      const figures = comparedFigures(one.task, one.rows, one.evaluation);
      const values = estimatesOf(figures);
      for (const name of names)
        expect(values[figures.names.indexOf(name)]).toBeCloseTo(one.evaluation.metrics[name]!.value!, 9);
    }
    refuseIncomparable(first, second);
    const [none, differences] = finish(compareInSteps([first, second], first, names));
    expect(none).toBeNull();
    for (const name of names) {
      const { value, low, high } = differences![name]!;
      const [a, b] = [first, second].map(({ evaluation }) => evaluation.metrics[name]!.value!);
      expect(value).toBeCloseTo(b! - a!, 9);
      if (low !== null) expect(high).toBeGreaterThan(low);
    }
    const main = { multiLabel: 'auc', regression: 'mae', segmentation: 'dice' }[first.task.kind as string];
    const { value, p, pHolm } = differences![main ?? 'accuracy']!;
    expect(Math.sign(value!)).toBe(isLowerBetter(main ?? 'accuracy') ? 1 : -1);
    expect(p).toBeLessThan(0.05);
    expect(pHolm).toBe(p);
  });
});

describe('several runs', () => {
  it('are each compared with the reference, wherever it stands, and corrected for their number', async () => {
    const [a, b, c] = await Promise.all([
      side(madeUpRun({ patients: 120 }), { change: worse }),
      side(madeUpRun({ patients: 120 }), { run: 'b' }),
      side(madeUpRun({ patients: 120 }), { run: 'c' }),
    ]);
    const [ofA, ofB, ofC] = finish(compareInSteps([a, b, c], b, ['auc', 'brier']));
    expect(ofB).toBeNull();
    expect(ofA!['auc']!.value).toBeLessThan(0);
    // One that is the same as the reference takes part in the correction.
    expect(ofC!['auc']).toMatchObject({ value: 0, low: null, p: 1, pHolm: 1 });
    expect(ofA!['auc']!.pHolm).toBeCloseTo(2 * ofA!['auc']!.p!, 12);
  });

  it('go in steps of little work each, so that an engine answers meanwhile', async () => {
    const two = [await side(madeUpRun()), await side(madeUpRun(), { run: 'b', change: worse })] as const;
    const shares = [...compareInSteps(two, two[0], ['auc'])];
    const rowsCounted = 2000 * 2 * two[0].rows.length;
    expect(rowsCounted / shares.length).toBeLessThan(60_000);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  });

  it('are judged patient by patient where their evaluations were', async () => {
    const two = [
      await side(madeUpRun(), { level: 'patient' }),
      await side(madeUpRun(), { run: 'b', level: 'patient', change: worse }),
    ] as const;
    refuseIncomparable(...two);
    const [, differences] = finish(compareInSteps(two, two[0], ['auc']));
    const [a, b] = two.map(({ evaluation }) => evaluation.metrics['auc']!.value!);
    expect(differences!['auc']!.value).toBeCloseTo(b! - a!, 9);
  });
});

describe('few patients', () => {
  it('of one class are enough for no test of what rests on it, however many there are in all', async () => {
    const few = { patients: 60, filmsPerPatient: 1, classes: ['a', 'b'] };
    const two = [
      await side(madeUpRun(few)),
      await side(madeUpRun(few), { run: 'b', change: worse }),
    ] as const;
    expect(two[0].evaluation.metrics['auc']!.method).toMatch(/^too few \(n = [67]\)/);
    const [, differences] = finish(compareInSteps(two, two[0], ['auc', 'accuracy']));
    expect(differences!['auc']).toMatchObject({
      p: null,
      pHolm: null,
      method: expect.stringMatching(/^too few \(n = [67]\); paired/) as string,
    });
    expect(differences!['accuracy']!.p).not.toBeNull();
  });
});

describe('runs that were not judged alike are refused, saying how', () => {
  const refused = (first: ComparedSide, second: ComparedSide): string => {
    try {
      refuseIncomparable(first, second);
    } catch (error) {
      expect(error).toMatchObject({ code: 'usage', hint: expect.stringMatching(/./) as string });
      return (error as Error).message;
    }
    throw new Error('It was not refused');
  };

  it('other tasks, units and classes', async () => {
    const classes = await side(madeUpRun());
    const months = await side(madeUpTaskRun('regression'), { run: 'b' });
    expect(refused(classes, months)).toMatch(/^"a" and "b" learned different things, .* and numbers,/);
    const years = { ...months, task: { ...months.task, unit: 'years' } as ComparedSide['task'] };
    expect(refused(months, years)).toContain('months and years');
    const others = await side(madeUpRun({ classes: ['NORMAL', 'COVID'] }), { run: 'b' });
    expect(refused(classes, others)).toContain('NORMAL and PNEUMONIA, and NORMAL and COVID');
  });

  it('other levels and positive classes', async () => {
    const byImage = await side(madeUpRun());
    const byPatient = await side(madeUpRun(), { run: 'b', level: 'patient' });
    expect(refused(byImage, byPatient)).toBe(
      '"a" was judged image by image and "b" by patient, pooled by the mean.',
    );
    const turned = { ...byImage, evaluation: { ...byImage.evaluation, positive: 'NORMAL' } };
    expect(refused(byImage, turned)).toContain('PNEUMONIA as the positive class');
  });

  it('other images, patients and labels', async () => {
    const all = await side(madeUpRun());
    const more = { ...all, called: '"b"', rows: all.rows.slice(2) };
    expect(refused(all, more)).toBe(
      '"a" and "b" were judged on different images: 2 test images of the first and 0 of the second are not in the other.',
    );
    const [first, ...rest] = all.rows;
    expect(refused(all, { ...all, rows: [{ ...first!, patient: 'p' }, ...rest] })).toContain(
      'put 1 test image to other patients',
    );
    const relabelled = { ...all, rows: [{ ...first!, truth: 1 - (first!.truth as number) }, ...rest] };
    expect(refused(all, relabelled)).toContain('by different labels on 1 test image');
  });

  it('masks of other dataset versions, whose rows do not tell what is drawn', async () => {
    const masks = await side(madeUpTaskRun('segmentation'));
    const later = { ...masks, manifest: { datasetVersion: 'later', fold: null } };
    expect(refused(masks, later)).toContain('what is drawn may have changed');
    refuseIncomparable(masks, { ...masks, rows: masks.rows.map((row) => ({ ...row, truth: 99 })) });
  });
});
