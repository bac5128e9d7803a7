import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../contract/errors.ts';
import type { Job } from '../contract/job.ts';
import type { EventStream } from './events.ts';
import { toStoredError } from './system-errors.ts';

/** What long work is given. */
export interface JobContext {
  /** Aborts when a person cancels the job or the engine closes. */
  signal: AbortSignal;
  progress(done: number, total: number | null, note: string): void;
}

/** Where a project keeps its jobs as rows. */
export interface JobStore {
  put(job: Job): void;
}

export interface Jobs {
  /** Starts work and returns its id at once. */
  start(
    kind: string,
    owner: { project: string; store: JobStore } | null,
    work: (context: JobContext) => Promise<unknown>,
  ): string;
  get(job: string): Job;
  list(project: string | undefined): Job[];
  cancel(job: string): void;
  /** Cancels what runs for a project (all when null) and waits for its end. */
  settle(project: string | null): Promise<void>;
}

/** Progress rows and events come at most this often. */
const progressIntervalMs = 100;
const keptJobs = 500;

interface ActiveJob {
  controller: AbortController;
  ended: Promise<void>;
}

export function createJobs(events: EventStream): Jobs {
  const jobs = new Map<string, Job>();
  const active = new Map<string, ActiveJob>();

  function forgetOldest(): void {
    for (const [id, job] of jobs) {
      if (jobs.size <= keptJobs) return;
      if (job.status !== 'running') jobs.delete(id);
    }
  }

  return {
    start(kind, owner, work) {
      const job: Job = {
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
      jobs.set(job.job, job);
      forgetOldest();
      owner?.store.put(job);
      const controller = new AbortController();
      let lastTold = 0;
      const context: JobContext = {
        signal: controller.signal,
        progress: (done, total, note) => {
          Object.assign(job, { done, total, note });
          const now = performance.now();
          if (now - lastTold < progressIntervalMs) return;
          lastTold = now;
          events.publish({ type: 'job.progressed', project: job.project, job: job.job, done, total, note });
        },
      };
      const run = async (): Promise<void> => {
        try {
          job.result = await work(context);
          job.status = 'completed';
        } catch (error) {
          job.status = controller.signal.aborted ? 'cancelled' : 'failed';
          job.error = controller.signal.aborted
            ? {
                code: 'cancelled',
                message: `The ${kind} was cancelled.`,
                hint: 'What was done so far stays.',
                data: {},
              }
            : toStoredError(error);
        }
        job.endedAt = new Date().toISOString();
        active.delete(job.job);
        try {
          owner?.store.put(job);
        } finally {
          events.publish({ type: 'job.ended', project: job.project, job: job.job, status: job.status });
        }
      };
      // Work starts on the next turn, so that the id is known before the first event.
      active.set(job.job, { controller, ended: Promise.resolve().then(run) });
      return job.job;
    },

    get(id) {
      const job = jobs.get(id);
      if (!job)
        throw new ReadroomError(
          'unknownJob',
          `There is no job "${id}".`,
          'It may belong to an earlier start.',
        );
      return job;
    },

    list: (project) => [...jobs.values()].filter((job) => project === undefined || job.project === project),

    cancel: (id) => active.get(id)?.controller.abort(),

    async settle(project) {
      const mine = [...active].filter(([id]) => project === null || jobs.get(id)?.project === project);
      for (const [, { controller }] of mine) controller.abort();
      await Promise.allSettled(mine.map(([, { ended }]) => ended));
    },
  };
}
