import { counted } from '../../../core/words.ts';

/** What is told of a run that has not begun. @param place in the queue, from 1; null where none is known */
export function waitingSentence(place: number | null, isPaused: boolean): string {
  const paused = isPaused ? ' The queue is paused: nothing new starts until it goes on.' : '';
  return place === null
    ? `It waits for its turn.${paused}`
    : `It waits for its turn: place ${place} in the queue.${paused}`;
}

/** What is told of runs in the queue that were there when their project was last closed. @param runs at least 1 */
export function waitedBeforeSentence(runs: number): string {
  return runs === 1
    ? '1 run was in the queue when its project was last closed. It keeps its place.'
    : `${counted(runs, 'run')} were in the queue when their project was last closed. They keep their places.`;
}
