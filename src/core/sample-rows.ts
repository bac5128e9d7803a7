import { createRandom } from './random.ts';

/** Rows whose predictions are shown after every epoch. */
export const mostSamples = 8;

/**
 * Positions of rows to follow through a training: a function of labels and seed, so that every epoch and every
 * sitting shows the same ones. The classes take turns, so each is there as far as eight rows reach; ascending.
 */
export function chooseSamples(labels: readonly number[], seed: number): number[] {
  const order = createRandom(seed, 'sample predictions').shuffle(labels.map((_, position) => position));
  const byClass = new Map<number, number[]>();
  for (const position of order) {
    const ofClass = byClass.get(labels[position]!) ?? [];
    ofClass.push(position);
    byClass.set(labels[position]!, ofClass);
  }
  const queues = [...byClass.entries()].sort(([a], [b]) => a - b).map(([, positions]) => positions);
  const chosen: number[] = [];
  for (let round = 0; chosen.length < Math.min(mostSamples, labels.length); round++) {
    for (const queue of queues) {
      if (chosen.length < mostSamples && queue[round] !== undefined) chosen.push(queue[round]!);
    }
  }
  return chosen.sort((a, b) => a - b);
}
