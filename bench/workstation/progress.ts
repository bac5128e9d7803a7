/** Told after each step; says now and then how far the work is and how long it will take. */
export type Pace = (done: number, total: number) => void;

const everyMs = 5000;

export function createPace(what: string, unit = 'images'): Pace {
  const startedAt = performance.now();
  let toldAt = startedAt;
  return (done, total) => {
    const now = performance.now();
    if (now - toldAt < everyMs && done < total) return;
    toldAt = now;
    const secondsLeft = Math.round((((now - startedAt) / done) * (total - done)) / 1000);
    const perSecond = Math.round(done / ((now - startedAt) / 1000));
    console.error(`${what}: ${done} of ${total} ${unit}, ${perSecond}/s, ${secondsLeft} s left`);
  };
}
