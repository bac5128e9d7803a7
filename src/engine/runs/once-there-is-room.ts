import { setTimeout as sleep } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import { endedByClosing, type JobContext } from '../jobs.ts';
import { translateSystemError } from '../system-errors.ts';

const waitMs = 1000;

/**
 * Writes what has become of a run, on a full disk as soon as there is room: a run whose row still says that it trains
 * could neither be resumed nor removed. Gives up when the project closes; its next opening sets the row right.
 */
export async function onceThereIsRoom(write: () => void, { signal, progress }: JobContext): Promise<void> {
  for (;;) {
    try {
      write();
      return;
    } catch (error) {
      const known = translateSystemError(error);
      const isFull = known instanceof ReadroomError && known.code === 'diskFull';
      if (!isFull || endedByClosing(signal)) throw error;
      progress(0, null, 'The disk is full. Make room: what became of the run cannot be written before.');
    }
    await sleep(waitMs);
  }
}
