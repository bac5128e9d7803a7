import type { Predictions } from '../../contract/run-folder.ts';
import type { Case, Evaluation } from '../../contract/run.ts';
import { decide, type Decider } from '../../core/operating-point.ts';

export interface CaseRequest {
  truth?: number;
  decided?: number;
  errorsOnly: boolean;
  /** Range of a class's probability, both ends included. */
  probability?: { class: number; from: number; to: number };
  order: 'worst' | 'best' | 'unsure';
  offset: number;
  limit: number;
}

/** One image with what the evaluation made of it. */
export type DecidedCase = Pick<Case, 'image' | 'truth' | 'decided' | 'probabilities'>;

/** How an evaluation decides. */
export function deciderOf({ positive, classes, operatingPoint }: Evaluation): Decider {
  if (positive === null || operatingPoint === null) return null;
  return { threshold: operatingPoint.threshold, positiveIndex: classes.indexOf(positive) };
}

/** A page of an evaluated part's images, filtered and sorted; equal ones by image id. */
export function pageOfCases(
  rows: Predictions['rows'],
  decider: Decider,
  request: CaseRequest,
): { total: number; page: DecidedCase[] } {
  const wanted = rows
    .map(({ image, truth, probabilities }) => ({
      image,
      truth,
      probabilities,
      decided: decide(probabilities, decider),
    }))
    .filter(
      ({ truth, decided, probabilities }) =>
        (request.truth === undefined || truth === request.truth) &&
        (request.decided === undefined || decided === request.decided) &&
        (!request.errorsOnly || truth !== decided) &&
        isWithin(probabilities, request.probability),
    )
    .map((row) => ({ row, rank: rankOf(row, request.order, decider) }))
    .sort((a, b) => a.rank - b.rank || (a.row.image < b.row.image ? -1 : 1));
  const page = wanted.slice(request.offset, request.offset + request.limit).map(({ row }) => row);
  return { total: wanted.length, page };
}

function isWithin(probabilities: readonly number[], range: CaseRequest['probability']): boolean {
  const value = range && probabilities[range.class];
  return range === undefined || (value !== undefined && value >= range.from && value <= range.to);
}

/** Smaller comes first. */
function rankOf(
  { truth, probabilities }: DecidedCase,
  order: CaseRequest['order'],
  decider: Decider,
): number {
  if (order === 'worst') return probabilities[truth]!;
  if (order === 'best') return -probabilities[truth]!;
  if (decider) return Math.abs(probabilities[decider.positiveIndex]! - decider.threshold);
  const [first, second] = [...probabilities].sort((a, b) => b - a);
  return first! - (second ?? 0);
}
