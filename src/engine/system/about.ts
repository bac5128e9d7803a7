import { availableParallelism, totalmem } from 'node:os';

import type { About, BackendReport } from '../../contract/system.ts';
import type { EventStream } from '../events.ts';
import type { EngineOptions } from '../services.ts';

/** Loading TensorFlow takes a core for a second or two: the first screen is painted before. */
const probeDelayMs = 1000;

export interface BackendProbe {
  /** Asks every backend anew. */
  probe(): Promise<BackendReport[]>;
  /** The one that training takes by default, as of the last probe; null before the first and where none answers. */
  chosen(): About['backend'];
  /** Probes once, in the background and after a while, unless it was done. */
  probeSoon(): void;
  close(): void;
}

/** @param changed told after a probe that nobody waits for */
export function createBackendProbe(ask: () => Promise<BackendReport[]>, changed: () => void): BackendProbe {
  let last: BackendReport[] | null = null;
  let timer: NodeJS.Timeout | null = null;
  const probe = async (): Promise<BackendReport[]> => (last = await ask());
  return {
    probe,
    chosen() {
      const found = last?.find(({ ok }) => ok);
      return found ? { id: found.id, device: found.device } : null;
    },
    probeSoon() {
      if (last !== null || timer !== null) return;
      timer = setTimeout(() => {
        // A child that does not start is the doctor's to explain, when somebody asks.
        if (last === null) probe().then(changed, () => undefined);
      }, probeDelayMs);
      timer.unref();
    },
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** What a host shows of itself and its machine. Where screens ask, the backends are probed in the background. */
export function createAbout(
  { version, host, userName }: EngineOptions,
  backends: Pick<BackendProbe, 'chosen' | 'probeSoon'>,
  events: Pick<EventStream, 'latest'>,
): () => Omit<About, 'profile'> {
  return () => {
    if (host !== 'command line') backends.probeSoon();
    return {
      version,
      host,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      userName,
      backend: backends.chosen(),
      seq: events.latest(),
    };
  };
}
