import { hostname } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import Database from 'better-sqlite3';

import { ReadroomError } from '../../contract/errors.ts';

/** Who holds a project for writing. */
export interface LockHolder {
  pid: number;
  machine: string;
  /** What the holder is, in words: "server", "readroom train". */
  program: string;
}

export interface ProjectLock {
  release(): void;
}

const retryMs = 25;

/**
 * Takes the project for writing. The lock is an exclusive SQLite lock on a file of its own, which the system
 * drops with the process however it ends, so no stale lock can remain; the holder's name stands in a file beside it.
 * @throws ReadroomError `projectLocked` naming the holder when it is not free within `waitMs`.
 */
export async function lockProject(folder: string, program: string, waitMs: number): Promise<ProjectLock> {
  const holderFile = path.join(folder, 'project.lock.json');
  const handle = new Database(path.join(folder, 'project.lock'), { timeout: 0 });
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      handle.exec('BEGIN EXCLUSIVE');
      break;
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!busy || Date.now() >= deadline) {
        handle.close();
        throw busy ? lockedError(folder, holderFile) : error;
      }
      await wait(retryMs * (0.5 + (process.pid % 16) / 16));
    }
  }
  const holder: LockHolder = { pid: process.pid, machine: hostname(), program };
  writeFileSync(holderFile, JSON.stringify(holder));
  return {
    release: () => {
      handle.exec('ROLLBACK');
      handle.close();
    },
  };
}

function lockedError(folder: string, holderFile: string): ReadroomError {
  const holder = readHolder(holderFile);
  const name = holder ? `${holder.program} (process ${holder.pid} on ${holder.machine})` : 'another process';
  return new ReadroomError(
    'projectLocked',
    `${folder} is being written by ${name}.`,
    'Wait until it is done, or end it; nothing was changed.',
    { ...holder },
  );
}

function readHolder(file: string): LockHolder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
  } catch {
    return null;
  }
}
