import { ReadroomError } from '../../contract/errors.ts';

/** Does work under a key, once for all who ask meanwhile. */
export type SharedWork = <T>(key: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

interface Shared {
  waiters: number;
  started: boolean;
  begin(): void;
  result: Promise<unknown>;
}

/**
 * At most `lanes` at once, in the order asked for. Work that nobody waits for any more is dropped while it has not
 * begun: a grid that scrolls on leaves many such; what has begun ends, as ending a decoding costs its process.
 */
export function createSharedWork(lanes: number): SharedWork {
  const known = new Map<string, Shared>();
  const waiting = new Set<Shared>();
  let running = 0;

  function beginNext(): void {
    for (const shared of waiting) {
      if (running >= lanes) return;
      waiting.delete(shared);
      running += 1;
      shared.started = true;
      shared.begin();
    }
  }

  function add(key: string, work: () => Promise<unknown>): Shared {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const result = promise.then(work).finally(() => {
      known.delete(key);
      running -= 1;
      beginNext();
    });
    // Whoever still waits gets the failure; nobody may.
    result.catch(() => undefined);
    const shared: Shared = { waiters: 0, started: false, begin: () => resolve(undefined), result };
    known.set(key, shared);
    waiting.add(shared);
    return shared;
  }

  return async <T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const shared = known.get(key) ?? add(key, work);
    shared.waiters += 1;
    beginNext();
    const left = Promise.withResolvers<never>();
    const leave = (): void => {
      shared.waiters -= 1;
      if (shared.waiters === 0 && !shared.started) {
        waiting.delete(shared);
        known.delete(key);
      }
      left.reject(new ReadroomError('cancelled', 'Nobody waits for this picture.', 'Ask for it again.'));
    };
    if (signal?.aborted === true) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    try {
      return (await Promise.race([shared.result, left.promise])) as T;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  };
}
