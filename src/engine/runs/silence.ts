/** Watches for a long silence. */
export interface SilenceWatch {
  heard(): void;
  /** Waits so long from now on. */
  allow(limitMs: number): void;
  end(): void;
}

const ticksPerLimit = 12;

/** Calls `onSilence` once after `limitMs` in which nothing was heard. */
export function watchSilence(limitMs: number, onSilence: () => void): SilenceWatch {
  let allowed = ticksPerLimit;
  let quiet = 0;
  // Counted in ticks, not in time: a computer that slept, or an engine that was busy, has heard nothing either.
  const timer = setInterval(() => {
    if (++quiet <= allowed) return;
    clearInterval(timer);
    onSilence();
  }, limitMs / ticksPerLimit);
  return {
    heard: () => void (quiet = 0),
    allow: (newLimitMs) => void (allowed = (ticksPerLimit * newLimitMs) / limitMs),
    end: () => clearInterval(timer),
  };
}
