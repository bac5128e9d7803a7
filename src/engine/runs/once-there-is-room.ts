import { setTimeout as sleep } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import { endedByClosing, type JobContext } from '../jobs.ts';
import { translateSystemError } from '../system-errors.ts';

const usualWaitMs = 1000;

/**
 * Writes what has become of a run, on a full disk as soon as there is room: a run whose row still says that it trains
 * could neither be resumed nor removed. Gives up when the project closes; its next opening sets the row right.
 */
export async function onceThereIsRoom(
  write: () => void,
  { signal, progress }: JobContext,
  waitMs = usualWaitMs,
): Promise<void> {
  for (;;) {
    try {
      write();
      return;
    } catch (error) {
      const known = translateSystemError(error);
      const isFull = known instanceof ReadroomError && known.code === 'diskFull';
      if (!isFull || endedByClosing(signal)) throw error;
      progress(
        0,
        null,
        'The disk is full, so the training stands still and nothing can be written. Make some room.',
      );
    }
    await sleep(waitMs);
  }
}
