import { setTimeout as sleep } from 'node:timers/promises';

import type { ProofServer } from '../lib/proof-server.ts';

/** How an engine answered while something went wrong beside it. */
export interface Answers {
  reads: number;
  /** Of `system.about` and `run.list`. */
  worstReadMs: number;
  labels: number;
  worstLabelMs: number;
}

const pauseMs = 20;
const labelEveryMs = 200;
const answerLimitMs = 20_000;

/** Asks without a break, and labels films meanwhile, as a window does in which someone reads on. */
export function watchAnswers(
  { client, project }: ProofServer,
  films: readonly string[],
): { stop(): Promise<Answers> } {
  const answers: Answers = { reads: 0, worstReadMs: 0, labels: 0, worstLabelMs: 0 };
  let stopped = false;
  const timed = async (call: (options: { signal: AbortSignal }) => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await call({ signal: AbortSignal.timeout(answerLimitMs) });
    return performance.now() - started;
  };
  const read = async (): Promise<void> => {
    while (!stopped) {
      const aboutMs = await timed((options) => client.system.about(undefined, options));
      const listMs = await timed((options) => client.run.list({ project }, options));
      answers.reads += 2;
      answers.worstReadMs = Math.max(answers.worstReadMs, aboutMs, listMs);
      await sleep(pauseMs);
    }
  };
  const label = async (): Promise<void> => {
    for (let index = 0; !stopped; index++) {
      const image = films[index % films.length]!;
      const words = { project, reader: 'a reader', image, class: index % 2 === 0 ? 'upright' : 'lying' };
      answers.worstLabelMs = Math.max(
        answers.worstLabelMs,
        await timed((options) => client.label.set(words, options)),
      );
      answers.labels++;
      await sleep(labelEveryMs);
    }
  };
  const watching = Promise.all([read(), label()]);
  // It is awaited at the end; until then a failure waits for it.
  watching.catch(() => undefined);
  return {
    async stop() {
      stopped = true;
      await watching;
      return answers;
    },
  };
}
