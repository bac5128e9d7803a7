import type { RunStatus } from '../contract/events.ts';

/**
 * What happens to a run: `start` its trainer is spawned, `begin` it trains, `pause` and `resume` by the user,
 * `stop` it was asked to end after the step in flight, `stopped` it has, `complete` it reached its end,
 * `fail` it ended with an error, `died` its process is gone, `cancel` it never ran, `requeue` it goes on
 * from its checkpoint.
 */
export type RunTransition =
  | 'start'
  | 'begin'
  | 'pause'
  | 'resume'
  | 'stop'
  | 'stopped'
  | 'complete'
  | 'fail'
  | 'died'
  | 'cancel'
  | 'requeue';

/** Everything that may happen in each status; what is not here is a bug. */
const table: Readonly<Record<RunStatus, Readonly<Partial<Record<RunTransition, RunStatus>>>>> = {
  queued: { start: 'starting', stop: 'cancelled', cancel: 'cancelled', fail: 'failed', died: 'interrupted' },
  starting: {
    begin: 'running',
    stop: 'stopping',
    complete: 'completed',
    fail: 'failed',
    died: 'interrupted',
  },
  running: {
    pause: 'paused',
    stop: 'stopping',
    stopped: 'cancelled',
    complete: 'completed',
    fail: 'failed',
    died: 'interrupted',
  },
  paused: { resume: 'running', stop: 'stopping', stopped: 'cancelled', fail: 'failed', died: 'interrupted' },
  stopping: {
    // A trainer that was asked to stop while it started says that it began, and stops.
    begin: 'stopping',
    stop: 'stopping',
    stopped: 'cancelled',
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
