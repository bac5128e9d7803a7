/** Slows down who tries again and again: `burst` tries at once, then one each `everyMs`, for each of a try's keys. */
export interface Throttle {
  /** Counts a try. Milliseconds until the next one is taken; 0: this one was. */
  take(keys: readonly string[]): number;
  /** Counts no tries of a key any more. */
  forget(key: string): void;
}

const mostKeys = 10_000;

export function createThrottle({
  burst = 5,
  everyMs = 10_000,
  now = Date.now,
}: { burst?: number; everyMs?: number; now?: () => number } = {}): Throttle {
  /** When all tries of a key are made good again. */
  const settledAt = new Map<string, number>();
  const dropSettled = (at: number): void => {
    if (settledAt.size < mostKeys) return;
    for (const [key, settled] of settledAt) if (settled <= at) settledAt.delete(key);
  };
  return {
    take(keys) {
      const at = now();
      dropSettled(at);
      const waits = keys.map((key) => (settledAt.get(key) ?? 0) - (burst - 1) * everyMs - at);
      const wait = Math.max(0, ...waits);
      if (wait > 0) return wait;
      for (const key of keys) settledAt.set(key, Math.max(settledAt.get(key) ?? 0, at) + everyMs);
      return 0;
    },
    forget: (key) => void settledAt.delete(key),
  };
}
