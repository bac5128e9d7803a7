import type { TrainerEvent } from '../../contract/workers.ts';

/** Turns pushed events into a stream that ends when `work` does; a consumer that leaves calls `onLeave`. */
export async function* eventStream(
  work: (emit: (event: TrainerEvent) => void) => Promise<unknown>,
  onLeave: () => void,
): AsyncGenerator<TrainerEvent, void> {
  const waiting: TrainerEvent[] = [];
  let wake: () => void = () => undefined;
  let working = true;
  const finished = work((event) => {
    waiting.push(event);
    wake();
  }).finally(() => {
    working = false;
    wake();
  });
  finished.catch(() => undefined);
  try {
    while (working || waiting.length > 0) {
      const event = waiting.shift();
      if (event) yield event;
      else if (working) await new Promise<void>((resolve) => (wake = resolve));
    }
    await finished;
  } finally {
    if (working) onLeave();
  }
}
