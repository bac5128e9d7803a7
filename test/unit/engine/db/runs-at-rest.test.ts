import { mkdtempSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { expect, it } from 'vitest';

import { lockProject } from '../../../../src/engine/db/lock.ts';
import { runsAtRestIn } from '../../../../src/engine/db/runs-at-rest.ts';

/** A project's database as far as it tells of runs. */
function projectWith(statuses: readonly string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-rest-'));
  const handle = new Database(path.join(folder, 'project.sqlite'));
  handle.exec('CREATE TABLE run (status TEXT NOT NULL, removed_at TEXT) STRICT');
  const insert = handle.prepare('INSERT INTO run VALUES (?, ?)');
  for (const status of statuses) insert.run(status, null);
  insert.run('queued', '2026-01-01T00:00:00.000Z');
  handle.close();
  return folder;
}

it('counts what waits and what lost its trainer, also when nobody was left to say so', async () => {
  const folder = projectWith([
    'queued',
    'queued',
    'interrupted',
    'running',
    'stopping',
    'completed',
    'paused',
  ]);
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 2, interrupted: 3 });
  // Whoever writes the project trains what trains.
  const lock = await lockProject(folder, 'test', 0);
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 2, interrupted: 1 });
  lock.release();
});

it('counts nothing where no project can be read', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-rest-'));
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 0, interrupted: 0 });
  new Database(path.join(folder, 'project.sqlite')).close();
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 0, interrupted: 0 });
  expect(await runsAtRestIn(path.join(folder, 'gone'))).toEqual({ waiting: 0, interrupted: 0 });
});

it('opens a database again only when it or its log changed', async () => {
  const folder = projectWith(['queued', 'queued']);
  const file = path.join(folder, 'project.sqlite');
  const write = (change: (handle: Database.Database) => void): void => {
    const handle = new Database(file);
    change(handle);
    handle.close();
  };
  const setTime = (seconds: number): void => utimesSync(file, seconds, seconds);
  setTime(1000);
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 2, interrupted: 0 });
  // The same size and time: nobody looks inside.
  write((handle) => handle.exec("UPDATE run SET status = 'paused'"));
  setTime(1000);
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 2, interrupted: 0 });
  setTime(1001);
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 0, interrupted: 0 });

  const writer = new Database(file);
  writer.pragma('journal_mode = WAL');
  for (let waiting = 1; waiting <= 3; waiting += 1) {
    writer.exec("INSERT INTO run VALUES ('queued', NULL)");
    expect(await runsAtRestIn(folder)).toEqual({ waiting, interrupted: 0 });
  }
  writer.close();
  expect(await runsAtRestIn(folder)).toEqual({ waiting: 3, interrupted: 0 });
});

it('reads of many projects while other work goes on', async () => {
  const folders = Array.from({ length: 5 }, () => projectWith(['queued']));
  let turns = 0;
  const count = (): void => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  for (const folder of folders) await runsAtRestIn(folder);
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(folders.length);
});
