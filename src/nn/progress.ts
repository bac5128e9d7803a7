import type { EpochRecord } from '../contract/events.ts';
import type { StepResult } from './step.ts';
import type { ValidationFigures } from './validation-figures.ts';

/** Where a training stands; with the step's state all that is needed to go on as if nothing had happened. */
export interface Progress {
  /** Updates made so far. */
  step: number;
  /** Sums over the rows of the epoch under way; the seconds are those of its steps. */
  epoch: { rows: number; lossSum: number; correct: number; seconds: number };
  /** Epochs that are validated. */
  history: EpochRecord[];
  /** The epoch with the best watched value so far, which is the smallest (`watchedValue`). */
  best: { epoch: number; value: number } | null;
  /** Seconds of training so far, over all sittings, with validating and writing checkpoints. */
  seconds: number;
  /** Training rows and the seconds of their steps alone. */
  trained: { rows: number; seconds: number };
}

const emptyEpoch = (): Progress['epoch'] => ({ rows: 0, lossSum: 0, correct: 0, seconds: 0 });

export const freshProgress = (): Progress => ({
  step: 0,
  epoch: emptyEpoch(),
  history: [],
  best: null,
  seconds: 0,
  trained: { rows: 0, seconds: 0 },
});

/** Counts a step that was made in `seconds`. */
export function countStep(
  progress: Progress,
  result: Pick<StepResult, 'loss' | 'correct'>,
  rows: number,
  seconds: number,
): void {
  const { epoch, trained } = progress;
  progress.step++;
  epoch.rows += rows;
  epoch.lossSum += result.loss * rows;
  epoch.correct += result.correct;
  epoch.seconds += seconds;
  trained.rows += rows;
  trained.seconds += seconds;
}

/** The record of the epoch under way, whose steps are all made. */
export function epochRecord(
  { epoch, history }: Progress,
  figures: ValidationFigures,
  {
    learningRate,
    validationSeconds,
    countsCorrect,
  }: {
    /** At its last step. */
    readonly learningRate: number;
    readonly validationSeconds: number;
    readonly countsCorrect: boolean;
  },
): EpochRecord {
  return {
    epoch: history.length + 1,
    loss: epoch.lossSum / epoch.rows,
    accuracy: countsCorrect ? epoch.correct / epoch.rows : null,
    ...figures,
    learningRate,
    seconds: epoch.seconds + validationSeconds,
    imagesPerSecond: epoch.rows / Math.max(epoch.seconds, 1e-9),
  };
}

/** Progress once an epoch is over; what was given stays as it is. */
export function afterEpoch(progress: Progress, record: EpochRecord, best: Progress['best']): Progress {
  return { ...progress, epoch: emptyEpoch(), history: [...progress.history, record], best };
}
