/** A reader who has not moved anything for so long is somewhere else. */
export const idleMs = 60_000;

export interface TimeInView {
  /** Another image is in view; the same one again counts on. */
  show(image: string | null, now: number): void;
  /** Something shows that the reader is there. */
  active(now: number): void;
  /** The window came into sight or went out of it. */
  visible(isVisible: boolean, now: number): void;
  /** Milliseconds that the image was looked at so far, without pauses. */
  taken(now: number): number;
}

/** Counts how long an image is looked at: while the window is visible, and at most `idleMs` after the last sign of its reader. */
export function createTimeInView(): TimeInView {
  let image: string | null = null;
  let counted = 0;
  /** Counted up to here; null while the window is out of sight. */
  let since: number | null = 0;
  let lastSign = 0;

  function count(now: number): void {
    if (since === null) return;
    counted += Math.max(0, Math.min(now, lastSign + idleMs) - since);
    since = now;
  }
  return {
    show(next, now) {
      if (next !== image) {
        image = next;
        counted = 0;
        if (since !== null) since = now;
      }
      this.active(now);
    },
    active(now) {
      count(now);
      lastSign = now;
    },
    visible(isVisible, now) {
      count(now);
      since = isVisible ? now : null;
      if (isVisible) lastSign = now;
    },
    taken(now) {
      count(now);
      return Math.round(counted);
    },
  };
}
