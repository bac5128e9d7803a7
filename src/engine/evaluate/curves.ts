import { existsSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { z } from 'zod';

import type { Predictions } from '../../contract/run-folder.ts';
import { curvesSchema, type Evaluation, type EvaluationCurves } from '../../contract/run.ts';
import { drawCurves, histogramOf } from '../../core/curves.ts';
import { rocBandInSteps } from '../../core/roc-band.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { readJson } from '../files.ts';
import { evaluationSeed } from './evaluate.ts';

const histogramBins = 20;
/** Of the cached file; raised when the same predictions give other curves. */
const curvesVersion = 1;

const cachedSchema = z.object({
  version: z.literal(curvesVersion),
  weightsSha256: z.string(),
  positive: z.string().nullable(),
  threshold: z.number().nullable(),
  curves: curvesSchema,
});

/**
 * Curves of an evaluated part: of the positive class where there are two, else of each class against the rest.
 * The band takes seconds on large parts: it is computed a few milliseconds a turn.
 */
export async function evaluationCurves(
  evaluation: Evaluation,
  predictions: Predictions,
): Promise<EvaluationCurves> {
  const { classes, positive, operatingPoint } = evaluation;
  const { rows } = predictions;
  const drawn = drawCurves(rows, classes, positive);
  const described: EvaluationCurves['classes'] = [];
  for (const { name, positives, negatives, roc, precisionRecall } of drawn.classes) {
    await nextTurn();
    const index = classes.indexOf(name);
    const { hits, others } = histogramOf(rows, index, histogramBins);
    described.push({
      name,
      positives,
      negatives,
      roc: roc && [...roc],
      rocBand: roc && (await inTurns(rocBandInSteps(rows, { index, seed: evaluationSeed }))),
      precisionRecall: precisionRecall && [...precisionRecall],
      histogram: { positives: [...hits], negatives: [...others] },
    });
  }
  return {
    classes: described,
    reliability: drawn.reliability.map(({ predicted, observed, n, tooFew }) => ({
      predicted,
      observed,
      n,
      tooFew,
    })),
    operatingPoint:
      operatingPoint && positive !== null
        ? figuresAt(rows, classes.indexOf(positive), operatingPoint.threshold)
        : null,
  };
}

/** The same, kept in a file beside the predictions; `keep` false reads it only. */
export async function cachedCurves(
  evaluation: Evaluation,
  predictions: Predictions,
  file: string,
  keep: boolean,
): Promise<EvaluationCurves> {
  const of = {
    version: curvesVersion,
    weightsSha256: predictions.weightsSha256,
    positive: evaluation.positive,
    threshold: evaluation.operatingPoint?.threshold ?? null,
  } as const;
  const cached = existsSync(file) ? readCached(file) : null;
  if (
    cached &&
    cached.weightsSha256 === of.weightsSha256 &&
    cached.positive === of.positive &&
    cached.threshold === of.threshold
  )
    return cached.curves;
  const curves = await evaluationCurves(evaluation, predictions);
  if (keep && existsSync(path.dirname(file)))
    await writeFileWhole(file, JSON.stringify({ ...of, curves } satisfies z.infer<typeof cachedSchema>));
  return curves;
}

function readCached(file: string): z.infer<typeof cachedSchema> | null {
  try {
    return cachedSchema.safeParse(readJson(file)).data ?? null;
  } catch {
    // What is damaged is made again.
    return null;
  }
}

function figuresAt(
  rows: Predictions['rows'],
  positive: number,
  threshold: number,
): NonNullable<EvaluationCurves['operatingPoint']> {
  const counted = { truePositive: 0, falsePositive: 0, trueNegative: 0, falseNegative: 0 };
  for (const { truth, probabilities } of rows) {
    const called = probabilities[positive]! >= threshold;
    if (truth === positive) counted[called ? 'truePositive' : 'falseNegative']++;
    else counted[called ? 'falsePositive' : 'trueNegative']++;
  }
  const { truePositive, falsePositive, trueNegative, falseNegative } = counted;
  const share = (part: number, of: number): number | null => (of === 0 ? null : part / of);
  return {
    threshold,
    sensitivity: share(truePositive, truePositive + falseNegative),
    specificity: share(trueNegative, trueNegative + falsePositive),
    precision: share(truePositive, truePositive + falsePositive),
  };
}

async function inTurns<T>(steps: Generator<void, T, undefined>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}
