import type { JobContext } from '../jobs.ts';

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Tells of each file that is done: its name, files a second, time left. */
export function createProgress(total: number, context: JobContext): (name: string) => void {
  const startedAt = performance.now();
  let done = 0;
  return (name) => {
    done += 1;
    const rate = done / ((performance.now() - startedAt) / 1000);
    context.progress(done, total, `${name}, ${rate.toFixed(0)}/s, ${duration((total - done) / rate)} left`);
  };
}
