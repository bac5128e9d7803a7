import type { Activity } from './engine-messages.ts';

export interface QuitQuestion {
  message: string;
  detail: string;
}

const count = (n: number, one: string, many: string): string => (n === 1 ? one : `${n} ${many}`);

/** What to ask before an end that breaks something off; null when nothing runs. */
export function quitQuestion(activity: Activity | null): QuitQuestion | null {
  if (activity === null || activity.trainings + activity.others === 0) return null;
  const { trainings, others } = activity;
  const parts = [
    ...(trainings > 0 ? [count(trainings, 'A training', 'trainings')] : []),
    ...(others > 0 ? [count(others, trainings > 0 ? 'another job' : 'A job', 'other jobs')] : []),
  ];
  const verb = trainings + others === 1 ? 'is' : 'are';
  return {
    message: `${parts.join(' and ')} ${verb} still running.`,
    detail:
      trainings > 0
        ? 'Quitting stops after the step in flight. The training can be resumed from there the next time.'
        : 'Quitting stops it. What was done so far stays.',
  };
}
