import { existsSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { z } from 'zod';

import { curvesSchema, type Evaluation, type EvaluationCurves } from '../../contract/evaluation.ts';
import { type ReliabilityBin, reliabilityCurve } from '../../core/calibration.ts';
import { drawCurves, histogramOf, type Row } from '../../core/curves.ts';
import { comparisonOf } from '../../core/mask-comparison.ts';
import { rocBandInSteps } from '../../core/roc-band.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { readJson } from '../files.ts';
import { thresholdsOf } from './cases.ts';
import { classRows, labelRows, valueRows } from './class-rows.ts';
import { evaluationSeed } from './evaluate.ts';
import type { JudgedRow } from './levels.ts';

const histogramBins = 20;
/** More cases of numbers than this are not drawn. */
const mostPoints = 2000;
/** Of the cached file; raised when the same predictions give other curves. */
const curvesVersion = 2;

const cachedSchema = z.object({
  version: z.literal(curvesVersion),
  weightsSha256: z.string(),
  /** What of an evaluation its curves hang on, as JSON. */
  of: z.string(),
  curves: curvesSchema,
});

/**
 * Curves of an evaluated part: of the positive class where there are two, else of each class against the rest, of labels
 * each with and without. Numbers have points in their place, masks the distribution of Dice. The band takes seconds on
 * large parts: it is computed a few milliseconds a turn.
 */
export async function evaluationCurves(
  evaluation: Evaluation,
  rows: readonly JudgedRow[],
): Promise<EvaluationCurves> {
  const none = { classes: [], reliability: [], operatingPoint: null, numbers: null, masks: null };
  switch (evaluation.task) {
    case 'regression':
      return { ...none, numbers: numbersOf(rows) };
    case 'segmentation':
      return { ...none, masks: masksOf(evaluation.classes, rows) };
    case 'multiLabel':
      return { ...none, ...(await labelCurves(evaluation, rows)) };
    default:
      return { ...none, ...(await classCurves(evaluation, rows)) };
  }
}

async function classCurves(
  { classes, positive, operatingPoint }: Evaluation,
  judged: readonly JudgedRow[],
): Promise<Pick<EvaluationCurves, 'classes' | 'reliability' | 'operatingPoint'>> {
  const rows = classRows(judged);
  const drawn = drawCurves(rows, classes, positive);
  const described: EvaluationCurves['classes'] = [];
  for (const one of drawn.classes) {
    const curves = await withBand(one, rows, classes.indexOf(one.name));
    described.push({ ...curves, operatingPoint: null });
  }
  const point =
    operatingPoint && positive !== null
      ? figuresAt(rows, classes.indexOf(positive), operatingPoint.threshold)
      : null;
  return { classes: described, reliability: binsOf(drawn.reliability), operatingPoint: point };
}

async function labelCurves(
  evaluation: Evaluation,
  judged: readonly JudgedRow[],
): Promise<Pick<EvaluationCurves, 'classes' | 'reliability'>> {
  const { classes } = evaluation;
  const thresholds = thresholdsOf(evaluation);
  const described: EvaluationCurves['classes'] = [];
  for (const [label, name] of classes.entries()) {
    const rows = withAndWithout(judged, label);
    const [drawn] = drawCurves(rows, ['', name], name).classes;
    const curves = await withBand(drawn!, rows, 1);
    described.push({ ...curves, operatingPoint: figuresAt(rows, 1, thresholds[label]!) });
  }
  return { classes: described, reliability: binsOf(labelReliability(judged)) };
}

/** One label as a task of two classes: without (0) and with it (1). */
export function withAndWithout(
  rows: readonly JudgedRow[],
  label: number,
): (Row & { readonly patient: string })[] {
  return labelRows(rows).map(({ patient, truth, probabilities }) => {
    const shown = probabilities[label]!;
    return { patient, truth: truth.includes(label) ? 1 : 0, probabilities: [1 - shown, shown] };
  });
}

/** Probabilities of all labels against how often they are right. */
export function labelReliability(rows: readonly JudgedRow[]): ReliabilityBin[] {
  const all = labelRows(rows).flatMap(({ truth, probabilities }) =>
    probabilities.map((probability, label) => ({ probability, shown: Number(truth.includes(label)) })),
  );
  return reliabilityCurve(
    all.map(({ probability }) => probability),
    all.map(({ shown }) => shown),
    'width',
  );
}

type DrawnClass = ReturnType<typeof drawCurves>['classes'][number];

async function withBand(
  { name, positives, negatives, roc, precisionRecall }: DrawnClass,
  rows: readonly (Row & { readonly patient: string })[],
  index: number,
): Promise<Omit<EvaluationCurves['classes'][number], 'operatingPoint'>> {
  await nextTurn();
  const { hits, others } = histogramOf(rows, index, histogramBins);
  return {
    name,
    positives,
    negatives,
    roc: roc && [...roc],
    rocBand: roc && (await inTurns(rocBandInSteps(rows, { index, seed: evaluationSeed }))),
    precisionRecall: precisionRecall && [...precisionRecall],
    histogram: { positives: [...hits], negatives: [...others] },
  };
}

function binsOf(bins: readonly ReliabilityBin[]): EvaluationCurves['reliability'] {
  return bins.map(({ predicted, observed, n, tooFew }) => ({ predicted, observed, n, tooFew }));
}

/** Every case as a point; of too many the largest errors and an even choice of the others. */
export function numbersOf(rows: readonly JudgedRow[]): NonNullable<EvaluationCurves['numbers']> {
  const points = valueRows(rows).map(({ image, truth, value }) => ({ image, truth, predicted: value }));
  if (points.length <= mostPoints) return { n: points.length, points };
  const sorted = points.toSorted(
    (a, b) =>
      Math.abs(b.predicted - b.truth) - Math.abs(a.predicted - a.truth) || (a.image < b.image ? -1 : 1),
  );
  const largest = sorted.slice(0, mostPoints / 2);
  const others = sorted.slice(mostPoints / 2);
  const chosen = Array.from(
    { length: mostPoints / 2 },
    (_, place) => others[Math.floor((place * others.length) / (mostPoints / 2))]!,
  );
  return { n: points.length, points: [...largest, ...chosen] };
}

/** Of every class how many images have which Dice, those without the class left out. */
export function masksOf(
  classes: readonly string[],
  rows: readonly JudgedRow[],
): NonNullable<EvaluationCurves['masks']> {
  return classes.map((name, label) => {
    const bins = new Array<number>(histogramBins).fill(0);
    for (const { regions } of rows) {
      const region = regions?.[label];
      const dice = region ? comparisonOf(region, region.hausdorff95).dice : null;
      if (dice !== null) bins[Math.min(histogramBins - 1, Math.floor(dice * histogramBins))]!++;
    }
    return { name, dice: bins };
  });
}

/** The same, kept in a file beside the predictions; `keep` false reads it only. */
export async function cachedCurves(
  evaluation: Evaluation,
  { weightsSha256, rows }: { weightsSha256: string; rows: readonly JudgedRow[] },
  file: string,
  keep: boolean,
): Promise<EvaluationCurves> {
  const { task, level, pooling, positive, operatingPoint, thresholds } = evaluation;
  const of = JSON.stringify({ task, level, pooling, positive, operatingPoint, thresholds });
  const cached = existsSync(file) ? readCached(file) : null;
  if (cached && cached.weightsSha256 === weightsSha256 && cached.of === of) return cached.curves;
  const curves = await evaluationCurves(evaluation, rows);
  const content: z.infer<typeof cachedSchema> = { version: curvesVersion, weightsSha256, of, curves };
  if (keep && existsSync(path.dirname(file))) await writeFileWhole(file, JSON.stringify(content));
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
  rows: readonly Row[],
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
