import { type RunPriority, runPriorities } from '../contract/queue.ts';

/** What decides when a waiting run has its turn. */
export interface QueueRank {
  readonly priority: RunPriority;
  /** Among runs of one priority the least comes first. */
  readonly order: number;
}

/** A waiting list in the order of its turns. */
export function inOrder<T extends QueueRank>(waiting: readonly T[]): T[] {
  return [...waiting].sort((a, b) => levelOf(a) - levelOf(b) || a.order - b.order);
}

/** A waiting list with one entry taken to a place, from 1; beyond the end is the end. */
export function movedTo<T>(waiting: readonly T[], entry: T, place: number): T[] {
  const others = waiting.filter((other) => other !== entry);
  const index = Math.min(Math.max(place, 1) - 1, others.length);
  return [...others.slice(0, index), entry, ...others.slice(index)];
}

/**
 * Ranks with which a list that is in order but for one moved entry stands in order as it is. The entries exchange
 * their orders; the moved one takes on the priority of its new neighbours where its own would take it elsewhere.
 */
export function ranksAsListed<T extends QueueRank>(listed: readonly T[], moved: T): QueueRank[] {
  const orders = listed.map(({ order }) => order).sort((a, b) => a - b);
  return listed.map((entry, index) => {
    const above = index === 0 ? 0 : levelOf(listed[index - 1]!);
    const below = index === listed.length - 1 ? runPriorities.length - 1 : levelOf(listed[index + 1]!);
    const level = entry === moved ? Math.min(Math.max(levelOf(entry), above), below) : levelOf(entry);
    return { priority: runPriorities[level]!, order: orders[index]! };
  });
}

function levelOf({ priority }: QueueRank): number {
  return runPriorities.indexOf(priority);
}
