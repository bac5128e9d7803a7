import type { RunStatus } from '../contract/events.ts';

/**
 * What happens to a run: `start` its turn has come, `begin` its trainer trains, `stop` the trainer was asked to
 * end after the step in flight, for whatever reason; then `stopped` it has ended for good, or `pause` it is held
 * back until someone asks for more. `cancel` it is given up without a trainer, `complete` it reached its end,
 * `fail` it ended with an error, `died` nobody trains it any more though nobody ended it, `requeue` it waits for
 * another turn, from its checkpoint.
 */
export type RunTransition =
  'start' | 'begin' | 'stop' | 'stopped' | 'pause' | 'cancel' | 'complete' | 'fail' | 'died' | 'requeue';

/** Everything that may happen in each status; what is not here is a bug. */
const table: Readonly<Record<RunStatus, Readonly<Partial<Record<RunTransition, RunStatus>>>>> = {
  // It has no process either: it keeps its turn when the engine goes.
  queued: { start: 'starting', pause: 'paused', cancel: 'cancelled', fail: 'failed' },
  starting: {
    begin: 'running',
    stop: 'stopping',
    complete: 'completed',
    fail: 'failed',
    died: 'interrupted',
  },
  running: {
    // A trainer that followed one whose memory ran out.
    begin: 'running',
    stop: 'stopping',
    stopped: 'cancelled',
    complete: 'completed',
    fail: 'failed',
    died: 'interrupted',
  },
  // It has no process: its end loses nothing.
  paused: { requeue: 'queued', cancel: 'cancelled' },
  stopping: {
    // A trainer that was asked to stop while it started says that it began, and stops.
    begin: 'stopping',
    stop: 'stopping',
    stopped: 'cancelled',
    pause: 'paused',
    complete: 'completed',
    fail: 'failed',
    died: 'interrupted',
  },
  completed: {},
  failed: { requeue: 'queued' },
  cancelled: { requeue: 'queued' },
  interrupted: { requeue: 'queued' },
};

/** The status after something happened. @throws Error when that cannot happen in this status. */
export function nextStatus(from: RunStatus, transition: RunTransition): RunStatus {
  const next = table[from][transition];
  if (next === undefined) throw new Error(`A ${from} run cannot ${transition}`);
  return next;
}

/** Whether a run in this status can go on from where it stands. */
export function canRequeue(status: RunStatus): boolean {
  return table[status].requeue !== undefined;
}

/** Whether a run has a process, which may die. */
export function hasProcess(status: RunStatus): boolean {
  return table[status].died !== undefined;
}

/** Whether a run waits or has a process: it is someone's, and cannot be removed. */
export function isUnderWay(status: RunStatus): boolean {
  return status === 'queued' || hasProcess(status);
}
