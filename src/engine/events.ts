import { EventEmitter, on } from 'node:events';

import type { EngineEvent, SequencedEvent } from '../contract/events.ts';

/** One ordered stream of everything that happens in an engine. */
export interface EventStream {
  publish(event: EngineEvent): void;
  /** `seq` of the newest event; 0 before the first. */
  latest(): number;
  /**
   * Events after `since`, then those to come, until `signal` aborts. A `since` that this stream has not reached
   * comes from a client of an engine before it, which has seen nothing of this one: it counts as 0.
   */
  subscribe(since: number, signal: AbortSignal | undefined): AsyncGenerator<SequencedEvent, void>;
}

/** Enough for a client that lost its connection for some minutes; an older one fetches rows afresh. */
const keptEvents = 10_000;

export function createEventStream(): EventStream {
  const emitter = new EventEmitter().setMaxListeners(0);
  const kept: SequencedEvent[] = [];
  let seq = 0;

  return {
    publish(event) {
      const sequenced = { seq: ++seq, event };
      kept.push(sequenced);
      if (kept.length > keptEvents * 1.1) kept.splice(0, kept.length - keptEvents);
      emitter.emit('event', sequenced);
    },
    latest: () => seq,
    async *subscribe(since, signal) {
      // Listening starts before the kept events are read, so none falls between.
      const live = on(emitter, 'event', { signal });
      let last = since > seq ? 0 : since;
      try {
        for (const event of kept.filter((candidate) => candidate.seq > last)) {
          last = event.seq;
          yield event;
        }
        for await (const [event] of live as AsyncIterable<[SequencedEvent]>) {
          if (event.seq <= last) continue;
          last = event.seq;
          yield event;
        }
      } catch (error) {
        if (!signal?.aborted) throw error;
      } finally {
        await live.return?.();
      }
    },
  };
}
