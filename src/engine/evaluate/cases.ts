import { ReadroomError } from '../../contract/errors.ts';
import type { CaseRequest, Evaluation, JudgedCase } from '../../contract/evaluation.ts';
import { classOf, isSameTruth } from '../../contract/learning-task.ts';
import { comparisonOf } from '../../core/mask-comparison.ts';
import { decide, type Decider } from '../../core/operating-point.ts';
import type { JudgedRow } from './levels.ts';

/** One case with what the evaluation made of it. */
export type DecidedCase = JudgedCase & Pick<JudgedRow, 'image' | 'images'>;

/** How an evaluation decides between two classes. */
export function deciderOf({
  positive,
  classes,
  operatingPoint,
}: Pick<Evaluation, 'positive' | 'classes' | 'operatingPoint'>): Decider {
  if (positive === null || operatingPoint === null) return null;
  return { threshold: operatingPoint.threshold, positiveIndex: classes.indexOf(positive) };
}

/**
 * A page of an evaluated part's cases, filtered and sorted; equal ones by image id.
 *
 * @throws ReadroomError `usage` for an order that the task does not have
 */
export function pageOfCases(
  rows: readonly JudgedRow[],
  evaluation: Evaluation,
  request: CaseRequest,
): { total: number; page: DecidedCase[] } {
  const judge = judgeOf(evaluation);
  const rank = rankBy(request.order, evaluation);
  const wanted = rows
    .map((row): DecidedCase => ({ image: row.image, images: row.images, ...judge(row) }))
    .filter((one) => isWanted(one, request))
    .map((one) => ({ one, rank: rank(one) }))
    .sort((a, b) => a.rank - b.rank || (a.one.image < b.one.image ? -1 : 1));
  const page = wanted.slice(request.offset, request.offset + request.limit).map(({ one }) => one);
  return { total: wanted.length, page };
}

/** Of several labels: which probability each is given from, in the order of the classes. */
export function thresholdsOf({ classes, thresholds }: Pick<Evaluation, 'classes' | 'thresholds'>): number[] {
  return classes.map((name) => thresholds?.[name]?.threshold ?? 0.5);
}

function judgeOf(evaluation: Evaluation): (row: JudgedRow) => JudgedCase {
  switch (evaluation.task) {
    case 'regression':
      return ({ truth, probabilities }) => ({
        kind: 'number',
        truth: classOf(truth),
        predicted: probabilities[0]!,
      });
    case 'multiLabel': {
      const thresholds = thresholdsOf(evaluation);
      return ({ truth, probabilities }) => ({
        kind: 'labels',
        truth: [truth].flat(),
        decided: thresholds.flatMap((from, label) => (probabilities[label]! >= from ? [label] : [])),
        probabilities,
        loss: summedLoss([truth].flat(), probabilities),
      });
    }
    case 'segmentation':
      return ({ regions = [] }) => {
        const classes = regions.map((region) => {
          const { outcome, dice, iou, hd95 } = comparisonOf(region, region.hausdorff95);
          return { outcome, dice, iou, hd95 };
        });
        const counted = classes.flatMap(({ dice }) => dice ?? []);
        const sum = counted.reduce((total, dice) => total + dice, 0);
        return { kind: 'masks', classes, dice: counted.length === 0 ? null : sum / counted.length };
      };
    default: {
      const decider = deciderOf(evaluation);
      return ({ truth, probabilities }) => ({
        kind: 'class',
        truth: classOf(truth),
        decided: decide(probabilities, decider),
        probabilities,
      });
    }
  }
}

/** The smallest normal float32: a probability that was rounded to 0 is a large loss and no infinite one. */
const leastProbability = 2 ** -126;

function summedLoss(truth: readonly number[], probabilities: readonly number[]): number {
  return probabilities.reduce(
    (sum, p, label) => sum - Math.log(Math.max(truth.includes(label) ? p : 1 - p, leastProbability)),
    0,
  );
}

function isWanted(one: DecidedCase, request: CaseRequest): boolean {
  const { truth, decided, errorsOnly, probability, dice, image } = request;
  return (
    (truth === undefined || holds(one, 'truth', truth)) &&
    (decided === undefined || holds(one, 'decided', decided)) &&
    (!errorsOnly || isWrong(one)) &&
    (probability === undefined ||
      isWithin('probabilities' in one ? one.probabilities[probability.class] : null, probability)) &&
    (dice === undefined || isWithin(one.kind === 'masks' ? one.classes[dice.class]?.dice : null, dice)) &&
    (image === undefined || one.images.includes(image))
  );
}

function holds(one: DecidedCase, side: 'truth' | 'decided', label: number): boolean {
  if (one.kind === 'class') return one[side] === label;
  return one.kind === 'labels' && one[side].includes(label);
}

function isWrong(one: DecidedCase): boolean {
  switch (one.kind) {
    case 'class':
      return one.truth !== one.decided;
    case 'labels':
      return !isSameTruth(one.truth, one.decided);
    case 'number':
      return one.truth !== one.predicted;
    case 'masks':
      return one.dice !== null && one.dice < 1;
  }
}

function isWithin(value: number | null | undefined, { from, to }: { from: number; to: number }): boolean {
  return value != null && value >= from && value <= to;
}

/** Smaller comes first. */
function rankBy(order: CaseRequest['order'], evaluation: Evaluation): (one: DecidedCase) => number {
  if (order === 'unsure') return doubtOf(evaluation);
  return order === 'worst' ? goodness : (one) => -goodness(one);
}

/** Larger is better; of masks those with nothing drawn and nothing predicted are right. */
function goodness(one: DecidedCase): number {
  switch (one.kind) {
    case 'class':
      return one.probabilities[one.truth]!;
    case 'labels':
      return -one.loss;
    case 'number':
      return -Math.abs(one.predicted - one.truth);
    case 'masks':
      return one.dice ?? 1;
  }
}

/** How near to the decision, the nearest being least. @throws ReadroomError `usage` */
function doubtOf(evaluation: Evaluation): (one: DecidedCase) => number {
  const { task } = evaluation;
  if (task === 'regression' || task === 'segmentation') {
    throw new ReadroomError(
      'usage',
      `${task === 'regression' ? 'A predicted number' : 'A predicted mask'} has no probability, so no case is the least sure.`,
      'Sort by worst or best.',
    );
  }
  const decider = deciderOf(evaluation);
  const thresholds = thresholdsOf(evaluation);
  return (one) => {
    if (!('probabilities' in one)) return 0;
    const { probabilities } = one;
    if (one.kind === 'labels')
      return Math.min(...thresholds.map((from, label) => Math.abs(probabilities[label]! - from)));
    if (decider) return Math.abs(probabilities[decider.positiveIndex]! - decider.threshold);
    const [first, second] = [...probabilities].sort((a, b) => b - a);
    return first! - (second ?? 0);
  };
}
