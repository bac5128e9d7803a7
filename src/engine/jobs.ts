import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../contract/errors.ts';
import type { Job } from '../contract/job.ts';
import type { EventStream } from './events.ts';
import { toStoredError, translateSystemError } from './system-errors.ts';

/** What long work is given. */
export interface JobContext {
  /** Aborts when a person cancels the job or the engine closes. */
  signal: AbortSignal;
  progress(done: number, total: number | null, note: string): void;
}

/** Where a project keeps its jobs as rows. */
export interface JobStore {
  put(job: Job): void;
  remove(job: string): void;
}

/** The project that a job belongs to. */
export interface JobOwner {
  project: string;
  store: JobStore;
}

/** The rows of jobs that this engine no longer holds, or never did: those of an earlier start. */
export interface StoredJobs {
  get(job: string): Job | null;
  list(project: string | undefined): Job[];
}

/** A job that has its row and has not started. */
export interface PreparedJob {
  readonly job: string;
  begin(work: (context: JobContext) => Promise<unknown>): string;
  /** Takes the row away again: there is nothing to start. */
  discard(): void;
}

export interface Jobs {
  /** Writes a job's row. Until it begins, the job is nowhere else, so that a failure leaves nothing behind. */
  prepare(kind: string, owner: JobOwner | null): PreparedJob;
  /** Starts work and returns its id at once. */
  start(kind: string, owner: JobOwner | null, work: (context: JobContext) => Promise<unknown>): string;
  get(job: string): Job;
  list(project: string | undefined): Job[];
  cancel(job: string): void;
  /** Resolves when a job has ended, however it did. */
  ended(job: string): Promise<void>;
  /** Ends what runs for a project (all when null), which is thereby interrupted, and waits for its end. */
  settle(project: string | null): Promise<void>;
}

/** Progress events come at most this often, rows less often: each is a write that waits for the disk. */
const progressIntervalMs = 100;
const progressRowIntervalMs = 1000;
const keptJobs = 500;

const closing = new ReadroomError(
  'interrupted',
  'The project was closed before the work had ended.',
  'What was done so far stays.',
);

/** Whether work was ended because its project closes, not because a person cancelled it. */
export function endedByClosing(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === closing;
}

interface ActiveJob {
  controller: AbortController;
  ended: Promise<void>;
}

export function createJobs(events: EventStream, stored: StoredJobs): Jobs {
  const jobs = new Map<string, Job>();
  const active = new Map<string, ActiveJob>();

  function forgetOldest(): void {
    for (const [id, job] of jobs) {
      if (jobs.size <= keptJobs) return;
      if (job.status !== 'running') jobs.delete(id);
    }
  }

  function newJob(kind: string, owner: JobOwner | null): Job {
    return {
      job: uuid(),
      project: owner?.project ?? null,
      kind,
      status: 'running',
      done: 0,
      total: null,
      note: '',
      startedAt: new Date().toISOString(),
      endedAt: null,
      result: null,
      error: null,
    };
  }

  /** Progress for one job: to the event stream, and at a slower pace to its row. */
  function progressOf(job: Job, owner: JobOwner | null): JobContext['progress'] {
    let lastTold = -Infinity;
    let lastStored = performance.now();
    return (done, total, note) => {
      // A bar that stands full while the next part begins would say that the work is over.
      const isOtherPart = (total === null) !== (job.total === null);
      Object.assign(job, { done, total, note });
      const now = performance.now();
      if (!isOtherPart && now - lastTold < progressIntervalMs) return;
      lastTold = now;
      events.publish({ type: 'job.progressed', project: job.project, job: job.job, done, total, note });
      if (now - lastStored < progressRowIntervalMs) return;
      lastStored = now;
      ifPossible(() => owner?.store.put(job));
    };
  }

  async function run(
    job: Job,
    owner: JobOwner | null,
    controller: AbortController,
    work: (context: JobContext) => Promise<unknown>,
  ): Promise<void> {
    try {
      job.result = await work({ signal: controller.signal, progress: progressOf(job, owner) });
      job.status = 'completed';
    } catch (error) {
      Object.assign(job, outcomeOf(error, job.kind, controller.signal));
    }
    job.endedAt = new Date().toISOString();
    active.delete(job.job);
    try {
      ifPossible(() => owner?.store.put(job));
    } finally {
      events.publish({ type: 'job.ended', project: job.project, job: job.job, status: job.status });
    }
  }

  function prepare(kind: string, owner: JobOwner | null): PreparedJob {
    const job = newJob(kind, owner);
    owner?.store.put(job);
    return {
      job: job.job,
      begin(work) {
        jobs.set(job.job, job);
        forgetOldest();
        const controller = new AbortController();
        events.publish({ type: 'job.started', project: job.project, job: job.job, kind });
        // Work starts on the next turn, so that the id is known before the first event.
        const ended = Promise.resolve().then(() => run(job, owner, controller, work));
        active.set(job.job, { controller, ended });
        return job.job;
      },
      discard: () => ifPossible(() => owner?.store.remove(job.job)),
    };
  }

  return {
    prepare,

    start: (kind, owner, work) => prepare(kind, owner).begin(work),

    get(id) {
      const job = jobs.get(id) ?? stored.get(id);
      if (job) return job;
      throw new ReadroomError(
        'unknownJob',
        `There is no job "${id}".`,
        'It may belong to a project that is not open.',
      );
    },

    list(project) {
      const mine = [...jobs.values()].filter((job) => project === undefined || job.project === project);
      const earlier = stored.list(project).filter(({ job }) => !jobs.has(job));
      // Ids are UUIDv7: in the order of their making.
      return [...earlier, ...mine].sort((a, b) => (a.job < b.job ? -1 : 1));
    },

    cancel: (id) => active.get(id)?.controller.abort(),

    ended: async (id) => active.get(id)?.ended,

    async settle(project) {
      const mine = [...active].filter(([id]) => project === null || jobs.get(id)?.project === project);
      for (const [, { controller }] of mine) controller.abort(closing);
      await Promise.allSettled(mine.map(([, { ended }]) => ended));
    },
  };
}

/** What a job that threw ended as. */
function outcomeOf(error: unknown, kind: string, signal: AbortSignal): Pick<Job, 'status' | 'error'> {
  if (endedByClosing(signal)) return { status: 'interrupted', error: toStoredError(closing) };
  return signal.aborted
    ? { status: 'cancelled', error: cancelled(kind) }
    : { status: 'failed', error: toStoredError(error) };
}

function cancelled(kind: string): NonNullable<Job['error']> {
  return {
    code: 'cancelled',
    message: `The ${kind} was cancelled.`,
    hint: 'What was done so far stays.',
    data: {},
  };
}

/**
 * Brings a row up to date where that is not the work's own success: a full disk leaves it behind, the job in
 * memory stays true, and the next opening of the project sets the row right.
 */
function ifPossible(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(translateSystemError(error) instanceof ReadroomError)) throw error;
  }
}
