import { describe, expect, test } from 'vitest';

import type { EngineEvent } from '../../../src/contract/events.ts';
import { ReadroomError } from '../../../src/contract/errors.ts';
import { waitForJob } from '../../../src/rpc/jobs.ts';
import { startEngine } from '../../support/engine.ts';
import { createCannedEngine } from '../../support/canned-engine.ts';
import { transports } from '../../support/transports.ts';

const outcomeOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe.each(Object.entries(transports))('waiting for a job over %s', (_name, connect) => {
  test('an abort cancels the job and waits for its end', async () => {
    const { client, close } = await connect(createCannedEngine({ trainUntilCancelled: {} }).router);
    const interrupt = new AbortController();
    const events: EngineEvent[] = [];
    const waiting = waitForJob(client, 'train', {
      signal: interrupt.signal,
      run: 'run-1',
      onEvent: (event) => {
        events.push(event);
        interrupt.abort();
      },
    });
    expect(await waiting).toMatchObject({ run: 'run-1' });
    expect(events[0]?.type).toBe('run.stepEnded');
    await close();
  });

  test("another run's events are not this one's", async () => {
    const { client, close } = await connect(createCannedEngine({ trainUntilCancelled: {} }).router);
    const events: EngineEvent[] = [];
    const interrupt = new AbortController();
    const waiting = waitForJob(client, 'train', {
      signal: interrupt.signal,
      run: 'run-2',
      onEvent: (event) => void events.push(event),
    });
    interrupt.abort();
    await waiting;
    expect(events.filter((event) => 'run' in event)).toEqual([]);
    await close();
  });

  test('a job that ended long ago answers from its row', async () => {
    const { client, close } = await connect(createCannedEngine().router);
    expect(await waitForJob(client, 'verify')).toEqual({ ok: true, problems: [] });
    await close();
  });

  test('a signal that was aborted before cancels at once', async () => {
    const { client, close } = await connect(createCannedEngine({ trainUntilCancelled: {} }).router);
    expect(await waitForJob(client, 'train', { signal: AbortSignal.abort() })).toMatchObject({
      run: 'run-1',
    });
    await close();
  });
});

test('the failure of a job is thrown as itself, and one that nobody knows is refused', async () => {
  const engine = startEngine();
  const started = await engine.client.run.verify({ folder: '/no/such/package' });
  const error = await outcomeOf(waitForJob(engine.client, started.job));
  expect(error).toBeInstanceOf(ReadroomError);
  expect((error as ReadroomError).hint).not.toBe('');
  expect(await outcomeOf(waitForJob(engine.client, 'none'))).toMatchObject({ code: 'unknownJob' });
  await engine.close();
});

test('a cancel that fails while the job goes on is not swallowed', async () => {
  const { client } = await transports['in-process']!(createCannedEngine({ trainUntilCancelled: {} }).router);
  const onAbort = () => Promise.reject(new ReadroomError('projectReadOnly', 'It cannot be cancelled.'));
  const outcome = outcomeOf(waitForJob(client, 'train', { signal: AbortSignal.abort(), onAbort }));
  expect(await outcome).toMatchObject({ code: 'projectReadOnly' });
});
