import path from 'node:path';

import Database from 'better-sqlite3';

import type { RunStatus } from '../../contract/events.ts';
import type { RecentProject } from '../../contract/project.ts';
import { hasProcess } from '../../core/run-state.ts';
import { lockHolder } from './lock.ts';

export type RunsAtRest = RecentProject['runs'];

/**
 * How many runs wait for their turn, and how many lost their trainer.
 * @param isWritten whether some process writes the project: if none does, nobody trains what claims to be training
 */
export function countAtRest(handle: Database.Database, isWritten: () => boolean): RunsAtRest {
  const counts = handle
    .prepare<[], { status: RunStatus; n: number }>(
      'SELECT status, count(*) AS n FROM run WHERE removed_at IS NULL GROUP BY status',
    )
    .all();
  const sum = (counted: (status: RunStatus) => boolean): number =>
    counts.filter(({ status }) => counted(status)).reduce((total, { n }) => total + n, 0);
  const orphaned = sum(hasProcess);
  return {
    waiting: sum((status) => status === 'queued'),
    interrupted: sum((status) => status === 'interrupted') + (orphaned > 0 && !isWritten() ? orphaned : 0),
  };
}

/** Of a project that is not open here. None where its database cannot be read, or is of before runs were removed. */
export function runsAtRestIn(folder: string): RunsAtRest {
  let handle: Database.Database | undefined;
  try {
    handle = new Database(path.join(folder, 'project.sqlite'), {
      readonly: true,
      fileMustExist: true,
      timeout: 0,
    });
    return countAtRest(handle, () => lockHolder(folder) !== null);
  } catch (error) {
    if (error instanceof Database.SqliteError || error instanceof TypeError)
      return { waiting: 0, interrupted: 0 };
    throw error;
  } finally {
    handle?.close();
  }
}
