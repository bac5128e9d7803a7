import { duration } from '../../core/words.ts';
import type { JobContext } from '../jobs.ts';

/** Tells of each file that is done: files a second, time left. Never a name, which may be a patient's. */
export function createProgress(total: number, context: JobContext): () => void {
  const startedAt = performance.now();
  let done = 0;
  return () => {
    done += 1;
    const rate = done / ((performance.now() - startedAt) / 1000);
    context.progress(done, total, `${rate.toFixed(0)}/s, ${duration((total - done) / rate)} left`);
  };
}
