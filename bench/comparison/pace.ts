import { performance } from 'node:perf_hooks';

import { median } from './statistics.ts';

const warmUps = 3;

/** Images a second, by the median time of `steps` after a few to warm up, as peers/time_peer.py does it. */
export async function imagesPerSecond(
  batch: number,
  steps: number,
  work: (step: number) => Promise<unknown>,
): Promise<number> {
  for (let step = 0; step < warmUps; step++) await work(step);
  const seconds: number[] = [];
  for (let step = warmUps; step < warmUps + steps; step++) {
    const started = performance.now();
    await work(step);
    seconds.push((performance.now() - started) / 1000);
  }
  return batch / median(seconds);
}
