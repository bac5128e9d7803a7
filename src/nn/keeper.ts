import type { EpochRecord } from '../contract/events.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import { bestWith } from './monitor.ts';
import { afterEpoch, type Progress } from './progress.ts';
import { type TrainingState, type TrainingStep, weightsOfState } from './step.ts';
import { allFinite } from './weights.ts';

/** Where what must outlast the process is kept. */
export interface Store {
  /** Keeps the weights of the best epoch so far; called before the checkpoint that mentions it. */
  saveBest(epoch: number, weights: TrainingState): Promise<void>;
  /** Keeps state and progress, durably, before it resolves. */
  saveCheckpoint(state: TrainingState, progress: Progress): Promise<void>;
}

/** Keeps a training's time and checkpoints. A state with a number that is not finite is never kept. */
export interface Keeper {
  /** Seconds since the last look, less those of writing a checkpoint; the run's seconds have both. */
  lap(): number;
  /** Whether the recipe wants a checkpoint by now. */
  isDue(): boolean;
  /** Writes a checkpoint; false, and nothing is written, for a state that is not finite. */
  checkpoint(): Promise<boolean>;
  /** Ends the epoch under way, with its best weights and checkpoint; null for a state that is not finite. */
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
  const finiteState = async (): Promise<TrainingState | null> => {
    const state = await step.readState();
    return allFinite(state.values()) ? state : null;
  };
  /** Writing counts as time of the run, not of the steps after it. */
  const saved = (): void => {
    lap();
    checkpointedAt = lookedAt;
  };

  return {
    lap,
    isDue: () => now() - checkpointedAt >= everySeconds * 1000,
    checkpoint: async () => {
      const state = await finiteState();
      if (state === null) return false;
      lap();
      await store.saveCheckpoint(state, progress);
      saved();
      return true;
    },
    endEpoch: async (record) => {
      const state = await finiteState();
      if (state === null) return null;
      const best = bestWith(progress.best, record, monitor);
      const isBest = best?.epoch === record.epoch;
      if (isBest) await store.saveBest(record.epoch, weightsOfState(state));
      lap();
      // An epoch counts, and is told, once it is on disk: a failure here ends the run at the epoch before.
      const next = afterEpoch(progress, record, best);
      await store.saveCheckpoint(state, next);
      Object.assign(progress, next);
      saved();
      return { isBest };
    },
  };
}
