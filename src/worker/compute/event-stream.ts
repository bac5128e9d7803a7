import type { TrainerEvent } from '../../contract/workers.ts';

/** Turns pushed events into a stream that ends when `work` does; a consumer that leaves calls `onLeave`. */
export async function* eventStream(
  work: (emit: (event: TrainerEvent) => void) => Promise<unknown>,
  onLeave: () => void,
): AsyncGenerator<TrainerEvent, void> {
  const waiting: TrainerEvent[] = [];
  let wake: () => void = () => undefined;
  const state = { working: true };
  const finished = work((event) => {
    waiting.push(event);
    wake();
  }).finally(() => {
    state.working = false;
    wake();
  });
  finished.catch(() => undefined);
  try {
    while (state.working || waiting.length > 0) {
      const event = waiting.shift();
      if (event) yield event;
      else if (state.working) await new Promise<void>((resolve) => (wake = resolve));
    }
    await finished;
  } finally {
    if (state.working) onLeave();
  }
}
