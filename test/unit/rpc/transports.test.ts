import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, test, vi } from 'vitest';

import type { Contract } from '../../../src/contract/index.ts';
import { ReadroomError } from '../../../src/contract/errors.ts';
import { connectForked } from '../../../src/rpc/child-process.ts';
import { createSmallEngine } from '../../support/small-engine.ts';
import { transports, type Connected } from '../../support/transports.ts';

const childFile = fileURLToPath(new URL('../../support/small-engine-child.ts', import.meta.url));

async function connectChild(): Promise<Connected> {
  const child = connectForked<Contract>('test', childFile);
  return {
    client: child.client,
    close: async () => {
      child.kill();
      await child.exited;
    },
  };
}

async function failureOf(call: Promise<unknown>): Promise<ReadroomError> {
  const error: unknown = await call.then(
    () => new Error('it did not fail'),
    (failure: unknown) => failure,
  );
  if (error instanceof ReadroomError) return error;
  throw error;
}

const connections = {
  ...Object.fromEntries(
    Object.entries(transports).map(([name, connect]) => [name, () => connect(createSmallEngine().router)]),
  ),
  'forked child': connectChild,
};

describe.each(Object.entries(connections))('%s', (_name, connect) => {
  let connected: Connected;
  const open = async () => (connected = await connect()).client;
  afterEach(() => connected.close());

  test('a call returns its value, with the defaults of the contract filled in', async () => {
    const client = await open();
    expect(await client.project.open({ path: '/films' })).toMatchObject({ path: '/films', name: 'write' });
  });

  test('an expected failure arrives as itself, with code, message, hint and data', async () => {
    const client = await open();
    const error = await failureOf(client.project.get({ project: 'p9' }));
    expect(error).toMatchObject({
      code: 'projectLocked',
      message: 'Project p9 is open elsewhere.',
      hint: 'Close it there.',
      data: { pid: 42 },
    });
  });

  test('a bug arrives as internal, without its stack', async () => {
    const client = await open();
    const error = await failureOf(client.project.get({ project: 'bug' }));
    expect(error.code).toBe('internal');
    expect(JSON.stringify(error.data)).not.toContain('small-engine');
  });

  test('input that the contract refuses is usage and names the key', async () => {
    const client = await open();
    // @ts-expect-error the wrong type is the point
    const error = await failureOf(client.project.open({ path: 7 }));
    expect(error.code).toBe('usage');
    expect(error.message).toContain('path');
  });

  test('a stream delivers in order, and its failure arrives as itself', async () => {
    const client = await open();
    const seen: number[] = [];
    const error = await failureOf(
      (async () => {
        for await (const { seq } of await client.system.events({ since: 89 })) seen.push(seq);
      })(),
    );
    expect(seen).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(error).toMatchObject({ code: 'diskFull', hint: 'Free some space.' });
  });

  test('an abort ends a stream with the reason of the signal', async () => {
    const client = await open();
    const controller = new AbortController();
    const reason = new Error('seen enough');
    const read = async () => {
      for await (const { seq } of await client.system.events({ since: 0 }, { signal: controller.signal })) {
        if (seq === 3) controller.abort(reason);
      }
    };
    // In one process the generator ends by itself; over a wire the pending read is rejected.
    const outcome: unknown = await read().catch((error: unknown) => error);
    expect([undefined, reason]).toContain(outcome);
  });

  test('many calls at once get their own answers', async () => {
    const client = await open();
    const names = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => (await client.job.get({ job: `j${index}` })).job),
    );
    expect(names).toEqual(Array.from({ length: 50 }, (_, index) => `j${index}`));
  });
});

describe.each(Object.entries(transports).filter(([name]) => name !== 'in-process'))(
  '%s',
  (_name, connect) => {
    test('an abort reaches the serving side, which lets go of the stream', async () => {
      const { router, probe } = createSmallEngine();
      const connected = await connect(router);
      const controller = new AbortController();
      const events = await connected.client.system.events({ since: 0 }, { signal: controller.signal });
      await events.next();
      expect(probe.streamsOpen).toBe(1);
      controller.abort();
      await vi.waitFor(() => expect(probe.streamsOpen).toBe(0), 60_000);
      await connected.close();
    });

    test('a closed connection ends streams on both sides', async () => {
      const { router, probe } = createSmallEngine();
      const connected = await connect(router);
      const events = await connected.client.system.events({ since: 0 });
      await events.next();
      const rest = failureOf(
        (async () => {
          for await (const _event of events);
        })(),
      );
      await connected.close();
      expect((await rest).code).toBe('workerDied');
      await vi.waitFor(() => expect(probe.streamsOpen).toBe(0), 60_000);
      expect((await failureOf(connected.client.job.get({ job: 'j' }))).code).toBe('workerDied');
    });

    test('a 100 MB payload is refused as usage, and the connection goes on', async () => {
      const connected = await connect(createSmallEngine().router);
      const error = await failureOf(connected.client.project.open({ path: 'x'.repeat(100e6) }));
      expect(error.code).toBe('usage');
      expect(error.message).toMatch(/100 MB/);
      expect((await connected.client.job.get({ job: 'after' })).job).toBe('after');
      await connected.close();
    });
  },
);

describe('a child process', () => {
  test('killed: pending calls and streams reject with workerDied naming the signal', async () => {
    const child = connectForked<Contract>('compute', childFile);
    const events = await child.client.system.events({ since: 0 });
    await events.next();
    const rest = failureOf(
      (async () => {
        for await (const _event of events);
      })(),
    );
    child.kill('SIGKILL');
    const error = await rest;
    expect(error.code).toBe('workerDied');
    expect(error.message).toBe('The compute process was ended by SIGKILL.');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect((await failureOf(child.client.job.get({ job: 'late' }))).code).toBe('workerDied');
  });

  test('an entry that cannot start rejects with what it printed', async () => {
    const child = connectForked<Contract>('decode', `${childFile}.missing`);
    const error = await failureOf(child.client.job.get({ job: 'j' }));
    expect(error).toMatchObject({
      code: 'workerDied',
      message: 'The decode process ended with exit code 1.',
    });
    expect(error.data['output']).toContain('Cannot find module');
  });

  test('ends with its parent, so that no orphan stays', async () => {
    const script = `
      import { connectForked } from ${JSON.stringify(new URL('../../../src/rpc/child-process.ts', import.meta.url).href)};
      const child = connectForked('test', ${JSON.stringify(childFile)});
      await child.client.job.get({ job: 'j' });
      console.log(child.pid);
      setInterval(() => {}, 1000);`;
    const { spawn } = await import('node:child_process');
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    expect(() => process.kill(pid, 0)).not.toThrow();
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 60_000 });
  });
});
