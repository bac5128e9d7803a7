/** A waiting list with one entry taken to a place, from 1; beyond the end is the end. */
export function movedTo<T>(waiting: readonly T[], entry: T, place: number): T[] {
  const others = waiting.filter((other) => other !== entry);
  const index = Math.min(Math.max(place, 1) - 1, others.length);
  return [...others.slice(0, index), entry, ...others.slice(index)];
}
