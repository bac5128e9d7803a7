import type { EpochRecord } from '../contract/events.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import { bestWith } from './monitor.ts';
import { afterEpoch, type Progress } from './progress.ts';
import { streamState, streamWeights, type TensorStream, type TrainingStep } from './step.ts';

/** Where what must outlast the process is kept. */
export interface Store {
  /**
   * Keeps the weights of the best epoch so far; called before the checkpoint that mentions it. False, and nothing is
   * kept, when a number is not finite.
   */
  saveBest(epoch: number, weights: TensorStream): Promise<boolean>;
  /** Keeps state and progress, durably, before it resolves; false as above. */
  saveCheckpoint(state: TensorStream, progress: Progress): Promise<boolean>;
}

/** Keeps a training's time and checkpoints. A state with a number that is not finite is never kept. */
export interface Keeper {
  /** Seconds since the last look, less those of writing a checkpoint; the run's seconds have both. */
  lap(): number;
  /** Whether the recipe wants a checkpoint by now. */
  isDue(): boolean;
  /** Writes a checkpoint; false, and nothing is written, for a state that is not finite. */
  checkpoint(): Promise<boolean>;
  /** Ends the epoch under way, with its best weights, and a checkpoint if one is due; null for a state that is not finite. */
  endEpoch(record: EpochRecord): Promise<{ readonly isBest: boolean } | null>;
}

/** @param now milliseconds of a clock that never goes back */
export function createKeeper(
  { checkpoint: { everySeconds }, earlyStopping: { monitor } }: ResolvedRecipe,
  step: TrainingStep,
  progress: Progress,
  { now, ...store }: Store & { now(): number },
): Keeper {
  let lookedAt = now();
  let checkpointedAt = lookedAt;
  const lap = (): number => {
    const before = lookedAt;
    lookedAt = now();
    const seconds = (lookedAt - before) / 1000;
    progress.seconds += seconds;
    return seconds;
  };
  const isDue = (): boolean => now() - checkpointedAt >= everySeconds * 1000;
  /** Writing counts as time of the run, not of the steps after it. */
  const saved = (): void => {
    lap();
    checkpointedAt = lookedAt;
  };

  return {
    lap,
    isDue,
    checkpoint: async () => {
      lap();
      const kept = await store.saveCheckpoint(streamState(step), progress);
      saved();
      return kept;
    },
    endEpoch: async (record) => {
      if (!(await step.isFinite())) return null;
      const best = bestWith(progress.best, record, monitor);
      const isBest = best?.epoch === record.epoch;
      if (isBest && !(await store.saveBest(record.epoch, streamWeights(step)))) return null;
      lap();
      // Where a checkpoint is due, a failure to write it ends the run at the epoch before.
      const next = afterEpoch(progress, record, best);
      const due = isDue();
      if (due && !(await store.saveCheckpoint(streamState(step), next))) return null;
      Object.assign(progress, next);
      if (due) saved();
      return { isBest };
    },
  };
}
