import { defineStore } from 'pinia';
import { computed, ref } from 'vue';

import { isErrorCode, ReadroomError } from '../../contract/errors.ts';
import type { Job } from '../../contract/job.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';
import { type JobPart, secondsLeftOf } from './job-pace.ts';
import { useTrainingQueue } from './training-queue.ts';

export interface TrackedJob extends Job {
  /** Seconds left as far as its pace tells; null before it does. */
  secondsLeft: number | null;
}

/** Long work of the engine: what runs, how far it is, how it ended. */
export const useJobs = defineStore('jobs', () => {
  const queue = useTrainingQueue();
  const jobs = ref(new Map<string, TrackedJob>());
  /** What ran before this page was loaded is known. */
  const isLoaded = ref(false);
  const waiters = new Map<string, (() => void)[]>();
  /** The part that each job is in. */
  const begun = new Map<string, JobPart>();

  const running = computed(() => [...jobs.value.values()].filter(({ status }) => status === 'running'));
  /** Trainings that wait for their turn. */
  const waiting = computed(() => {
    const inLine = new Set(queue.waiting.map(({ job }) => job));
    return running.value.filter(({ job }) => inLine.has(job));
  });
  const active = computed(() => running.value.filter((job) => !waiting.value.includes(job)));
  const ended = computed(() =>
    [...jobs.value.values()]
      .filter(({ status }) => status !== 'running')
      .sort((a, b) => (b.endedAt ?? '').localeCompare(a.endedAt ?? '')),
  );

  function put(job: Job): void {
    const known = jobs.value.get(job.job);
    jobs.value.set(job.job, { ...job, secondsLeft: known?.secondsLeft ?? null });
    if (job.status === 'running') return;
    begun.delete(job.job);
    for (const wake of waiters.get(job.job) ?? []) wake();
    waiters.delete(job.job);
  }

  async function read(id: string): Promise<Job> {
    const job = await (await engine()).job.get({ job: id });
    put(job);
    return job;
  }

  async function load(): Promise<void> {
    for (const job of await (await engine()).job.list({})) put(job);
    isLoaded.value = true;
    // What ended while nobody listened.
    for (const { job } of running.value) void read(job).catch(() => jobs.value.delete(job));
  }

  function progressed(id: string, done: number, total: number | null, note: string): void {
    const job = jobs.value.get(id);
    if (job === undefined) {
      void read(id).catch(() => undefined);
      return;
    }
    const now = performance.now();
    const known = begun.get(id);
    const part = known?.total === total && done >= known.done ? known : { atMs: now, done, total };
    begun.set(id, part);
    const secondsLeft = secondsLeftOf(part, done, now, part === known ? job.secondsLeft : null);
    jobs.value.set(id, { ...job, done, total, note, secondsLeft });
  }

  /** Waits for a job's end and gives its result. @throws ReadroomError the job's own error, `cancelled` */
  async function result<T>(id: string): Promise<T> {
    let job = await read(id);
    while (job.status === 'running') {
      await new Promise<void>((resolve) => waiters.set(id, [...(waiters.get(id) ?? []), resolve]));
      job = jobs.value.get(id) ?? (await read(id));
    }
    if (job.status === 'completed') return job.result as T;
    const { error } = job;
    if (error === null) throw new ReadroomError('cancelled', 'It was cancelled.', 'Start it again.');
    throw new ReadroomError(
      isErrorCode(error.code) ? error.code : 'internal',
      error.message,
      error.hint,
      error.data,
    );
  }

  const cancel = async (id: string): Promise<void> => (await engine()).job.cancel({ job: id });

  onResync(() => void load());
  onEngineEvent((event) => {
    if (event.type === 'job.started') void read(event.job).catch(() => undefined);
    if (event.type === 'job.progressed') progressed(event.job, event.done, event.total, event.note);
    if (event.type === 'job.ended') void read(event.job).catch(() => undefined);
  });

  return { jobs, isLoaded, running, waiting, active, ended, load, result, cancel };
});
