import { hostname } from 'node:os';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
const lockName = 'project.lock';
const holderName = 'project.lock.json';

/**
 * Takes the project for writing. The lock is an exclusive SQLite lock on a file of its own, which the system
 * drops with the process however it ends, so no stale lock can remain; the holder's name stands in a file beside it.
 * @throws ReadroomError `projectLocked` naming the holder when it is not free within `waitMs`.
 */
export async function lockProject(folder: string, program: string, waitMs: number): Promise<ProjectLock> {
  const holderFile = path.join(folder, holderName);
  const handle = new Database(path.join(folder, lockName), { timeout: 0 });
  // Never refused at the first try: it may have met the glance of `lockHolder`.
  const deadline = Date.now() + Math.max(waitMs, retryMs);
  for (;;) {
    try {
      handle.exec('BEGIN EXCLUSIVE');
      break;
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!busy || Date.now() >= deadline) {
        handle.close();
        throw busy ? projectLocked(folder, readHolder(holderFile)) : error;
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

/** Who writes the project now, without waiting or writing; null when nobody does. */
export function lockHolder(folder: string): Partial<LockHolder> | null {
  const file = path.join(folder, lockName);
  if (!existsSync(file)) return null;
  let handle: Database.Database | undefined;
  try {
    handle = new Database(file, { readonly: true, timeout: 0 });
    handle.prepare('SELECT count(*) FROM sqlite_schema').get();
    return null;
  } catch {
    // Held, or not for us to look at: then it must count as held.
    return readHolder(path.join(folder, holderName)) ?? {};
  } finally {
    handle?.close();
  }
}

/** The refusal that names who writes a project. */
export function projectLocked(folder: string, holder: Partial<LockHolder> | null): ReadroomError {
  const name =
    holder?.program !== undefined
      ? `${holder.program} (process ${holder.pid} on ${holder.machine})`
      : 'another process';
  return new ReadroomError(
    'projectLocked',
    `${folder} is being written by ${name}.`,
    'A command ends by itself: wait for it. A server or the desktop program keeps a project until it is closed there: do it there, or end it. Nothing was changed.',
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
