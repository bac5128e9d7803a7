import { expect, it, vi } from 'vitest';

import { createEventStream } from '../../../../src/engine/events.ts';
import { createJobs } from '../../../../src/engine/jobs.ts';
import { onceThereIsRoom } from '../../../../src/engine/runs/once-there-is-room.ts';

const full = (): never => {
  throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
};
const newJobs = () => createJobs(createEventStream(), { get: () => null, list: () => [] });

const waitMs = 1;

it('writes the end of a run when there is room again, and tells what it waits for meanwhile', async () => {
  const jobs = newJobs();
  let room = false;
  const write = vi.fn(() => {
    if (!room) full();
  });
  const job = jobs.start('train', null, (context) => onceThereIsRoom(write, context, waitMs));
  await vi.waitFor(() => expect(jobs.get(job).note).toContain('Make some room'), 60_000);
  expect(jobs.get(job).status).toBe('running');
  room = true;
  await vi.waitFor(() => expect(jobs.get(job).status).toBe('completed'), 60_000);
  expect(write).toHaveLastReturnedWith(undefined);
});

it('does not keep a project from closing: the next opening sets the row right', async () => {
  const jobs = newJobs();
  const job = jobs.start('train', null, (context) => onceThereIsRoom(full, context, waitMs));
  await vi.waitFor(() => expect(jobs.get(job).note).not.toBe(''), 60_000);
  const settled = jobs.settle(null);
  await vi.waitFor(() => expect(jobs.get(job).status).toBe('interrupted'), 60_000);
  await settled;
});

it('does not wait where room is not what is missing', async () => {
  const broken = (): never => {
    throw new Error('A running run cannot start');
  };
  const context = { signal: new AbortController().signal, progress: () => undefined };
  await expect(onceThereIsRoom(broken, context)).rejects.toThrow('cannot start');
});
