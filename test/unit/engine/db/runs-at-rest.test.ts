import { mkdtempSync } from 'node:fs';
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
  expect(runsAtRestIn(folder)).toEqual({ waiting: 2, interrupted: 3 });
  // Whoever writes the project trains what trains.
  const lock = await lockProject(folder, 'test', 0);
  expect(runsAtRestIn(folder)).toEqual({ waiting: 2, interrupted: 1 });
  lock.release();
});

it('counts nothing where no project can be read', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-rest-'));
  expect(runsAtRestIn(folder)).toEqual({ waiting: 0, interrupted: 0 });
  new Database(path.join(folder, 'project.sqlite')).close();
  expect(runsAtRestIn(folder)).toEqual({ waiting: 0, interrupted: 0 });
  expect(runsAtRestIn(path.join(folder, 'gone'))).toEqual({ waiting: 0, interrupted: 0 });
});
