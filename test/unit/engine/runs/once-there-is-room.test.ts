import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { createEventStream } from '../../../../src/engine/events.ts';
import { createJobs } from '../../../../src/engine/jobs.ts';
import { onceThereIsRoom } from '../../../../src/engine/runs/once-there-is-room.ts';

const full = (): never => {
  throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
};
const newJobs = () => createJobs(createEventStream(), { get: () => null, list: () => [] });

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

it('writes the end of a run when there is room again, and tells what it waits for meanwhile', async () => {
  const jobs = newJobs();
  const write = vi.fn().mockImplementationOnce(full).mockImplementationOnce(full);
  const job = jobs.start('train', null, (context) => onceThereIsRoom(write, context));
  await vi.waitFor(() => expect(jobs.get(job).note).toContain('The disk is full. Make room'));
  expect(jobs.get(job).status).toBe('running');
  await vi.waitFor(() => expect(jobs.get(job).status).toBe('completed'));
  expect(write).toHaveBeenCalledTimes(3);
});

it('does not keep a project from closing: the next opening sets the row right', async () => {
  const jobs = newJobs();
  const job = jobs.start('train', null, (context) => onceThereIsRoom(full, context));
  await vi.waitFor(() => expect(jobs.get(job).note).not.toBe(''));
  const settled = jobs.settle(null);
  await vi.waitFor(() => expect(jobs.get(job).status).toBe('interrupted'));
  await settled;
});

it('does not wait where room is not what is missing', async () => {
  const broken = (): never => {
    throw new Error('A running run cannot start');
  };
  const context = { signal: new AbortController().signal, progress: () => undefined };
  await expect(onceThereIsRoom(broken, context)).rejects.toThrow('cannot start');
});
