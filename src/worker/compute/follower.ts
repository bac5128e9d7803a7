import type { TrainerEvent } from '../../contract/workers.ts';

/** Writes a file beside the event log that a run is watched by. None is worth a training: its failures are silent. */
export interface Follower {
  add(event: TrainerEvent): void;
  close(): Promise<void>;
}
