import { expect, it, vi } from 'vitest';

import type { EngineEvent } from '../../../src/contract/events.ts';
import type { Job } from '../../../src/contract/job.ts';
import { createEventStream } from '../../../src/engine/events.ts';
import { createJobs, type StoredJobs } from '../../../src/engine/jobs.ts';

const noRows: StoredJobs = { get: () => null, list: () => [] };
const diskFull = (): never => {
  throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
};

/** Jobs of one project on a disk that is full whenever `full` says so. */
function bench(full: (job: Job) => boolean = () => false) {
  const events = createEventStream();
  const told: EngineEvent[] = [];
  const publish = events.publish.bind(events);
  events.publish = (event) => {
    told.push(event);
    publish(event);
  };
  const rows: Job[] = [];
  const put = (job: Job): void => {
    if (full(job)) diskFull();
    rows.push({ ...job });
  };
  const jobs = createJobs(events, noRows);
  return { jobs, told, rows, owner: { project: 'p', store: { put, remove: () => undefined } } };
}

it('leaves no ghost of a job whose row could not be written', () => {
  const { jobs, owner } = bench(() => true);
  const work = vi.fn(() => Promise.resolve());
  expect(() => jobs.start('train', owner, work)).toThrow('full');
  expect(jobs.list(undefined)).toEqual([]);
  expect(work).not.toHaveBeenCalled();
});

it('tells that a job ended, and how, although its last row could not be written', async () => {
  const { jobs, owner, told } = bench(({ status }) => status !== 'running');
  const job = jobs.start('train', owner, () => Promise.resolve(7));
  await jobs.settle(null);
  expect(told.at(-1)).toMatchObject({ type: 'job.ended', job, status: 'completed' });
  expect(jobs.get(job)).toMatchObject({ status: 'completed', result: 7 });
});

it('brings progress to the row, but not with every picture', async () => {
  const { jobs, owner, rows, told } = bench();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(5000);
  try {
    jobs.start('import', owner, ({ progress }) => {
      for (let i = 0; i < 350; i++) {
        clock.mockReturnValue(5000 + i * 10);
        progress(i, 350, '');
      }
      return Promise.resolve();
    });
    await jobs.settle('p');
  } finally {
    clock.mockRestore();
  }
  expect(rows.filter(({ status }) => status === 'running').map(({ done }) => done)).toEqual([
    0, 100, 200, 300,
  ]);
  expect(told.filter(({ type }) => type === 'job.progressed')).toHaveLength(35);
});

it('tells at once that another part begins, which is not counted yet', async () => {
  const { jobs, owner, told } = bench();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(5000);
  try {
    jobs.start('train', owner, ({ progress }) => {
      progress(0, 2, 'Preparing pictures');
      progress(2, 2, 'Preparing pictures');
      progress(0, null, 'Starting the training');
      return Promise.resolve();
    });
    await jobs.settle('p');
  } finally {
    clock.mockRestore();
  }
  const notes = told.flatMap((event) => (event.type === 'job.progressed' ? [[event.total, event.note]] : []));
  expect(notes).toEqual([
    [2, 'Preparing pictures'],
    [null, 'Starting the training'],
  ]);
});

it('answers from rows for jobs of an earlier start', () => {
  const { jobs, rows, owner } = bench();
  jobs.prepare('import', owner);
  const stored: StoredJobs = { get: (id) => rows.find(({ job }) => job === id) ?? null, list: () => rows };
  const later = createJobs(createEventStream(), stored);
  expect(later.get(rows[0]!.job).kind).toBe('import');
  expect(later.list('p')).toEqual(rows);
  expect(() => later.get('none')).toThrow(expect.objectContaining({ code: 'unknownJob' }));
});

it('tells of a job before its work begins, so that a screen that comes with it misses no progress', async () => {
  const { jobs, owner, told } = bench();
  const job = jobs.start('import', owner, ({ progress }) => {
    progress(1, 2, 'half');
    return Promise.resolve();
  });
  expect(told).toEqual([{ type: 'job.started', project: 'p', job, kind: 'import' }]);
  await jobs.settle(null);
  expect(told.map(({ type }) => type)).toEqual(['job.started', 'job.progressed', 'job.ended']);
});

it('calls work that its closing project ends interrupted, and work that a person ends cancelled', async () => {
  const { jobs, owner } = bench();
  const untilAborted = ({ signal }: { signal: AbortSignal }): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
  const [closed, cancelled] = [
    jobs.start('import', owner, untilAborted),
    jobs.start('import', owner, untilAborted),
  ];
  await Promise.resolve();
  jobs.cancel(cancelled);
  await jobs.settle('p');
  expect(jobs.get(closed)).toMatchObject({ status: 'interrupted', error: { code: 'interrupted' } });
  expect(jobs.get(cancelled)).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
});
