import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { TrainingState, TrainingStep } from '../../nn/step.ts';

let collectGarbage: (() => void) | null = null;

/**
 * Gives a step its state, and the host's memory back at once: V8 would keep the host's copy of a large network's
 * weights for many steps beside the device's.
 */
export function beginState(step: TrainingStep, take: () => TrainingState): void {
  write(step, take);
  if (collectGarbage === null) {
    setFlagsFromString('--expose-gc');
    collectGarbage = runInNewContext('gc') as () => void;
  }
  collectGarbage();
}

/** By itself, for whoever calls a function still holds what it was handed. */
function write(step: TrainingStep, take: () => TrainingState): void {
  step.writeState(take());
}
