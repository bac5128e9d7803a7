import type { Predictions } from '../../contract/run-folder.ts';
import { type Decider, decide } from '../../core/operating-point.ts';

export interface ModelError {
  readonly image: string;
  readonly truth: number;
  readonly decided: number;
  /** Probability that the network gave to the true class. */
  readonly probabilityOfTruth: number;
}

/** Wrongly decided rows, the least probability for the truth first, then by image id. */
export function worstErrors(
  rows: Predictions['rows'],
  decider: Decider,
  limit: number,
): { errors: ModelError[]; total: number } {
  const wrong = rows
    .map(({ image, truth, probabilities }) => ({
      image,
      truth,
      decided: decide(probabilities, decider),
      probabilityOfTruth: probabilities[truth]!,
    }))
    .filter((row) => row.decided !== row.truth)
    .sort((a, b) => a.probabilityOfTruth - b.probabilityOfTruth || (a.image < b.image ? -1 : 1));
  return { errors: wrong.slice(0, limit), total: wrong.length };
}
