import { setImmediate } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';

export interface StepsRequest {
  /** What is under way, as a sentence begins with it: `The evaluation`. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Share of the steps that are done. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** Computes in steps of a few milliseconds, so that the engine answers meanwhile. @throws ReadroomError `cancelled` */
export async function finishSteps<T>(
  steps: Generator<number, T, undefined>,
  { what, signal, onProgress }: StepsRequest,
): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onProgress?.(step.value);
    await setImmediate();
    if (signal?.aborted) throw new ReadroomError('cancelled', `${what} was cancelled.`, 'Start it again.');
  }
}
