import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

import { isGone, waitingFor, withLock } from '../../../scripts/setup/lock.mjs';

const scratch = () => mkdtempSync(path.join(tmpdir(), 'lock-'));
const lockModule = new URL('../../../scripts/setup/lock.mjs', import.meta.url).href;

test('two processes at once would both build: only one holds the lock at a time', async () => {
  const folder = scratch();
  const log = path.join(folder, 'log');
  const program = `
    import { appendFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(lockModule)};
    for (let round = 0; round < 20; round++) {
      await withLock(${JSON.stringify(path.join(folder, 'lock'))}, async () => {
        appendFileSync(${JSON.stringify(log)}, 'in ');
        await new Promise((resolve) => setImmediate(resolve));
        appendFileSync(${JSON.stringify(log)}, 'out ');
      }, { pollMs: 1 });
    }`;
  const children = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '--eval', program]));
  const codes = await Promise.all(
    children.map((child) => new Promise((resolve) => child.once('close', (code) => resolve(code)))),
  );
  expect(codes).toEqual([0, 0, 0]);
  expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(60));
});

test('a set-up that was killed would block every later one: its lock is taken over', async () => {
  const file = path.join(scratch(), 'lock');
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(file, JSON.stringify({ pid, startedAt: '1', host: hostname() }));
  await expect(withLock(file, () => 'done')).resolves.toBe('done');
  expect(existsSync(file)).toBe(false);
});

test('a pid that was given to another process, of any user, would look like a living holder', () => {
  expect(isGone({ pid: process.pid, startedAt: '1', host: hostname() }, 0)).toBe(true);
  expect(isGone({ pid: 1, startedAt: '-1', host: hostname() }, 0)).toBe(true);
});

const elsewhere = { pid: 2 ** 22 + 1, startedAt: '1', host: `not-${hostname()}` };

test('a holder on another host that shares the home folder would be taken for dead', () => {
  expect(isGone(elsewhere, 20_000)).toBe(false);
});

test('a container that is gone would block every later set-up: a lock untouched for minutes is taken over', async () => {
  const file = path.join(scratch(), 'lock');
  writeFileSync(file, JSON.stringify(elsewhere));
  const minutesAgo = new Date(Date.now() - 300_000);
  utimesSync(file, minutesAgo, minutesAgo);
  await expect(withLock(file, () => 'done')).resolves.toBe('done');
});

test('work that blocks its process would look dead from another host: the lock is touched all the same', async () => {
  const file = path.join(scratch(), 'lock');
  await withLock(
    file,
    () => {
      const old = new Date(0);
      utimesSync(file, old, old);
      const until = performance.now() + 20_000;
      // Not a wait for time: this thread is kept busy, as spawnSync keeps it.
      while (statSync(file).mtimeMs === 0 && performance.now() < until);
      expect(statSync(file).mtimeMs).toBeGreaterThan(0);
    },
    { touchMs: 5 },
  );
});

test('whoever waits would not know for which machine, or which file to remove', () => {
  expect(waitingFor(elsewhere, '/cache/lock')).toContain(
    `${elsewhere.pid} on ${elsewhere.host}; its lock is /cache/lock`,
  );
});

test('work that throws would leave the lock behind', async () => {
  const file = path.join(scratch(), 'lock');
  await expect(
    withLock(file, () => {
      throw new Error('no disk');
    }),
  ).rejects.toThrow('no disk');
  expect(existsSync(file)).toBe(false);
});

test('the second set-up is told whom it waits for', async () => {
  const file = path.join(scratch(), 'lock');
  const holders: number[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = withLock(file, () => held);
  const second = withLock(file, () => 'second', {
    pollMs: 1,
    onWait: ({ pid }) => {
      holders.push(pid);
      release();
    },
  });
  await first;
  await expect(second).resolves.toBe('second');
  expect(holders).toEqual([process.pid]);
});
