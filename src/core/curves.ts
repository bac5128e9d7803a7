import { type ReliabilityBin, reliabilityCurve } from './calibration.ts';

/** Points of the curves that a report draws; the numbers beside them come from `metrics.ts`. */

/** One image: its class, and the probability of each class. */
export interface Row {
  readonly truth: number;
  readonly probabilities: readonly number[];
}

/** A point of a curve; both values from 0 to 1. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** A point that a threshold makes. */
export interface CutPoint extends CurvePoint {
  /** Rows from this probability on count as positive; null where none does. */
  readonly threshold: number | null;
}

/** The curves of one class against the rest. */
export interface ClassCurves {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  /** x false positive rate, y sensitivity; null without both kinds of rows. */
  readonly roc: readonly CutPoint[] | null;
  /** x recall, y precision; null without positive rows. */
  readonly precisionRecall: readonly CutPoint[] | null;
}

/** What `drawCurves` gives. */
export interface Curves {
  readonly classes: readonly ClassCurves[];
  /** Two classes: probability of the positive class against its frequency; more: confidence against accuracy. */
  readonly reliability: readonly ReliabilityBin[];
  readonly reliabilityLabels: { readonly x: string; readonly y: string };
}

const mostPoints = 400;

/** Curves of each class against the rest, of the positive class alone when there is one. */
export function drawCurves(
  rows: readonly Row[],
  classes: readonly string[],
  positive: string | null,
): Curves {
  const shown = positive === null ? classes.map((_, index) => index) : [classes.indexOf(positive)];
  const outcomes = positive === null ? confidences(rows) : scored(rows, shown[0]!);
  return {
    classes: shown.map((index) => classCurves(rows, index, classes[index]!)),
    reliability: reliabilityCurve(
      outcomes.map((outcome) => outcome.score),
      outcomes.map((outcome) => Number(outcome.hit)),
      'width',
    ),
    reliabilityLabels:
      positive === null
        ? { x: 'highest predicted probability', y: 'share decided rightly' }
        : { x: `predicted probability of ${positive}`, y: `share with ${positive} as truth` },
  };
}

/** Rows by score, in bins of equal width from 0 to 1. */
export interface Histogram {
  readonly hits: readonly number[];
  readonly others: readonly number[];
}

/** Rows of a class (`hits`) and of all others by the probability of that class. */
export function histogramOf(rows: readonly Row[], index: number, bins: number): Histogram {
  return binned(scored(rows, index), bins);
}

/** Rows decided rightly (`hits`) and wrongly by their highest probability, which decides. */
export function confidenceHistogramOf(rows: readonly Row[], bins: number): Histogram {
  return binned(confidences(rows), bins);
}

function binned(outcomes: readonly Outcome[], bins: number): Histogram {
  const hits = new Array<number>(bins).fill(0);
  const others = new Array<number>(bins).fill(0);
  for (const { score, hit } of outcomes) {
    const side = hit ? hits : others;
    side[Math.min(bins - 1, Math.floor(score * bins))]!++;
  }
  return { hits, others };
}

interface Outcome {
  readonly score: number;
  readonly hit: boolean;
}

function confidences(rows: readonly Row[]): Outcome[] {
  return rows.map((row) => {
    const top = Math.max(...row.probabilities);
    return { score: top, hit: row.probabilities.indexOf(top) === row.truth };
  });
}

function scored(rows: readonly Row[], index: number): Outcome[] {
  return rows.map((row) => ({ score: row.probabilities[index]!, hit: row.truth === index }));
}

function classCurves(rows: readonly Row[], index: number, name: string): ClassCurves {
  const ordered = scored(rows, index).sort((a, b) => b.score - a.score);
  const positives = ordered.filter((row) => row.hit).length;
  const negatives = ordered.length - positives;
  const roc: CutPoint[] = [{ x: 0, y: 0, threshold: null }];
  const precisionRecall: CutPoint[] = [];
  let truePositives = 0;
  let falsePositives = 0;
  ordered.forEach((row, rank) => {
    if (row.hit) truePositives++;
    else falsePositives++;
    // Rows of one score enter together: no threshold can part them.
    if (ordered[rank + 1]?.score === row.score) return;
    const threshold = row.score;
    roc.push({ x: falsePositives / negatives, y: truePositives / positives, threshold });
    precisionRecall.push({
      x: truePositives / positives,
      y: truePositives / (truePositives + falsePositives),
      threshold,
    });
  });
  const first = precisionRecall[0];
  return {
    name,
    positives,
    negatives,
    roc: positives > 0 && negatives > 0 ? thin(corners(roc)) : null,
    precisionRecall:
      positives > 0 && first ? thin([{ ...first, x: 0, threshold: null }, ...precisionRecall]) : null,
  };
}

/** Without the points in the middle of a straight vertical or horizontal run. */
function corners(points: readonly CutPoint[]): CutPoint[] {
  return points.filter((point, i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    if (!before || !after) return true;
    return !((before.x === point.x && point.x === after.x) || (before.y === point.y && point.y === after.y));
  });
}

/** At most `mostPoints`, evenly taken, first and last kept. */
function thin(points: readonly CutPoint[]): CutPoint[] {
  if (points.length <= mostPoints) return [...points];
  return Array.from(
    { length: mostPoints },
    (_, i) => points[Math.round((i * (points.length - 1)) / (mostPoints - 1))]!,
  );
}
