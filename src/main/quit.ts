import type { Activity } from './engine-messages.ts';

export interface QuitQuestion {
  words: { message: string; detail: string };
  /** What the button says that quits all the same. */
  quit: string;
}

const count = (n: number, one: string, many: string): string => (n === 1 ? one : `${n} ${many}`);

/**
 * What to ask before an end that breaks something off; null when nothing runs and all is saved.
 * @param unsaved whether the page says that it has something that the engine does not have yet
 */
export function quitQuestion(activity: Activity | null, unsaved: boolean): QuitQuestion | null {
  const { trainings, others } = activity ?? { trainings: 0, others: 0 };
  if (trainings + others === 0) return unsaved ? { words: unsavedWords, quit: 'Quit' } : null;
  const parts = [
    ...(trainings > 0 ? [count(trainings, 'A training', 'trainings')] : []),
    ...(others > 0 ? [count(others, trainings > 0 ? 'another job' : 'A job', 'other jobs')] : []),
  ];
  const verb = trainings + others === 1 ? 'is' : 'are';
  const stopped =
    trainings > 0
      ? 'Quitting stops after the step in flight. The training can be resumed from there the next time.'
      : 'Quitting stops it. What was done so far stays.';
  return {
    words: {
      message: `${parts.join(' and ')} ${verb} still running.`,
      detail: unsaved ? `${stopped} ${unsavedWords.message} ${unsavedWords.detail}` : stopped,
    },
    quit: 'Stop and quit',
  };
}

const unsavedWords = {
  message: 'The last changes are not saved yet.',
  detail: 'They are saved when their project is opened on this machine the next time.',
};
