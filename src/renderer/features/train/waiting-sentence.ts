/** What is told of a run that has not begun. @param place in the queue, from 1; null where none is known */
export function waitingSentence(place: number | null, isPaused: boolean): string {
  const paused = isPaused ? ' The queue is paused: nothing new starts until it goes on.' : '';
  return place === null
    ? `It waits for its turn.${paused}`
    : `It waits for its turn: place ${place} in the queue.${paused}`;
}
